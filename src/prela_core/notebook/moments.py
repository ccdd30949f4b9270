"""Moments as people say them in a notebook: datetimes, RFC 3339, "2h" ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from prela_core.errors import InvalidError
from prela_core.model import to_micros
from prela_core.wire import parse_timestamp

__all__ = ["micros_ago", "micros_of"]

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern}\s*)+")


def micros_of(moment: datetime | str) -> int:
    """Give a moment in microseconds since 1970; without a zone it is UTC.

    Raises `InvalidError` for a text that is no RFC 3339 date-time or date.
    """
    if isinstance(moment, datetime):
        return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if not isinstance(moment, str):
        raise InvalidError(f"a moment is a datetime or a text of RFC 3339, not {moment!r}")
    return parse_timestamp(moment)


def micros_ago(length: timedelta | str, now: datetime) -> int:
    """Give the moment so long before `now`: a timedelta, or a text such as `2h`, `3d`, `1h30m`."""
    if isinstance(length, str):
        text = length.strip().lower()
        if not _WHOLE.fullmatch(text):
            raise InvalidError(f"{length!r} is no length of time; write 30m, 2h, 3d or 1h30m")
        parts = _PART.findall(text)
        length = sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta())
    if not isinstance(length, timedelta):
        raise InvalidError(f"a length of time is a timedelta or a text as 2h, not {length!r}")
    return max(to_micros(now) - length // timedelta(microseconds=1), 0)
