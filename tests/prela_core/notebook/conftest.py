from __future__ import annotations

from collections.abc import Callable

import pytest

from prela_core.model import SpanBatch, SpanRecord, to_micros
from prela_core.notebook import Connection
from prela_core.testing import NOON, MemoryStore, span_record


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def db(store: MemoryStore) -> Connection:
    return Connection(store, project_id="p", place="a test", now=lambda: NOON)


@pytest.fixture
def insert(store: MemoryStore) -> Callable[..., None]:
    """Insert spans; each dict overrides what the factory makes."""

    def put(*spans: dict[str, object]) -> None:
        records: list[SpanRecord] = [span_record(**each) for each in spans]
        store.insert([SpanBatch("p", to_micros(NOON), records)])

    return put
