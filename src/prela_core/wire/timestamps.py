"""Moments in every spelling that clients send, as microseconds since 1970 in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from prela_core.errors import InvalidError
from prela_core.model.times import EPOCH, to_micros

__all__ = ["EARLIEST", "LATEST", "parse_timestamp"]

EARLIEST = to_micros(EPOCH)
LATEST = to_micros(datetime(2100, 1, 1, tzinfo=UTC))
"""The first moment that is refused: the store's retention is reckoned in 32-bit seconds."""

_LEAP_SECOND = re.compile(r":60(?=[.,Z+\-zZ]|$)")
_SECONDS_BELOW = 10**11
_MILLIS_BELOW = 10**14
_MICROS_BELOW = 10**17


def parse_timestamp(value: Any) -> int:
    """Read a moment: RFC 3339 text, or a count since 1970.

    Text may end in `Z`, in an offset, in nothing (then it is UTC) or in `+00:00Z`, which the
    published SDK sends. Digits after the sixth are dropped. A number is taken for seconds,
    milliseconds, microseconds or nanoseconds by its size. Raises `InvalidError` for anything
    else, and for moments before 1970 or from 2100 on.
    """
    if isinstance(value, str):
        micros = _from_text(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        micros = _from_number(value)
    else:
        raise InvalidError("must be an RFC 3339 date-time")
    if not EARLIEST <= micros < LATEST:
        raise InvalidError("must lie between the years 1970 and 2099")
    return micros


def _from_text(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _second_look(text)
    if "\0" in text:  # datetime of Python 3.11 passes over what follows a NUL
        raise InvalidError(f"{text[:40]!r} is not an RFC 3339 date-time")
    return to_micros(moment)


def _second_look(text: str) -> datetime:
    stripped = text.strip()
    if stripped[-1:] in ("Z", "z"):
        stripped = stripped[:-1]
        if stripped[-1:] in ("Z", "z"):
            raise InvalidError(f"{text[:40]!r} is not an RFC 3339 date-time")
    # A leap second is read as the second before it; datetime knows none.
    stripped = _LEAP_SECOND.sub(":59", stripped)
    try:
        return datetime.fromisoformat(stripped)
    except ValueError:
        raise InvalidError(f"{text[:40]!r} is not an RFC 3339 date-time") from None


def _from_number(value: float) -> int:
    if not -_MICROS_BELOW * 1000 < value < _MICROS_BELOW * 1000:  # also false for NaN
        raise InvalidError("is not a moment")
    size = abs(value)
    if size < _SECONDS_BELOW:
        return int(value * 1_000_000)
    if size < _MILLIS_BELOW:
        return int(value * 1000)
    if size < _MICROS_BELOW:
        return int(value)
    return int(value) // 1000
