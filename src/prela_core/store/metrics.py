"""What can be asked of many spans at once: measures by group and time, as plain values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from prela_core.ask import Condition
from prela_core.errors import InvalidError
from prela_core.store.filters import SpanFilter

__all__ = [
    "MAX_GROUPS",
    "MAX_POINTS",
    "Bucket",
    "Dimension",
    "Measure",
    "MetricQuery",
    "MetricRow",
    "MetricTable",
]

MAX_GROUPS = 1000
"""How many groups one answer may hold."""
MAX_POINTS = 50_000
"""How many rows one answer may hold: groups times buckets."""
_MAX_DIMENSIONS = 3

_MINUTE = 60_000_000
_DAY = 24 * 60 * _MINUTE
_MONDAY = 4 * _DAY  # 1970 began on a Thursday


class Measure(StrEnum):
    """What is computed of the spans of a group.

    Durations are of spans that have ended, times to the first token of those that tell one, in
    milliseconds. A percentile is the smallest of the values that at least so many percent of
    them do not exceed, so it is always one of them. Averages are of whole microseconds, sums of
    cost of whole billionths of a dollar: so the order of summing changes nothing. Tokens and cost
    count as in `TraceSummary`: those of agents and chains, which repeat what their children
    used, only where no other span of the trace has any.
    """

    COUNT = "count"
    TRACES = "traces"
    ERRORS = "errors"
    ERROR_RATE = "error_rate"
    USERS = "users"
    SESSIONS = "sessions"
    AVG_DURATION = "avg_duration_ms"
    MIN_DURATION = "min_duration_ms"
    P50_DURATION = "p50_duration_ms"
    P75_DURATION = "p75_duration_ms"
    P90_DURATION = "p90_duration_ms"
    P95_DURATION = "p95_duration_ms"
    P99_DURATION = "p99_duration_ms"
    MAX_DURATION = "max_duration_ms"
    AVG_TTFT = "avg_ttft_ms"
    MIN_TTFT = "min_ttft_ms"
    P50_TTFT = "p50_ttft_ms"
    P75_TTFT = "p75_ttft_ms"
    P90_TTFT = "p90_ttft_ms"
    P95_TTFT = "p95_ttft_ms"
    P99_TTFT = "p99_ttft_ms"
    MAX_TTFT = "max_ttft_ms"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    TOTAL_TOKENS = "total_tokens"
    CACHE_READ_TOKENS = "cache_read_tokens"
    CACHE_WRITE_TOKENS = "cache_write_tokens"
    REASONING_TOKENS = "reasoning_tokens"
    COST = "cost_usd"

    @property
    def adds(self) -> bool:
        """True when that of two groups of spans together is the sum of both."""
        return self.counts and self not in {Measure.TRACES, Measure.USERS, Measure.SESSIONS}

    @property
    def counts(self) -> bool:
        """True when it is 0 where there are no spans, rather than None."""
        return not (self is Measure.ERROR_RATE or self.endswith("_ms"))


class Dimension(StrEnum):
    """What spans are grouped by: a field of `StoredSpan`."""

    SERVICE = "service_name"
    NAME = "name"
    SPAN_TYPE = "span_type"
    STATUS = "status"
    PROVIDER = "provider"
    MODEL = "model"
    AGENT = "agent_name"
    TOOL = "tool_name"
    USER = "user_id"
    SESSION = "session_id"
    ENVIRONMENT = "environment"


class Bucket(StrEnum):
    """A stretch of time, in UTC; weeks begin on Mondays."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def micros(self) -> int:
        """How long it is, in microseconds."""
        return {"minute": _MINUTE, "hour": 60 * _MINUTE, "day": _DAY, "week": 7 * _DAY}[self]

    @property
    def origin(self) -> int:
        """Where one begins, in microseconds since 1970; all others are whole lengths away."""
        return _MONDAY if self is Bucket.WEEK else 0

    def start_of(self, micros: int) -> int:
        """Give the start of the bucket that holds a moment."""
        return micros - (micros - self.origin) % self.micros


@attrs.frozen(kw_only=True)
class MetricQuery:
    """Measures of the spans that start in `start_time <= started_at < end_time` (microseconds).

    The spans are put in groups `by` up to three fields, and those into buckets of time. Of the
    groups, the first `limit` are given, in the `order` of a measure (when it is None, the first
    that adds up, or else the count) over the whole time, `descending` or not; groups with equal
    values come in the order of their names, and those in which there is nothing to measure last.
    `with_other` adds a row that holds all spans of the groups that were left out; `fill` adds the
    buckets in which there is nothing. Only spans that meet `where` count, a condition as
    `prela_core.ask.parse` reads it for `Subject.SPAN`.
    """

    measures: tuple[Measure, ...] = (Measure.COUNT,)
    by: tuple[Dimension, ...] = ()
    bucket: Bucket | None = None
    where: Condition | None = None
    start_time: int | None = None
    end_time: int | None = None
    order: Measure | None = None
    descending: bool = True
    limit: int = 100
    with_other: bool = False
    fill: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse what can't be asked, with `InvalidError`."""
        if not self.measures:
            raise InvalidError("measures is empty: name at least one")
        for name, chosen in (("measures", self.measures), ("by", self.by)):
            if len(set(chosen)) < len(chosen):
                raise InvalidError(f"{name} names something twice")
        if len(self.by) > _MAX_DIMENSIONS:
            raise InvalidError(f"by takes at most {_MAX_DIMENSIONS} fields, not {len(self.by)}")
        if not 1 <= self.limit <= MAX_GROUPS:
            raise InvalidError(f"limit must be between 1 and {MAX_GROUPS}, not {self.limit}")

    @property
    def spans(self) -> SpanFilter:
        """The spans that are measured."""
        return SpanFilter(where=self.where, start_time=self.start_time, end_time=self.end_time)

    def at(self, now: int) -> MetricQuery:
        """Say the same with moments in the place of times from `now` (microseconds)."""
        return attrs.evolve(self, **attrs.asdict(self.spans.at(now), recurse=False))

    @property
    def ranked_by(self) -> Measure:
        """The measure that orders the groups."""
        return self.order or next((each for each in self.measures if each.adds), Measure.COUNT)


@attrs.frozen(kw_only=True, slots=False)
class MetricRow:
    """The measures of one group in one bucket.

    `start` is when the bucket begins, None where none were asked for. `group` has the value of
    each field that was grouped by, None for spans that do not say it; in the row of all others,
    where `is_other` is true, it is empty. A measure is None where nothing is there to measure.
    """

    start: datetime | None
    group: dict[str, str | None]
    is_other: bool
    values: dict[str, int | float | None]


@attrs.frozen(kw_only=True, slots=False)
class MetricTable:
    """The answer to a `MetricQuery`: groups in their order, each over time, the others last.

    `has_more` is True when there are more groups than were asked for.
    """

    measures: list[str]
    by: list[str]
    bucket: str | None
    rows: list[MetricRow]
    has_more: bool
