"""A span as the pipeline handles it: checked, in one spelling, its attributes still JSON bytes.

`wire` makes records, `bus` carries them, `store` turns them into columns. Attributes,
events and links stay undecoded JSON because turning them into Python objects costs
more than everything else on the way in.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntFlag

import attrs

from prela_core.model.span import Status

__all__ = ["Flag", "SpanBatch", "SpanRecord", "TraceRecord"]


class Flag(IntFlag):
    """What is odd about a span that was accepted all the same. Stored as a bit mask."""

    ENDS_BEFORE_START = 1
    SELF_PARENT = 2
    CLOCK_SKEW = 4
    """Started more than an hour after, or more than a day before, it was received."""
    TRUNCATED = 8
    """Attributes, events or a text were over the limit, and only a part was kept."""
    UNKNOWN_TYPE = 16
    """The sent span_type is no word of ours; see `span_type_sent`."""
    BAD_NUMBER = 32
    """A token count or cost was negative, not finite or absurd, and was left out of its column."""

    def names(self) -> list[str]:
        """Give the set flags as lower-case words, in a fixed order."""
        return [flag.name.lower() for flag in Flag if flag in self and flag.name]


@attrs.define(slots=True, eq=True)
class SpanRecord:
    r"""One checked span. Times are microseconds since 1970 in UTC; "" stands for absent text.

    `span_type` is a word of `SpanType` or "" when the sender said none; `status` a word of
    `Status`. `span_type_sent` and `status_sent` keep what the sender wrote. `attributes` is
    the JSON text of an object, `events` and `links` of a list, each UTF-8 without `\u` escapes
    of printable characters.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    span_type: str
    span_type_sent: str
    service_name: str
    started_at: int
    ended_at: int | None
    duration_ms: float
    status: str
    status_sent: str
    status_message: str
    attributes: bytes
    events: bytes
    links: bytes
    flags: int = 0

    @property
    def completeness(self) -> int:
        """How much of the step is told: 2 with an end, 1 with a final status, else 0."""
        if self.ended_at is not None:
            return 2
        return int(self.status != Status.PENDING)


@attrs.define(slots=True, eq=True)
class TraceRecord:
    """What a client said of a trace as a whole, beside its spans.

    Only `metadata` and `attributes` (JSON objects) are kept as said: times, status and
    counts of a trace are computed from its spans. `started_at` (microseconds) only places
    a trace without spans in time.
    """

    trace_id: str
    service_name: str
    started_at: int
    metadata: bytes
    attributes: bytes


@attrs.frozen
class SpanBatch:
    """Spans of one project, received together.

    `received_at` is in microseconds and strictly grows within a gateway: with completeness
    it decides which of two versions of a span is seen, whatever the order of arrival.
    """

    project_id: str
    received_at: int
    spans: Sequence[SpanRecord]
    traces: Sequence[TraceRecord] = ()
