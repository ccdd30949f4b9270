"""What can be asked of traces: filters, orders and pages, as plain values."""

from __future__ import annotations

from enum import StrEnum

import attrs

from prela_core.ask import Condition, bounds, resolved
from prela_core.errors import InvalidError

__all__ = ["MAX_LIMIT", "Order", "PageRequest", "SpanFilter", "SpanOrder", "TraceFilter"]

MAX_LIMIT = 1000
_MAX_OFFSET = 100_000


class Order(StrEnum):
    """How traces are ordered; ties are broken by trace id, so that paging is exact."""

    NEWEST = "-started_at"
    OLDEST = "started_at"
    SLOWEST = "-duration_ms"
    FASTEST = "duration_ms"
    DEAREST = "-cost_usd"
    CHEAPEST = "cost_usd"
    MOST_SPANS = "-span_count"
    FEWEST_SPANS = "span_count"

    @property
    def field(self) -> str:
        """The field of `TraceSummary` that is ordered by."""
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        """True when the largest value comes first."""
        return self.value.startswith("-")


class SpanOrder(StrEnum):
    """How spans are ordered; ties are broken by trace id, then by span id.

    Spans whose cost is not known come last.
    """

    NEWEST = "-started_at"
    OLDEST = "started_at"
    SLOWEST = "-duration_ms"
    FASTEST = "duration_ms"
    DEAREST = "-cost_usd"
    CHEAPEST = "cost_usd"

    @property
    def field(self) -> str:
        """The field of `StoredSpan` that is ordered by."""
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        """True when the largest value comes first."""
        return self.value.startswith("-")


@attrs.frozen(kw_only=True)
class TraceFilter:
    """Which traces are meant. Every condition that is not None must hold.

    `status`, the durations and the times are about the trace as a whole, as computed from
    its spans; `start_time <= started_at < end_time`, in microseconds since 1970. Each other
    condition asks that some span of the trace has that value: different conditions may be
    met by different spans. `model`, `name`, `service_name` and the rest are compared
    exactly. `q` holds words and "quoted phrases" that must all occur, in any letter case, in
    one span's name, input, output, status message, attributes or events.
    `attributes` are pairs of an attribute's key and its value as text; a value that is no
    string is compared as JSON, so that `1` and `1.0` are the same. `where` is a condition on
    traces, as `prela_core.ask.parse` reads it.
    """

    service_name: str | None = None
    status: str | None = None
    span_type: str | None = None
    name: str | None = None
    model: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    agent_name: str | None = None
    environment: str | None = None
    min_duration_ms: float | None = None
    max_duration_ms: float | None = None
    start_time: int | None = None
    end_time: int | None = None
    q: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    where: Condition | None = None

    def at(self, now: int) -> TraceFilter:
        """Say the same with moments in the place of times from `now` (microseconds).

        What `where` says of the start is said by `start_time` and `end_time` as well.
        """
        if self.where is None:
            return self
        where = resolved(self.where, now)
        first, end = _window(self.start_time, self.end_time, where)
        return attrs.evolve(self, where=where, start_time=first, end_time=end)


@attrs.frozen(kw_only=True)
class SpanFilter:
    """Which spans are meant. Every condition that is not None must hold.

    `where` is a condition on spans, as `prela_core.ask.parse` reads it for `Subject.SPAN`.
    `start_time <= started_at < end_time`, in microseconds since 1970.
    """

    where: Condition | None = None
    start_time: int | None = None
    end_time: int | None = None

    def at(self, now: int) -> SpanFilter:
        """Say the same with moments in the place of times from `now`, as `TraceFilter` does."""
        if self.where is None:
            return self
        where = resolved(self.where, now)
        first, end = _window(self.start_time, self.end_time, where)
        return SpanFilter(where=where, start_time=first, end_time=end)


@attrs.frozen(kw_only=True)
class PageRequest:
    """Which part of a long answer is wanted: after `cursor`, or after `offset` rows."""

    limit: int = 50
    cursor: str | None = None
    offset: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse what no page can be, with `InvalidError`."""
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InvalidError(f"limit must be between 1 and {MAX_LIMIT}, not {self.limit}")
        if not 0 <= self.offset <= _MAX_OFFSET:
            raise InvalidError(
                f"offset must be between 0 and {_MAX_OFFSET}, not {self.offset}; "
                "follow next_cursor to go further"
            )
        if self.cursor is not None and self.offset:
            raise InvalidError("cursor and offset can't be used together")


def _window(first: int | None, end: int | None, where: Condition) -> tuple[int | None, int | None]:
    lo, hi = bounds(where)
    firsts = [each for each in (first, lo) if each is not None]
    ends = [each for each in (end, hi) if each is not None]
    return max(firsts, default=None), min(ends, default=None)
