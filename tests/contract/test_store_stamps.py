"""What every store must hold of a trace's stamp: it is another one exactly when the trace is."""

from __future__ import annotations

from typing import Any

from prela_core.model import TraceRecord, new_trace_id, to_micros
from prela_core.testing import NOON, span_record


def stamp(place: Any, trace_id: str) -> str | None:
    found: str | None = place.store.stamp(place.project, trace_id)
    return found


def announce(trace_id: str, metadata: bytes) -> TraceRecord:
    return TraceRecord(
        trace_id=trace_id,
        service_name="s",
        started_at=to_micros(NOON),
        metadata=metadata,
        attributes=b"{}",
    )


def test_what_changes_the_trace_changes_the_stamp(place: Any) -> None:
    trace_id = new_trace_id()
    assert stamp(place, trace_id) is None

    seen = []
    for change in (
        lambda: place.insert(span_record(trace_id=trace_id, span_id="a", status="pending")),
        lambda: place.insert(span_record(trace_id=trace_id, span_id="a")),
        lambda: place.insert(span_record(trace_id=trace_id, span_id="b")),
        lambda: place.insert(span_record(trace_id=trace_id, span_id="b", name="renamed")),
        lambda: place.insert(traces=[announce(trace_id, b'{"a":1}')]),
        lambda: place.insert(traces=[announce(trace_id, b'{"a":2}')]),
    ):
        change()
        seen.append(stamp(place, trace_id))
    assert None not in seen
    assert len(set(seen)) == len(seen)


def test_what_changes_nothing_leaves_it(place: Any) -> None:
    trace_id = new_trace_id()
    batch = place.insert(
        span_record(trace_id=trace_id, span_id="a"),
        span_record(trace_id=trace_id, span_id="b"),
        traces=[announce(trace_id, b'{"a":1}')],
    )
    before = stamp(place, trace_id)

    place.store.insert([batch])
    assert before == stamp(place, trace_id)
    place.merge()
    assert before == stamp(place, trace_id)
    place.insert(span_record(span_id="a"))
    place.elsewhere().insert(span_record(trace_id=trace_id, span_id="c"))
    assert before == stamp(place, trace_id)


def test_a_trace_without_spans_has_one_and_other_projects_have_none(place: Any) -> None:
    trace_id = new_trace_id()
    place.insert(traces=[announce(trace_id, b'{"a":1}')])

    assert stamp(place, trace_id) is not None
    assert stamp(place.elsewhere(), trace_id) is None
    assert stamp(place, "") is None
