"""Rows that are put together from those of spans are those of the plain definition."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.model import from_micros, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.store.located import Located
from prela_core.store.plans import LookBack, summary_from_row, traces
from prela_core.store.results import StoredSpan
from prela_core.store.rows_together import MOST_ROWS, put_together, span_rows
from prela_core.store.summary import summarise
from prela_core.testing import NOON
from prela_core.testing.factories import stored_span

MICROS = to_micros(NOON)
UNBOUNDED: dict[str, Any] = {"lo": None, "hi": None, "after": None}

spans = st.builds(
    lambda start, took, **fields: stored_span(
        started_at=NOON + timedelta(seconds=start),
        ended_at=None if took is None else NOON + timedelta(seconds=start + took),
        **fields,
    ),
    start=st.integers(0, 3),
    took=st.none() | st.integers(0, 3),
    trace_id=st.sampled_from("tu"),
    span_id=st.sampled_from("abcd"),
    parent_span_id=st.sampled_from([None, "a", "z"]),
    name=st.sampled_from(["one", "two"]),
    service_name=st.sampled_from(["", "shop"]),
    span_type=st.sampled_from(["llm", "agent", "chain"]),
    status=st.sampled_from(["success", "error", "pending"]),
    model=st.sampled_from([None, "m", "M", "é"]),
    input_tokens=st.none() | st.integers(0, 9),
    output_tokens=st.none() | st.integers(0, 9),
    cost_usd=st.none() | st.sampled_from([0.0, 0.25, 1.5]),
)


def as_row(span: StoredSpan, version: int, *held: int) -> tuple[Any, ...]:
    return (
        span.trace_id,
        span.span_id,
        span.parent_span_id or "",
        span.name,
        span.service_name,
        span.span_type,
        to_micros(span.started_at),
        None if span.ended_at is None else to_micros(span.ended_at),
        span.status,
        span.model or "",
        span.input_tokens,
        span.output_tokens,
        span.cost_usd,
        version,
        *held,
    )


@given(st.lists(spans, max_size=8), st.randoms())
def test_they_are_what_the_visible_spans_come_to(found: list[StoredSpan], shuffled: Any) -> None:
    rows = [as_row(span, version) for version, span in enumerate(found)]
    shuffled.shuffle(rows)
    visible = {(span.trace_id, span.span_id): span for span in found}
    expected = {
        trace_id: summarise([each for each in visible.values() if each.trace_id == trace_id])
        for trace_id, _ in visible
    }
    made = put_together(rows, TraceFilter(), **UNBOUNDED)
    assert expected == {row[0]: summary_from_row(row, None) for row in made}
    assert all(from_micros(row[-1]) == expected[row[0]].started_at for row in made)


def rows_of_two() -> list[tuple[Any, ...]]:
    first = stored_span(trace_id="a", started_at=NOON, ended_at=NOON + timedelta(seconds=2))
    second = stored_span(trace_id="b", started_at=NOON + timedelta(seconds=1), status="error")
    return [
        as_row(first, 1, 1, 0),
        as_row(attrs.evolve(first, span_id="x"), 1, 0, 1),
        as_row(second, 1, 1, 0),
    ]


@pytest.mark.parametrize(
    ("where", "bounds", "expected"),
    [
        ({"status": "error"}, {}, []),
        ({}, {}, ["a"]),
        ({"status": "ok"}, {}, ["a"]),
        ({"min_duration_ms": 2000.0}, {}, ["a"]),
        ({"min_duration_ms": 2000.1}, {}, []),
        ({"max_duration_ms": 2000.0}, {}, ["a"]),
        ({"max_duration_ms": 1999.9}, {}, []),
        ({}, {"lo": MICROS}, ["a"]),
        ({}, {"lo": MICROS + 1}, []),
        ({}, {"hi": MICROS}, ["a"]),
        ({}, {"hi": MICROS - 1}, []),
        ({}, {"after": (MICROS, "b")}, ["a"]),
        ({}, {"after": (MICROS, "a")}, []),
    ],
)
def test_conditions_hold_for_the_trace_and_each_of_those_on_spans_for_some_span(
    where: dict[str, Any], bounds: dict[str, Any], expected: list[str]
) -> None:
    """`a` meets both conditions on spans by a span each, and `b` only the first."""
    made = put_together(rows_of_two(), TraceFilter(**where), **(UNBOUNDED | bounds))
    assert expected == [row[0] for row in made]


def test_only_the_visible_version_meets_a_condition() -> None:
    span = stored_span(trace_id="a")
    rows = [as_row(span, 2, 0), as_row(span, 1, 1)]
    assert [] == put_together(rows, TraceFilter(name="x"), **UNBOUNDED)


def test_each_condition_on_spans_is_a_column() -> None:
    query = span_rows("p", TraceFilter(name="n", user_id="u", status="error"), Located([(0, "t")]))
    assert "version, (user_id = {user_id:String}), (name = {name:String}), (status = 'error')" in (
        query.sql
    )
    assert MOST_ROWS + 1 == query.parameters["most"]


@pytest.mark.parametrize(("said", "given"), [(MOST_ROWS + 1, 0), (3, MOST_ROWS + 1)])
def test_where_there_are_many_rows_the_engine_makes_traces_of_them(said: int, given: int) -> None:
    """Whether the proposal says so, or the reading gives more than were wanted."""
    plan = traces("p", TraceFilter(), Order.NEWEST, PageRequest(), LookBack(now=MICROS))
    next(plan)
    plan.send([(0,)])
    asked = [plan.send([("t", MICROS, 7, [0], said)])]
    while "GROUP BY trace_id" not in asked[-1].sql or "order_value" not in asked[-1].sql:
        if "trace_hash" in asked[-1].sql:
            asked.append(plan.send([(7, 0)]))
        else:
            asked.append(plan.send([("t",) * 14] * given))
    assert (given > 0) == any("LIMIT {most:UInt64}" in query.sql for query in asked)
    page = None
    try:
        plan.send(
            [("t", "s", MICROS, None, MICROS, "pending", "", "n", 1, 0, 0, 0, 0.0, [], MICROS)]
        )
        plan.send([])
    except StopIteration as stop:
        page = stop.value
    assert page is not None
    assert ["t"] == [row.trace_id for row in page.items]
