"""What is listed of kept rows is what the plain definition lists, whatever came in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.ask import Subject, parse
from prela_core.errors import InvalidError, MalformedError
from prela_core.model import SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import Order, Page, PageRequest, TraceFilter, TraceSummary
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
    assert (in_order.spans, in_order.oldest) == (shuffled.spans, shuffled.oldest)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, True),
        ({"model": "m", "status": "error", "start_time": 1}, True),
        ({"q": "word"}, False),
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
    span = span_record(trace_id="t", name="n" * 1000)
    for number in range(100):
        take(kept, [SpanBatch("p", MICROS, [attrs.evolve(span, span_id=f"{number}")])])
    assert 100 == kept.spans
    assert 1000 < kept.size < 2000
