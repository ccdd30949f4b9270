"""Processors that make less of what is exported: long texts cut, spans left out."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from prela_core.emit.ports import Processor
from prela_core.emit.texts import with_texts
from prela_core.model import Span

__all__ = ["drop", "keep", "truncate"]

Which = str | Callable[[Span], bool]


def truncate(longest: int = 10_000) -> Processor:
    """Make a processor that cuts texts of more than `longest` characters, and says how long
    they were.

    Raises `ValueError` for a number below 1.
    """  # noqa: D205 - one sentence
    if longest < 1:
        raise ValueError(f"longest is at least 1, not {longest}")

    def cut(text: str) -> str:
        if len(text) <= longest:
            return text
        return f"{text[:longest]}… [cut, {len(text):,} characters in all]"

    return lambda span: with_texts(span, cut)


def drop(which: Which) -> Processor:
    """Make a processor that leaves out the spans `which` says, by a function or a name like `db.*`.

    Children of a span that is left out stay, and wait for their parent where they are shown.
    """
    matches = _matcher(which)
    return lambda span: None if matches(span) else span


def keep(which: Which) -> Processor:
    """Make a processor that leaves out all spans but those that `which` says, as in `drop`."""
    matches = _matcher(which)
    return lambda span: span if matches(span) else None


def _matcher(which: Which) -> Callable[[Span], bool]:
    if callable(which):
        return which
    return lambda span: fnmatchcase(span.name, which)
