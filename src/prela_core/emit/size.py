"""About how much memory a span takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prela_core.model import Span

__all__ = ["size_of"]

_SPAN = 1000
"""Bytes of a span without texts: the object, its ids and times."""
_VALUE = 60
"""Bytes of one value in a container: an object's head and its places."""
_MOST_VALUES = 100_000
"""Values that are looked at: something that holds itself has an end too."""


def size_of(span: Span) -> int:
    """Give about how many bytes `span` takes: near enough for a bound, and quick.

    A text counts by its characters, whatever they are; that is at most a quarter of the truth.
    """
    size = _SPAN + len(span.name) + len(span.status_message or "")
    todo: list[Any] = [span.attributes]
    todo += [event.attributes for event in span.events]
    todo += [link.attributes for link in span.links]
    looked_at = 0
    while todo and looked_at < _MOST_VALUES:
        looked_at += 1
        value = todo.pop()
        size += _VALUE
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, Mapping):
            todo += value
            todo += value.values()
        elif isinstance(value, (list, tuple)):
            todo += value
    return size
