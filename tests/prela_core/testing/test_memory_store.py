"""What the memory store has beside the contract of all stores."""

from __future__ import annotations

import pytest

from prela_core.errors import StoreUnavailableError
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.testing import NOON, MemoryStore, span_record

BATCH = SpanBatch("p", to_micros(NOON), [span_record(trace_id="t")])


def test_a_fault_is_raised_by_every_call_until_it_is_gone() -> None:
    store = MemoryStore()
    store.insert([BATCH])
    store.fault = StoreUnavailableError("away")
    where, page = TraceFilter(q="chat"), PageRequest()
    for call in (
        lambda: store.insert([BATCH]),
        lambda: store.traces("p", where, Order.NEWEST, page),
        lambda: store.trace("p", "t"),
        lambda: store.spans("p", "t", page),
        lambda: store.search("p", where, page),
        store.migrate,
        store.ping,
    ):
        with pytest.raises(StoreUnavailableError, match="away"):
            call()
    store.fault = None
    assert ["t"] == [hit.trace_id for hit in store.search("p", where, page).items]


def test_closing_forgets_everything() -> None:
    store = MemoryStore()
    store.insert([BATCH])
    store.close()
    assert None is store.trace("p", "t")
