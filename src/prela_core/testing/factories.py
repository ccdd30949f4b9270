"""Ready-made values for tests: name what matters to the test, the rest has sane defaults.

Nothing here reads a clock or draws a random number, so a failing test fails again. Calling a
factory twice gives the same ids twice; give `span_id=` where several spans are wanted.

    trace_detail(
        stored_span(span_id="a", span_type="agent"),
        stored_span(span_id="b", parent_span_id="a", status="error"),
    )
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Raw

from prela_core.model import SpanRecord, to_micros
from prela_core.store import SearchHit, StoredSpan, TraceDetail, TraceSummary

__all__ = ["NOON", "search_hit", "span_record", "stored_span", "trace_detail", "trace_summary"]

NOON = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
"""When the spans of these factories start, if nothing else is said."""

_TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
_SPAN_ID = "b7ad6b7169203331"
_EMPTY_OBJECT = Raw(b"{}")
_EMPTY_LIST = Raw(b"[]")


def span_record(**overrides: Any) -> SpanRecord:
    """Make a successful LLM call of 250 ms, as the pipeline carries it.

    `ended_at` and `duration_ms` follow from `started_at` (microseconds) and from each other
    where they are not given; a `pending` span has no end.
    """
    started_at = overrides.get("started_at", to_micros(NOON))
    pending = overrides.get("status") == "pending"
    duration_ms = overrides.get("duration_ms", 0.0 if pending else 250.0)
    fields: dict[str, Any] = {
        "trace_id": _TRACE_ID,
        "span_id": _SPAN_ID,
        "parent_span_id": "",
        "name": "chat gpt-4o-mini",
        "span_type": "llm",
        "span_type_sent": overrides.get("span_type", "llm"),
        "service_name": "shop-agent",
        "started_at": started_at,
        "ended_at": None if pending else started_at + round(duration_ms * 1000),
        "duration_ms": duration_ms,
        "status": "success",
        "status_sent": overrides.get("status", "success"),
        "status_message": "",
        "attributes": b"{}",
        "events": b"[]",
        "links": b"[]",
    }
    return SpanRecord(**(fields | overrides))


def stored_span(**overrides: Any) -> StoredSpan:
    """Make a successful step of 250 ms, as the store answers it.

    `ended_at` and `duration_ms` follow from `started_at` and from each other where they are
    not given; a `pending` span has no end. Tokens, cost and texts are None unless given.
    """
    started_at = overrides.get("started_at", NOON)
    pending = overrides.get("status") == "pending"
    ended_at = overrides.get("ended_at")
    duration_ms = overrides.get("duration_ms", 0.0 if pending else 250.0)
    if ended_at is not None and "duration_ms" not in overrides:
        duration_ms = (ended_at - started_at) / timedelta(milliseconds=1)
    fields: dict[str, Any] = dict.fromkeys(_OPTIONAL_FIELDS)
    fields |= {
        "span_id": _SPAN_ID,
        "trace_id": _TRACE_ID,
        "parent_span_id": None,
        "name": "plan the next step",
        "span_type": "custom",
        "service_name": "shop-agent",
        "started_at": started_at,
        "ended_at": None if pending else started_at + timedelta(milliseconds=duration_ms),
        "duration_ms": duration_ms,
        "status": "success",
        "attributes": _EMPTY_OBJECT,
        "events": _EMPTY_LIST,
        "links": _EMPTY_LIST,
        "scores": _EMPTY_LIST,
        "span_type_sent": overrides.get("span_type", "custom"),
        "status_sent": overrides.get("status", "success"),
        "flags": [],
        "created_at": started_at + timedelta(seconds=1),
    }
    return StoredSpan(**(fields | overrides))


def trace_summary(**overrides: Any) -> TraceSummary:
    """Make one row of a list of traces: three spans, 1.25 seconds, no error."""
    fields: dict[str, Any] = {
        "trace_id": _TRACE_ID,
        "service_name": "shop-agent",
        "started_at": NOON,
        "completed_at": NOON + timedelta(seconds=1.25),
        "duration_ms": 1250.0,
        "status": "success",
        "root_span_id": _SPAN_ID,
        "name": "answer question",
        "span_count": 3,
        "error_count": 0,
        "input_tokens": 1200,
        "output_tokens": 240,
        "cost_usd": 0.0123,
        "models": ["gpt-4o-mini"],
        "metadata": _EMPTY_OBJECT,
    }
    return TraceSummary(**(fields | overrides))


def trace_detail(*spans: StoredSpan, **overrides: Any) -> TraceDetail:
    """Make a trace of `spans` (or of one, when none is given) whose row says what they say.

    Name and service come from the earliest span without a parent, or else the earliest one.
    Tokens and cost are plain sums over the spans that are no agents or chains.
    """
    held = sorted(spans or [stored_span()], key=lambda span: (span.started_at, span.span_id))
    roots = [span for span in held if span.parent_span_id is None]
    head = (roots or held)[0]
    started_at = held[0].started_at
    known_end = max(span.ended_at or span.started_at for span in held)
    statuses = {span.status for span in held}
    paid = [span for span in held if span.span_type not in {"agent", "chain"}]
    fields: dict[str, Any] = {
        "trace_id": head.trace_id,
        "service_name": head.service_name,
        "started_at": started_at,
        "completed_at": None if any(span.ended_at is None for span in held) else known_end,
        "duration_ms": (known_end - started_at) / timedelta(milliseconds=1),
        "status": next((word for word in ("error", "pending") if word in statuses), "success"),
        "root_span_id": roots[0].span_id if roots else None,
        "name": head.name,
        "span_count": len(held),
        "error_count": sum(span.status == "error" for span in held),
        "input_tokens": sum(span.input_tokens or 0 for span in paid),
        "output_tokens": sum(span.output_tokens or 0 for span in paid),
        "cost_usd": sum(span.cost_usd or 0.0 for span in paid),
        "models": sorted({span.model for span in held if span.model}),
        "metadata": _EMPTY_OBJECT,
        "spans": held,
    }
    return TraceDetail(**(fields | overrides))


def search_hit(**overrides: Any) -> SearchHit:
    """Make a hit: the word `refund` in the output of an LLM call."""
    fields: dict[str, Any] = {
        "trace_id": _TRACE_ID,
        "span_id": _SPAN_ID,
        "name": "chat gpt-4o-mini",
        "span_type": "llm",
        "service_name": "shop-agent",
        "started_at": NOON,
        "status": "success",
        "field": "output",
        "excerpt": "You get a refund within five days.",
        "highlights": [(10, 16)],
    }
    return SearchHit(**(fields | overrides))


_OPTIONAL_FIELDS = (
    "status_message",
    "provider",
    "model",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "cost_source",
    "price_version",
    "session_id",
    "user_id",
    "agent_name",
    "tool_name",
    "input",
    "output",
    "ttft_ms",
    "environment",
)
