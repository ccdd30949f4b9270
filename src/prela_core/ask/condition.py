"""Conditions as values. `str` of one is the text that `parse` reads as that same value.

A condition is about a span or about a trace; which of them is said by whoever asks. Of a trace,
a comparison with a field that only spans have, and `Words`, ask for some span that is so:
different conditions may be met by different spans, and `Any` asks for one span that meets all.
Of a span, `Any`, `All` and what is inside them are about the other spans of its trace.

A comparison with what is not known, such as the cost of a step that has none, is false.
"""

from __future__ import annotations

import typing
from enum import StrEnum

import attrs

from prela_core.ask import spelling

__all__ = [
    "GENERATIONS",
    "Ago",
    "All",
    "And",
    "Any",
    "Child",
    "Compare",
    "Condition",
    "Not",
    "Op",
    "Or",
    "Parent",
    "Pattern",
    "Under",
    "Words",
]


class Op(StrEnum):
    """How a field is compared. `IS` is equality or, with a `Pattern`, likeness.

    `HOLDS` asks whether a text occurs in the field, in any letter case.
    """

    IS = ":"
    HOLDS = "~"
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@attrs.frozen
class Pattern:
    """A text with anything between its pieces: `("claude", "")` is `claude*`.

    It is like no text that is empty, so that `("", "")`, a lone star, asks that there be one.
    """

    pieces: tuple[str, ...]

    def __str__(self) -> str:
        return "*".join(spelling.text(piece, empty="") for piece in self.pieces)


@attrs.frozen
class Ago:
    """A moment so many microseconds before the question is asked."""

    micros: int

    def __str__(self) -> str:
        return spelling.duration(self.micros)


@attrs.frozen
class Compare:
    """One field against one value.

    `field` is a name in `FIELDS`; `key` is the attribute's or score's, for those that have one.
    Milliseconds, dollars and counts are floats, moments are microseconds since 1970 or `Ago`.
    """

    field: str
    op: Op
    value: str | float | Pattern | Ago
    key: str | None = None

    def __str__(self) -> str:
        return spelling.comparison(self.field, self.key, self.op.value, self.value)


@attrs.frozen
class Words:
    """A word or phrase that occurs in a span, in any letter case.

    Looked through are its name, input, output, status message, attributes and events.
    """

    text: str

    def __str__(self) -> str:
        return spelling.words(self.text)


@attrs.frozen
class Not:
    """The opposite."""

    of: Condition

    def __str__(self) -> str:
        return f"not {_inside(self.of, And, Or)}"


@attrs.frozen
class And:
    """All of two or more conditions."""

    of: tuple[Condition, ...]

    def __str__(self) -> str:
        return " ".join(_inside(each, And, Or) for each in self.of)


@attrs.frozen
class Or:
    """At least one of two or more conditions."""

    of: tuple[Condition, ...]

    def __str__(self) -> str:
        return " or ".join(_inside(each, Or) for each in self.of)


@attrs.frozen
class Any:
    """Some span of the trace meets a condition on spans."""

    of: Condition

    def __str__(self) -> str:
        return f"any({self.of})"


@attrs.frozen
class All:
    """Every span of the trace meets a condition on spans."""

    of: Condition

    def __str__(self) -> str:
        return f"all({self.of})"


@attrs.frozen
class Parent:
    """The span that a span names as its parent has arrived and meets a condition.

    A span that names itself has no parent.
    """

    of: Condition

    def __str__(self) -> str:
        return f"parent({self.of})"


@attrs.frozen
class Child:
    """Some span that names this one as its parent meets a condition."""

    of: Condition

    def __str__(self) -> str:
        return f"child({self.of})"


@attrs.frozen
class Under:
    """Some span above this one meets a condition: its parent, the parent's parent, and so on.

    In a circle of parents each span is above every other, and above itself. Looked at are the
    `GENERATIONS` nearest.
    """

    of: Condition

    def __str__(self) -> str:
        return f"under({self.of})"


GENERATIONS = 1024

Condition: typing.TypeAlias = Compare | Words | Not | And | Or | Any | All | Parent | Child | Under


def _inside(condition: Condition, *looser: type) -> str:
    return f"({condition})" if isinstance(condition, looser) else str(condition)
