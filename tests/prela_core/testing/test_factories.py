from __future__ import annotations

from datetime import timedelta

import msgspec

from prela_core.model import to_micros
from prela_core.store import Page, SearchHit, StoredSpan, TraceDetail, TraceSummary
from prela_core.testing.factories import (
    NOON,
    search_hit,
    span_record,
    stored_span,
    trace_detail,
    trace_summary,
)


def test_the_same_call_gives_the_same_value() -> None:
    assert span_record(name="a") == span_record(name="a")
    assert trace_detail(stored_span(name="a")) == trace_detail(stored_span(name="a"))


def test_times_follow_from_each_other() -> None:
    assert stored_span(duration_ms=20.0).ended_at == NOON + timedelta(milliseconds=20)
    assert stored_span(ended_at=NOON + timedelta(seconds=2)).duration_ms == 2000.0
    assert stored_span(status="pending").ended_at is None
    assert span_record(duration_ms=20.0).ended_at == to_micros(NOON) + 20_000
    assert span_record(status="pending").ended_at is None


def test_a_trace_says_what_its_spans_say() -> None:
    trace = trace_detail(
        stored_span(span_id="child", parent_span_id="root", name="chat", model="m", input_tokens=5),
        stored_span(span_id="root", name="run", status="error", duration_ms=900.0),
    )

    assert ("run", "error", 2, 1) == (
        trace.name,
        trace.status,
        trace.span_count,
        trace.error_count,
    )
    assert ("root", 900.0, 5, ["m"]) == (
        trace.root_span_id,
        trace.duration_ms,
        trace.input_tokens,
        trace.models,
    )


def test_all_answers_go_through_json_unchanged() -> None:
    for value, kind in [
        (trace_detail(stored_span(status="error", flags=["cycle"])), TraceDetail),
        (Page(items=[trace_summary()], next_cursor="more"), Page[TraceSummary]),
        (Page(items=[search_hit()]), Page[SearchHit]),
        (stored_span(), StoredSpan),
    ]:
        assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value
