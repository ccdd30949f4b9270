"""The stores that the store's contract is held over, each behind the same few calls."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import msgspec
import pytest

from prela_core.io.clickhouse_store import ClickHouseStore, open_embedded
from prela_core.model import SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import Order, PageRequest, Store, TraceFilter
from prela_core.testing import NOON, ManualClock, MemoryStore

_numbers = itertools.count(1)


@attrs.frozen
class Adapter:
    """A store, and what makes it merge what it holds."""

    store: Store
    merge: Callable[[], None]


@attrs.define
class Place:
    """A project of its own in a store."""

    store: Store
    project: str
    merge: Callable[[], None]
    received_at: int = to_micros(NOON)

    def insert(self, *spans: SpanRecord, traces: Sequence[TraceRecord] = ()) -> SpanBatch:
        """Insert spans as one batch, received a millisecond after the one before."""
        self.received_at += 1000
        batch = SpanBatch(self.project, self.received_at, spans, traces)
        self.store.insert([batch])
        return batch

    def traces(self, order: Order = Order.NEWEST, **wanted: Any) -> Any:
        page = {name: wanted.pop(name) for name in ("limit", "cursor", "offset") if name in wanted}
        return self.store.traces(self.project, TraceFilter(**wanted), order, PageRequest(**page))

    def ids(self, order: Order = Order.NEWEST, **wanted: Any) -> list[str]:
        return [row.trace_id for row in self.traces(order, **wanted).items]

    def trace(self, trace_id: str) -> Any:
        return self.store.trace(self.project, trace_id)

    def spans(self, trace_id: str, **page: Any) -> Any:
        return self.store.spans(self.project, trace_id, PageRequest(**page))

    def search(self, q: str | None, **wanted: Any) -> Any:
        page = {name: wanted.pop(name) for name in ("limit", "cursor", "offset") if name in wanted}
        return self.store.search(self.project, TraceFilter(q=q, **wanted), PageRequest(**page))

    def hits(self, q: str, **wanted: Any) -> list[str]:
        return [hit.trace_id for hit in self.search(q, **wanted).items]

    def elsewhere(self) -> Place:
        """Give another project in the same store."""
        return Place(self.store, f"project-{next(_numbers)}", self.merge)


def _merge(store: ClickHouseStore) -> None:
    with store._borrowed(store._writers, writing=True) as client:
        for table in ("spans", "trace_announcements"):
            client.command(f"OPTIMIZE TABLE {table} FINAL")


@pytest.fixture(scope="module", params=["memory", "embedded"])
def adapter(request: Any, tmp_path_factory: Any) -> Iterator[Adapter]:
    if request.param == "memory":
        yield Adapter(MemoryStore(), lambda: None)
        return
    # The spans of these tests are older than any retention by the time they run.
    store = open_embedded(
        tmp_path_factory.mktemp("store"),
        retention_days=0,
        readers=2,
        clock=ManualClock().seconds,
        windows_from=0,  # the harder way, which stores of this size would not take
    )
    yield Adapter(store, lambda: _merge(store))
    store.close()


@pytest.fixture
def place(adapter: Adapter) -> Place:
    return Place(adapter.store, f"project-{next(_numbers)}", adapter.merge)


@pytest.fixture
def plain() -> Callable[[object], Any]:
    """Turn an answer into dicts, lists and numbers, as its JSON has them."""

    def convert(answer: object) -> Any:
        return msgspec.json.decode(msgspec.json.encode(answer))

    return convert
