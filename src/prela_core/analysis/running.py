"""When each span ran, in whole microseconds, whatever its sender's clocks said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import attrs

from prela_core.model import to_micros

__all__ = ["Interval", "TimedSpan", "last_moment", "ran"]


class TimedSpan(Protocol):
    """What a span needs for its time to be reckoned: `StoredSpan` and `Span` have it."""

    @property
    def span_id(self) -> str:
        """The span's own id."""

    @property
    def parent_span_id(self) -> str | None:
        """The id of the span that caused this one."""

    @property
    def started_at(self) -> datetime:
        """When the span began."""

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it runs."""


@attrs.frozen
class Interval:
    """From `start` up to `end`, in microseconds since 1970; `end` is never before `start`."""

    start: int
    end: int


def ran(span: TimedSpan, until: int) -> Interval:
    """Say when `span` ran: up to `until` while it has no end, and no time if it ends too early."""
    start = to_micros(span.started_at)
    end = until if span.ended_at is None else to_micros(span.ended_at)
    return Interval(start, max(start, end))


def last_moment(spans: Iterable[TimedSpan]) -> int:
    """Give the latest start or end of `spans` (at least one), up to which running ones are drawn.

    With the earliest start it makes up `TraceSummary.duration_ms`.
    """
    return max(ran(span, to_micros(span.started_at)).end for span in spans)
