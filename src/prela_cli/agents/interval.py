"""How often something is done again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from prela_cli.moments import SPAN_OF_TIME

__all__ = ["INTERVAL", "Interval"]

_LEAST, _MOST = timedelta(minutes=1), timedelta(days=366)


class Interval(click.ParamType[timedelta]):
    """`30m`, `6h`: at least a minute, as platforms shut out who asks without a pause."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the text, or end with a sentence that says what would do."""
        if isinstance(value, timedelta):
            return value
        milliseconds = SPAN_OF_TIME.convert(value, param, ctx)
        if not _LEAST <= timedelta(milliseconds=min(milliseconds, 1e15)) <= _MOST:
            self.fail(f"{value!r} is not from a minute to a year; write 30m or 6h", param, ctx)
        return timedelta(milliseconds=milliseconds)


INTERVAL = Interval()
