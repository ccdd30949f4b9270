"""What is listed of kept rows is what the plain definition lists, whatever came in which order."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.ask import Subject, parse
from prela_core.errors import InvalidError, MalformedError
from prela_core.model import SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import Order, Page, PageRequest, TraceFilter, TraceSummary, kept_traces
from prela_core.store.kept_rows import announced_in, rows_in
from prela_core.store.kept_traces import KeptTraces, can_list
from prela_core.store.rows import announcement_table, span_table
from prela_core.testing import NOON, MemoryStore, span_record

MICROS = to_micros(NOON)

starts = st.integers(0, 4).map(lambda seconds: MICROS + seconds * 1_000_000)
attributes = st.sampled_from(
    [
        b"{}",
        b'{"user.id":"u","session.id":"s"}',
        b'{"gen_ai.agent.name":"scout","deployment.environment":"prod"}',
        b'{"gen_ai.usage.input_tokens":7,"gen_ai.usage.output_tokens":2}',
        b'{"gen_ai.request.model":"gpt-4o"}',
    ]
)
spans = st.builds(
    span_record,
    trace_id=st.sampled_from("tuvwx"),
    span_id=st.sampled_from("abc"),
    parent_span_id=st.sampled_from(["", "a", "z"]),
    name=st.sampled_from(["one", "zwei", "三"]),
    service_name=st.sampled_from(["", "shop"]),
    span_type=st.sampled_from(["llm", "agent", "tool"]),
    status=st.sampled_from(["success", "error", "pending"]),
    started_at=starts,
    duration_ms=st.sampled_from([0.0, 250.0, 2000.0]),
    attributes=attributes,
)
announced = st.builds(
    TraceRecord,
    trace_id=st.sampled_from("tuy"),
    service_name=st.just("said"),
    started_at=starts,
    metadata=st.sampled_from([b"{}", b'{"n":1}', '{"n":"é"}'.encode()]),
    attributes=st.just(b"{}"),
)
# Two of one version, received at once and with the same attributes, may take turns.
together = st.lists(spans, max_size=6, unique_by=lambda span: (span.trace_id, span.span_id))
announcements = st.lists(announced, max_size=2, unique_by=lambda said: said.trace_id)
batches = st.lists(st.tuples(together, announcements))
exact = {
    "service_name": ["", "shop", "other"],
    "span_type": ["LLM", "tool"],
    "name": ["one", "三"],
    "model": ["gpt-4o"],
    "user_id": ["u"],
    "session_id": ["s"],
    "agent_name": ["scout"],
    "environment": ["prod"],
    "status": ["error", "success", "pending", "OK"],
    "min_duration_ms": [0.0, 250.0, 2000.5],
    "max_duration_ms": [250.0, 3000.0],
    "start_time": [MICROS, MICROS + 1, MICROS + 2_000_000],
    "end_time": [MICROS, MICROS + 1, MICROS + 3_000_000],
}
filters = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in exact.items()}
).map(lambda wanted: TraceFilter(**wanted))


def take(kept: KeptTraces, batches: Sequence[SpanBatch], project: str = "p") -> None:
    if any(batch.spans for batch in batches):
        kept.add(rows_in(span_table(batches), project))
    if (table := announcement_table(batches)) is not None:
        kept.announce(announced_in(table, project))


def plain(page: Page[TraceSummary]) -> list[dict[str, Any]]:
    return [attrs.asdict(attrs.evolve(row, metadata=bytes(row.metadata))) for row in page.items]


@given(batches, filters, st.integers(1, 3), st.integers(0, 2))
def test_pages_are_those_of_the_plain_definition(
    given_batches: list[tuple[list[SpanRecord], list[TraceRecord]]],
    where: TraceFilter,
    limit: int,
    offset: int,
) -> None:
    kept, oracle = KeptTraces(), MemoryStore()
    for number, (each, traces) in enumerate(given_batches):
        batch = SpanBatch("p", MICROS + number, each, traces)
        oracle.insert([batch])
        take(kept, [batch, SpanBatch("q", MICROS, [span_record(trace_id="other")])])
        if number % 2:  # what is there is sorted in between, or not
            kept.page("p", TraceFilter(), PageRequest())
    cursors: list[str | None] = [None, None]
    while True:
        pages = [PageRequest(limit=limit, offset=offset, cursor=cursor) for cursor in cursors]
        expected = oracle.traces("p", where, Order.NEWEST, pages[0])
        found = kept.page("p", where, pages[1])
        assert plain(expected) == plain(found)
        cursors, offset = [expected.next_cursor, found.next_cursor], 0
        if None in cursors:
            assert cursors == [None, None]
            break


@given(st.lists(spans, max_size=12), st.randoms())
def test_the_order_of_rows_and_repeats_do_not_matter(found: list[SpanRecord], by: Any) -> None:
    each = [SpanBatch("p", MICROS + at, [span]) for at, span in enumerate(found)]
    in_order, shuffled = KeptTraces(), KeptTraces()
    take(in_order, each)
    again = [*each, *each]
    by.shuffle(again)
    for batch in again:
        take(shuffled, [batch])
    pages = [kept.page("p", TraceFilter(), PageRequest()) for kept in (in_order, shuffled)]
    assert plain(pages[0]) == plain(pages[1])
    assert in_order.rows == shuffled.rows


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, True),
        ({"model": "m", "status": "error", "start_time": 1}, True),
        ({"q": "word"}, False),
        ({"name": "\ud800"}, False),
        ({"name": "\U0001f600"}, True),
        ({"start_time": -(2**63) - 1}, False),
        ({"end_time": 2**63}, False),
        ({"end_time": 1.5}, False),
        ({"attributes": (("key", "value"),)}, False),
        ({"where": parse("status:error", Subject.TRACE)}, False),
    ],
)
def test_words_attributes_and_what_the_query_language_asks_are_for_the_engine(
    where: dict[str, Any], *, expected: bool
) -> None:
    assert expected is can_list(TraceFilter(**where), Order.NEWEST)
    assert not can_list(TraceFilter(**where), Order.OLDEST)


def test_what_is_wrong_is_refused_as_ever() -> None:
    with pytest.raises(MalformedError, match="cursor"):
        KeptTraces().page("p", TraceFilter(), PageRequest(cursor="x"))
    with pytest.raises(InvalidError, match="not one of success"):
        KeptTraces().page("p", TraceFilter(status="odd"), PageRequest())


def test_each_text_is_kept_and_counted_once() -> None:
    kept = KeptTraces()
    span = span_record(trace_id="t", name="n" * 10_000)
    for number in range(10):
        take(kept, [SpanBatch("p", MICROS, [attrs.evolve(span, span_id=f"{number}")])])
    assert 10 == kept.rows
    assert 10_000 < kept.size < 20_000


def test_it_says_about_what_it_takes() -> None:
    kept = KeptTraces()
    spans = [
        span_record(trace_id=f"{number // 10:032x}", span_id=f"{number:016x}")
        for number in range(5_000)
    ]
    said = [
        TraceRecord(f"{number:032x}", "s", MICROS, b'{"n":1}', b"{}") for number in range(5_000)
    ]
    tracemalloc.start()
    try:
        take(kept, [SpanBatch("p", MICROS, spans, said)])
        kept.page("p", TraceFilter(status="error"), PageRequest(limit=1000))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.6 * taken < kept.size < 2 * taken


def test_the_sum_of_costs_is_the_same_in_whatever_order_they_come() -> None:
    costs = [0.1, 0.2, 0.3]
    found = set()
    for order in (costs, costs[::-1]):
        kept = KeptTraces()
        for cost in order:
            sent = f'{{"gen_ai.usage.cost":{cost}}}'.encode()
            span = span_record(span_id=f"{cost}", attributes=sent)
            take(kept, [SpanBatch("p", MICROS, [span])])
        page = kept.page("p", TraceFilter(), PageRequest())
        assert page is not None
        found.add(page.items[0].cost_usd)
    assert {0.6} == found


def test_of_one_version_the_last_counts() -> None:
    """As in the engine: two spans received at once, with the same attributes and events."""
    kept = KeptTraces()
    for name in ("first", "last"):
        said = TraceRecord("t", "s", MICROS, f'{{"n":"{name}"}}'.encode(), b"{}")
        span = span_record(trace_id="t", parent_span_id="", name=name)
        take(kept, [SpanBatch("p", MICROS, [span], [said])])
    page = kept.page("p", TraceFilter(), PageRequest())
    assert page is not None
    assert [("last", b'{"n":"last"}')] == [(row.name, bytes(row.metadata)) for row in page.items]


def test_what_would_be_looked_through_for_long_is_left_to_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_traces, "_MOST_WORK", 50)
    kept = KeptTraces()
    spans = [span_record(trace_id=f"t{number:02}") for number in range(40)]
    take(kept, [SpanBatch("p", MICROS, spans)])
    assert kept.page("p", TraceFilter(name="nobody"), PageRequest()) is not None
    asked = TraceFilter(status="error")  # for which rows are made, some each time
    answers = [kept.page("p", asked, PageRequest()) is not None for _ in range(20)]
    assert (False, True) == (answers[0], answers[-1])
    monkeypatch.setattr(kept_traces, "_MOST_WORK", 39)
    assert kept.page("p", TraceFilter(name="nobody"), PageRequest()) is None


def test_so_is_a_trace_of_very_many_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_traces, "_MOST_WORK", 50)
    kept = KeptTraces()
    take(kept, [SpanBatch("p", MICROS, [span_record(span_id=f"{at}") for at in range(40)])])
    assert kept.page("p", TraceFilter(), PageRequest()) is not None
    take(kept, [SpanBatch("p", MICROS, [span_record(span_id=f"{at}") for at in range(60)])])
    assert kept.page("p", TraceFilter(), PageRequest()) is None


class TestForgetting:
    def test_whole_traces_go_and_pages_end_before_them(self) -> None:
        kept = KeptTraces()
        for at, trace_id in enumerate("abc"):
            take(kept, [SpanBatch("p", MICROS, [span_record(trace_id=trace_id, started_at=at)])])
        assert kept.forget_before(0)
        assert kept.page("p", TraceFilter(), PageRequest()) is not None
        assert kept.forget_before(1)
        assert 2 == kept.rows
        for limit, ids in ((1, ["c"]), (2, None)):
            page = kept.page("p", TraceFilter(), PageRequest(limit=limit))
            assert ids == (page and [row.trace_id for row in page.items])
        since = kept.page("p", TraceFilter(start_time=2), PageRequest())
        assert since is not None
        assert ["c"] == [row.trace_id for row in since.items]

    def test_a_trace_that_is_partly_older_is_not_known(self) -> None:
        kept = KeptTraces()
        spans = [span_record(span_id=f"{at}", started_at=at) for at in (0, 5)]
        take(kept, [SpanBatch("p", MICROS, spans)])
        assert not kept.forget_before(3)

    def test_nor_is_one_that_comes_back(self) -> None:
        kept = KeptTraces()
        take(kept, [SpanBatch("p", MICROS, [span_record(started_at=0)])])
        assert kept.forget_before(3)
        take(kept, [SpanBatch("p", MICROS, [span_record(span_id="late", started_at=9)])])
        assert not kept.forget_before(3)

    def test_what_was_said_earlier_goes_too(self) -> None:
        kept = KeptTraces()
        for trace_id, started_at in (("t", 0), ("u", 5)):
            said = TraceRecord(trace_id, "s", started_at, b'{"n":1}', b"{}")
            take(kept, [SpanBatch("p", MICROS, [], [said])])
        assert kept.forget_before(3)
        assert 1 == kept.rows
        take(kept, [SpanBatch("p", MICROS, [span_record(trace_id="u", started_at=7)])])
        assert kept.forget_before(3)
        assert not kept.forget_before(6)
