"""Changing every text that a span holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from prela_core.model import Span
from prela_core.wire.encode import json_value

__all__ = ["Change", "Whole", "changed", "with_texts"]

Change = Callable[[str], str]
"""Gives a text that replaces the one it takes."""

Whole = Callable[[str, Any], Any]
"""Takes the key and the value of an attribute, also a nested one; gives what replaces the value."""

_DEEPEST = 64


def with_texts(span: Span, change: Change, whole: Whole | None = None) -> Span:
    """Give `span` with `change` applied to each text in it but its ids.

    These are the names of span, service and events, the status message, and keys and values of
    attributes, of events and links too, at any depth. `whole` comes before it. Whole numbers of
    many digits count as texts. What JSON can't say is changed into what it becomes there.
    """
    walk = _Walk(change, whole)
    return attrs.evolve(
        span,
        name=change(span.name),
        service_name=change(span.service_name),
        status_message=change(span.status_message) if span.status_message is not None else None,
        attributes=walk.mapping(span.attributes),
        events=tuple(
            attrs.evolve(event, name=change(event.name), attributes=walk.mapping(event.attributes))
            for event in span.events
        ),
        links=tuple(
            attrs.evolve(link, attributes=walk.mapping(link.attributes)) for link in span.links
        ),
    )


def changed(value: Any, change: Change, whole: Whole | None = None) -> Any:
    """Give `value` with `change` applied to each text in it, as `with_texts` does."""
    return _Walk(change, whole).value(value, 0)


@attrs.frozen
class _Walk:
    change: Change
    whole: Whole | None

    def mapping(self, values: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
        made = {}
        for key, value in values.items():
            name = str(key)
            if self.whole is not None:
                value = self.whole(name, value)  # noqa: PLW2901 - the value from here on
            made[self.change(name)] = self.value(value, depth + 1)
        return made

    def value(self, value: Any, depth: int) -> Any:
        if type(value) is str:
            return self.change(value)
        if value is None or isinstance(value, (bool, float)):
            return value
        if type(value) is int:
            return self._whole_number(value)
        return self._compound(value, depth) if depth <= _DEEPEST else "…"

    def _compound(self, value: Any, depth: int) -> Any:
        if type(value) is dict:
            return self.mapping(value, depth)
        if type(value) in (list, tuple):
            return [self.value(one, depth + 1) for one in value]
        return self.value(json_value(value), depth + 1)

    def _whole_number(self, value: int) -> Any:
        if -(10**12) < value < 10**12:
            return value
        said = json_value(str(value) if abs(value) < 1 << 64 else value)
        made = self.change(said)
        return value if made == said else made
