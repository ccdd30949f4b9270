"""Times from now keep their meaning over the pages of an answer, however late the next is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prela_core.ask import Compare, Op, Subject, parse
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, SpanFilter, SpanOrder, TraceFilter
from prela_core.store.find_plan import find_spans
from prela_core.store.plans import LookBack
from prela_core.testing import NOON, ManualClock, MemoryStore, span_record

MICROS = to_micros(NOON)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
SPANS = SpanFilter(where=parse("since:2h", Subject.SPAN))
TRACES = TraceFilter(where=parse("since:2h a"), q="a")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    store = MemoryStore(clock.seconds)
    spans = [
        span_record(trace_id=f"t{number}", started_at=MICROS - number * 10 * MINUTE, name="a")
        for number in range(24)
    ]
    store.insert([SpanBatch("p", MICROS, spans)])
    return store


ASK: list[Callable[[MemoryStore, PageRequest], Any]] = [
    lambda store, page: store.find_spans("p", SPANS, SpanOrder.OLDEST, page),
    lambda store, page: store.traces("p", TRACES, Order.OLDEST, page),
    lambda store, page: store.search("p", TRACES, page),
]


@pytest.mark.parametrize("ask", ASK, ids=["spans", "traces", "search"])
def test_pages_are_of_one_window(store: MemoryStore, clock: ManualClock, ask: Any) -> None:
    found, cursor = [], None
    while True:
        page = ask(store, PageRequest(limit=5, cursor=cursor))
        found += [each.trace_id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        clock.advance(1800)
    assert {f"t{number}" for number in range(13)} == set(found)
    assert 13 == len(found)
    assert len(ask(store, PageRequest(limit=50)).items) < 13


def test_the_engine_is_asked_for_the_same_window_on_every_page() -> None:
    keys = [(f"t{number}", "s", MICROS - number) for number in range(3)]

    def ask(cursor: str | None, now: int) -> tuple[list[Any], Any]:
        page = PageRequest(limit=2, cursor=cursor)
        plan = find_spans("p", SPANS, SpanOrder.OLDEST, page, LookBack(now))
        bound, query = [], next(plan)
        try:
            while True:
                bound += [query.parameters["lo"]] if "lo" in query.parameters else []
                query = plan.send(keys if "order_value" in query.sql else [])
        except StopIteration as stop:
            return bound, stop.value

    first, page = ask(None, MICROS)
    later, _ = ask(page.next_cursor, MICROS + HOUR)
    assert {MICROS - 2 * HOUR} == {*first} == {*later}


def test_the_window_of_a_filter_is_said_by_its_times_too() -> None:
    where = SpanFilter(where=parse("since:2h until:2026-01-15T11:00Z a or b", Subject.SPAN))
    assert None is where.at(MICROS).start_time  # one side alone says nothing
    where = SpanFilter(where=parse("(since:2h a) until:2026-01-15T11:00Z", Subject.SPAN))
    seen = where.at(MICROS)
    assert (MICROS - 2 * HOUR, MICROS - HOUR) == (seen.start_time, seen.end_time)
    narrow = SpanFilter(where=where.where, start_time=MICROS - 90 * MINUTE, end_time=MICROS)
    seen = narrow.at(MICROS)
    assert (MICROS - 90 * MINUTE, MICROS - HOUR) == (seen.start_time, seen.end_time)


@pytest.mark.parametrize(
    ("op", "first", "end"),
    [
        (Op.IS, 5, 6),
        (Op.ABOVE, 6, None),
        (Op.AT_LEAST, 5, None),
        (Op.BELOW, None, 5),
        (Op.AT_MOST, None, 6),
    ],
)
def test_each_comparison_bounds_the_window(op: Op, first: int | None, end: int | None) -> None:
    seen = TraceFilter(where=Compare("started", op, 5)).at(MICROS)
    assert (first, end) == (seen.start_time, seen.end_time)


def test_times_before_time_itself_are_its_beginning() -> None:
    assert 0 == SpanFilter(where=parse("since:99999d", Subject.SPAN)).at(MICROS).start_time
