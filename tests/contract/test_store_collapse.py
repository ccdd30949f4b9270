"""Whatever the order, the repetition and the grouping of inserts, readers see the same."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.model import SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import Order, PageRequest, Store, TraceFilter
from prela_core.testing import NOON, MemoryStore, span_record

MICROS = to_micros(NOON)
HOUR = 3_600_000_000
DAY = 24 * HOUR

# One example asks the engine some sixty questions.
EMBEDDED_EXAMPLES = 300 if os.environ.get("PRELA_TESTS") == "thorough" else 5

TRACES = ("t0", "t1", "t2")
SPANS = ("a", "b", "c")
WORDS = ("zebra", "Zebra horse", "horse", "ΟΔΟΣ 退款")

moments = st.sampled_from(
    [MICROS + each for each in (0, 1, 999, HOUR, -HOUR, DAY, -DAY, 20 * DAY, -40 * DAY, -400 * DAY)]
)


@st.composite
def spans(draw: st.DrawFn) -> SpanRecord:
    started_at = draw(moments)
    ended_at = draw(st.none() | st.integers(-5, 10**7).map(lambda each: started_at + each))
    said = draw(
        st.sampled_from(
            [
                b"{}",
                b'{"llm.model":"m1","llm.input_tokens":3,"llm.cost_usd":0.25}',
                b'{"llm.model":"m2","llm.output_tokens":5}',
                b'{"user.id":"u","k":"v"}',
                b'{"user.id":"v","k":1.0,"input.value":"horse"}',
            ]
        )
    )
    return span_record(
        trace_id=draw(st.sampled_from(TRACES)),
        span_id=draw(st.sampled_from(SPANS)),
        parent_span_id=draw(st.sampled_from(("", "", *SPANS, "never sent"))),
        name=draw(st.sampled_from(WORDS)),
        span_type=draw(st.sampled_from(("agent", "llm", "tool", "chain"))),
        started_at=started_at,
        ended_at=ended_at,
        duration_ms=0.0 if ended_at is None else (ended_at - started_at) / 1000,
        status=draw(st.sampled_from(("success", "error", "pending"))),
        attributes=said,
    )


announcements = st.builds(
    TraceRecord,
    trace_id=st.sampled_from((*TRACES, "spanless")),
    service_name=st.just("svc"),
    started_at=moments,
    metadata=st.sampled_from([b"{}", b'{"a":1}', b'{"a":2}']),
    attributes=st.just(b"{}"),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[SpanBatch], list[list[int]]]:
    """Give batches as they were received, and the inserts by which they come: groups of indexes.

    Each batch comes at least once, in any order and grouping.
    """
    batches = []
    for at in range(draw(st.integers(1, 6))):
        held = draw(
            st.lists(spans(), min_size=1, max_size=4, unique_by=lambda s: (s.trace_id, s.span_id))
        )
        said = draw(st.lists(announcements, max_size=1))
        batches.append(SpanBatch("p", MICROS + at, held, said))
    indexes = range(len(batches))
    repeated = draw(st.lists(st.sampled_from(indexes), max_size=4))
    arrivals = draw(st.permutations([*indexes, *repeated]))
    inserts: list[list[int]] = [[]]
    for index in arrivals:
        inserts[-1].append(index)
        if draw(st.booleans()):
            inserts.append([])
    return batches, inserts


QUESTIONS: list[tuple[TraceFilter, Order]] = [
    (TraceFilter(), Order.NEWEST),
    (TraceFilter(), Order.OLDEST),
    (TraceFilter(), Order.SLOWEST),
    (TraceFilter(), Order.DEAREST),
    (TraceFilter(), Order.FEWEST_SPANS),
    (TraceFilter(start_time=MICROS, end_time=MICROS + DAY), Order.NEWEST),
    (TraceFilter(end_time=MICROS + 1), Order.NEWEST),
    (TraceFilter(start_time=MICROS - DAY, status="pending"), Order.NEWEST),
    (TraceFilter(start_time=MICROS - 401 * DAY, status="error"), Order.FASTEST),
    (TraceFilter(start_time=MICROS - 401 * DAY, status="success"), Order.NEWEST),
    (TraceFilter(start_time=MICROS - 2 * DAY, user_id="u", model="m1"), Order.NEWEST),
    (TraceFilter(start_time=MICROS - 401 * DAY, q="horse", span_type="agent"), Order.NEWEST),
    (TraceFilter(min_duration_ms=1.0, attributes=(("k", "1"),)), Order.MOST_SPANS),
]
SEARCHES = [
    TraceFilter(q="zebra"),
    TraceFilter(q="ZEBRA horse", start_time=MICROS - HOUR),
    TraceFilter(q="horse", user_id="u", end_time=MICROS + DAY),
    TraceFilter(q="οδοσ", start_time=MICROS - 41 * DAY, status="error", model="m2"),
]


def answers(store: Store, project: str, plain: Any) -> list[Any]:
    """Ask everything, and take pages of two wherever there are pages."""
    said: list[Any] = []
    for where, order in QUESTIONS:
        page = store.traces(project, where, order, PageRequest(limit=2))
        said.append((where, order, plain(page.items)))
        if page.next_cursor is not None:
            rest = store.traces(project, where, order, PageRequest(cursor=page.next_cursor))
            said.append((where, order, plain(rest.items)))
    for where in SEARCHES:
        found = store.search(project, where, PageRequest(limit=1))
        said.append((where, plain(found.items)))
        if found.next_cursor is not None:
            more = store.search(project, where, PageRequest(cursor=found.next_cursor))
            said.append((where, plain(more.items)))
    for trace_id in (*TRACES, "spanless"):
        said.append((trace_id, plain(store.trace(project, trace_id))))
        listed = store.spans(project, trace_id, PageRequest(limit=2))
        said.append((trace_id, listed and plain(listed.items)))
    return said


def in_order(batches: list[SpanBatch]) -> MemoryStore:
    store = MemoryStore()
    store.insert(batches)
    return store


@given(history=histories())
def test_the_oracle_sees_the_same_whatever_the_order(history: Any, plain: Any) -> None:
    batches, inserts = history
    store = MemoryStore()
    for insert in inserts:
        store.insert([batches[index] for index in insert])
    assert answers(in_order(batches), "p", plain) == answers(store, "p", plain)


@settings(max_examples=EMBEDDED_EXAMPLES)
@given(history=histories())
def test_every_store_answers_as_the_oracle_before_and_after_merges(
    adapter: Any, place: Any, plain: Any, history: Any
) -> None:
    batches, inserts = history
    expected = answers(in_order(batches), "p", plain)
    mine = place.elsewhere()
    for insert in inserts:
        mine.store.insert(
            [
                SpanBatch(mine.project, each.received_at, each.spans, each.traces)
                for each in (batches[index] for index in insert)
            ]
        )
    assert expected == answers(mine.store, mine.project, plain)
    adapter.merge()
    assert expected == answers(mine.store, mine.project, plain)
