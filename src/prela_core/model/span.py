"""A span as people handle it: a step of an agent, with its times, status and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

__all__ = ["Span", "SpanEvent", "SpanLink", "SpanType", "Status"]


class SpanType(StrEnum):
    """What kind of step a span is. An unknown word is stored as `custom`, and the word kept."""

    AGENT = "agent"
    LLM = "llm"
    TOOL = "tool"
    RETRIEVAL = "retrieval"
    EMBEDDING = "embedding"
    CHAIN = "chain"
    RERANKER = "reranker"
    GUARDRAIL = "guardrail"
    EVALUATOR = "evaluator"
    CUSTOM = "custom"


class Status(StrEnum):
    """How a span or a trace ended; `pending` while it has not."""

    PENDING = "pending"
    SUCCESS = "success"
    ERROR = "error"


@attrs.frozen
class SpanEvent:
    """Something that happened at one moment within a span."""

    name: str
    timestamp: datetime
    attributes: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class SpanLink:
    """A span of this or another trace that this span has to do with, without being its child."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Span:
    """One step of an agent's work.

    `trace_id` and `span_id` are opaque strings of 1-128 printable characters. Times are
    aware datetimes, kept to the microsecond. `parent_span_id` is None for a root, and
    `ended_at` None while the step goes on. A `span_type` of None leaves it to the attributes to
    tell, by the conventions in force where the span is stored.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str = ""
    span_type: SpanType | None = SpanType.CUSTOM
    service_name: str = ""
    started_at: datetime
    ended_at: datetime | None = None
    status: Status = Status.PENDING
    status_message: str | None = None
    attributes: Mapping[str, Any] = attrs.field(factory=dict)
    events: tuple[SpanEvent, ...] = ()
    links: tuple[SpanLink, ...] = ()

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from start to end; None while the span goes on."""
        if self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds() * 1000
