"""Every filter recomputed: what ClickHouse finds is what plain Python finds, span for span.

Over some thousand spans of every odd kind: repeated, in parts, late, in circles, of odd words.
"""

from __future__ import annotations

import os
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from tests.questions import batches, conditions

from prela_core.ask import Condition, Subject
from prela_core.store import Order, PageRequest, Reader, SpanFilter, SpanOrder, Store, TraceFilter
from prela_core.testing import MemoryStore

PROJECT = "asked"
THOROUGH = os.environ.get("PRELA_TESTS") == "thorough"
SPANS = 4000 if THOROUGH else 500
EXAMPLES = 1000 if THOROUGH else 8


pytestmark = pytest.mark.parametrize("adapter", ["embedded", "server", "http"], indirect=True)
"""Those that are compared with plain Python."""


@attrs.frozen
class Both:
    """The same spans in plain Python and in the store under test."""

    plain: Store
    store: Store


@pytest.fixture(scope="module")
def both(adapter: Any) -> Both:
    plain = MemoryStore()
    for batch in batches(SPANS, PROJECT):
        plain.insert([batch])
        adapter.store.insert([batch])
    return Both(plain, adapter.store)


def all_spans(store: Reader, where: SpanFilter, order: SpanOrder) -> list[tuple[str, str]]:
    found, cursor = [], None
    while True:
        page = PageRequest(limit=700, cursor=cursor)
        answer = store.find_spans(PROJECT, where, order, page)
        found += [(span.trace_id, span.span_id) for span in answer.items]
        cursor = answer.next_cursor
        if cursor is None:
            return found


def all_traces(store: Reader, where: TraceFilter, order: Order) -> list[str]:
    answer = store.traces(PROJECT, where, order, PageRequest(limit=1000))
    assert answer.next_cursor is None
    return [row.trace_id for row in answer.items]


@settings(max_examples=EXAMPLES)
@given(condition=conditions(Subject.SPAN))
def test_spans(both: Both, condition: Condition) -> None:
    where = SpanFilter(where=condition)
    for order in (SpanOrder.NEWEST, SpanOrder.CHEAPEST):
        assert all_spans(both.plain, where, order) == all_spans(both.store, where, order)


@settings(max_examples=EXAMPLES)
@given(condition=conditions(Subject.TRACE))
def test_traces(both: Both, condition: Condition) -> None:
    where = TraceFilter(where=condition)
    for order in (Order.NEWEST, Order.SLOWEST):
        assert all_traces(both.plain, where, order) == all_traces(both.store, where, order)


@settings(max_examples=EXAMPLES // 2)
@given(condition=conditions(Subject.TRACE))
def test_searches(both: Both, condition: Condition) -> None:
    where, page = TraceFilter(where=condition, q="a"), PageRequest(limit=1000)
    assert both.plain.search(PROJECT, where, page) == both.store.search(PROJECT, where, page)
