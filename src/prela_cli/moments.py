"""Times as people type them: 2h ago, RFC 3339 moments, 250ms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import click

from prela_core.errors import InvalidError
from prela_core.wire.timestamps import parse_timestamp

__all__ = ["MOMENT", "SPAN_OF_TIME", "Moment", "SpanOfTime", "now"]

_UNITS_MS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
}
_LONGEST_MS = 10**9 * 7 * 86_400_000
"""A milliard weeks: far more than ever was, which means from the beginning, and still reckoned."""

_PART = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,6})?)\s*(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern}\s*)+", re.IGNORECASE)
_BARE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")


def now() -> datetime:
    """Give the present moment; tests put a fixed one here."""
    return datetime.now(UTC)


class SpanOfTime(click.ParamType[float]):
    """`90s`, `2h`, `1h30m`, `3d`, `250ms`: milliseconds as a float.

    A number without a unit is taken as `bare_unit`, or refused where that is None.
    """

    name = "duration"

    def __init__(self, bare_unit: str | None = None) -> None:
        self.bare_unit = bare_unit

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the text, or end with a sentence that says what would do."""
        text = str(value).strip().lower()
        if self.bare_unit and _BARE.fullmatch(text):
            text += self.bare_unit
        if not _WHOLE.fullmatch(text):
            self.fail(f"{value!r} is no duration; write 30m, 2h, 3d or 1h30m", param, ctx)
        parts = _PART.findall(text)
        total = sum(float(number) * _UNITS_MS[unit] for number, unit in parts)
        if total > _LONGEST_MS:
            self.fail(
                f"{value!r} is longer than can be reckoned with; write 30m, 2h, 3d or 1h30m",
                param,
                ctx,
            )
        return total


class Moment(click.ParamType[int]):
    """An RFC 3339 date-time or a date: microseconds since 1970. Without a zone it is UTC."""

    name = "date-time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text, or end with a sentence that says what would do."""
        if isinstance(value, int):
            return value
        try:
            return parse_timestamp(value)
        except InvalidError as error:
            self.fail(f"{error}; write 2026-01-15T12:00:00Z or 2026-01-15", param, ctx)


SPAN_OF_TIME = SpanOfTime()
MOMENT = Moment()
