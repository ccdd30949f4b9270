"""Values as people write them: 2s, 1h30m, $0.05, 1.5k, 2026-01-15, claude*."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from prela_core.ask.condition import Ago, Pattern
from prela_core.ask.fields import Kind
from prela_core.errors import InvalidError
from prela_core.model import SpanType
from prela_core.wire.timestamps import parse_timestamp
from prela_core.wire.words import status_of

__all__ = ["Piece", "day_of", "number_of", "read_value", "whole"]

Piece = tuple[str, bool]
"""A part of a value, and whether it stood between quotes."""

_MICROS = {
    "us": 1,
    "ms": 1000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_NUMBER = r"[0-9]{1,20}(?:\.[0-9]{0,20})?(?:e[+-]?[0-9]{1,3})?|\.[0-9]{1,20}"
_PART = re.compile(rf"({_NUMBER})(us|ms|[smhdw])", re.IGNORECASE)
_DURATION = re.compile(rf"(?:(?:{_NUMBER})(?:us|ms|[smhdw]))+", re.IGNORECASE)
_AMOUNT = re.compile(rf"-?\$?({_NUMBER})([kmb]?)", re.IGNORECASE)
_THOUSANDS = {"": 1, "k": 1000, "m": 1_000_000, "b": 1_000_000_000}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_MICROS = 86_400_000_000
_PLAIN = re.compile(rf"-?(?:{_NUMBER})", re.IGNORECASE)
_INT64 = 2**63 - 1
_LONGEST = 10**16
"""More microseconds than any moment or duration has: some 300 years."""


def read_value(kind: Kind, pieces: Sequence[Piece]) -> str | float | Pattern | Ago:
    """Read a value for a field of `kind`; raises `ValueError` with what would do instead."""
    stars = [part for text, quoted in pieces if not quoted for part in text if part == "*"]
    if stars:
        pattern = _pattern(pieces)
        if kind in (Kind.DURATION, Kind.MONEY, Kind.COUNT, Kind.MOMENT) and any(pattern.pieces):
            raise ValueError(f"a {kind} has no parts to be like; a star alone asks for any")
        return pattern
    text = "".join(part for part, _ in pieces)
    read = _READERS.get(kind)
    return text if read is None else read(text)


def day_of(pieces: Sequence[Piece]) -> tuple[int, int] | None:
    """Give the first moment of a day and of the next, when the value is a date alone."""
    text = "".join(part for part, _ in pieces)
    if not _DAY.fullmatch(text):
        return None
    start = _moment(text)
    assert isinstance(start, int)  # noqa: S101 - for the type checker: a date is no `Ago`
    return start, start + _DAY_MICROS


def number_of(text: str) -> float | None:
    """Give the number that `text` is; None when it is none, or more than a float holds."""
    value = float(text) if _PLAIN.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def whole(value: float) -> int:
    """Round to a whole number of 64 bits."""
    return round(max(-_INT64, min(value, _INT64)))


def _pattern(pieces: Sequence[Piece]) -> Pattern:
    literals = [""]
    for text, quoted in pieces:
        first, *others = [text] if quoted else text.split("*")
        literals[-1] += first
        literals += others
    # Two stars side by side mean what one does.
    middle = [piece for piece in literals[1:-1] if piece]
    return Pattern((literals[0], *middle, literals[-1]))


def _status(text: str) -> str:
    status = status_of(text) if text else None
    if status is None:
        raise ValueError("write success, error or pending")
    return status


def _span_type(text: str) -> str:
    if text.lower() not in {word.value for word in SpanType}:
        raise ValueError(f"write one of {', '.join(SpanType)}")
    return text.lower()


def _duration(text: str) -> float:
    sign = -1 if text.startswith("-") else 1
    bare = text.removeprefix("-")
    if re.fullmatch(_NUMBER, bare, re.IGNORECASE):
        bare += "ms"
    if not _DURATION.fullmatch(bare):
        raise ValueError("write a duration such as 500ms, 2s, 1m30s or 1h")
    return sign * _finite(float(_micros(bare) / 1000))


def _amount(text: str, example: str) -> float:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"write a number such as {example}")
    value = float(Decimal(match[1]) * _THOUSANDS[match[2].lower()])
    return _finite(-value if text.startswith("-") else value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("that is more than can be compared")
    return value


def _moment(text: str) -> int | Ago:
    if text.lower() == "now":
        return Ago(0)
    if _DURATION.fullmatch(text):
        micros = _micros(text)
        if micros > _LONGEST:
            raise ValueError("that is longer ago than any moment known")
        return Ago(round(micros))
    try:
        return parse_timestamp(text)
    except InvalidError as error:
        raise ValueError(
            f"{error}; write 2026-01-15, 2026-01-15T12:00:00Z, or how long ago: 30m, 2h, 3d"
        ) from None


def _micros(text: str) -> Decimal:
    return sum(
        (Decimal(number) * _MICROS[unit.lower()] for number, unit in _PART.findall(text)),
        Decimal(0),
    )


_READERS: Mapping[Kind, Callable[[str], str | float | Ago]] = MappingProxyType(
    {
        Kind.STATUS: _status,
        Kind.SPAN_TYPE: _span_type,
        Kind.DURATION: _duration,
        Kind.MONEY: partial(_amount, example="$0.05"),
        Kind.COUNT: partial(_amount, example="1000 or 1.5k"),
        Kind.MOMENT: _moment,
    }
)
