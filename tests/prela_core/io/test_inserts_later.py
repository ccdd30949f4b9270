"""A store with a journal answers as one without, and loses nothing of what it has accepted."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from prela_core.errors import StoreUnavailableError
from prela_core.io import later_inserts
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.io.insert_journal import InsertJournal, holds_records
from prela_core.model import SpanBatch, from_micros, to_micros
from prela_core.store import (
    ArrivalsRequest,
    DeletionRequest,
    DeletionState,
    Measure,
    MetricQuery,
    Order,
    PageRequest,
    SpanFilter,
    SpanOrder,
    TraceFilter,
)
from prela_core.store.export import ExportForm, Selection
from prela_core.store.sql import SqlQuestion
from prela_core.testing import NOON, ManualClock, span_record

PROJECT = "p"
MICROS = to_micros(NOON)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClickHouseStore]:
    monkeypatch.setattr(later_inserts, "_AGE_SECONDS", 3600.0)
    clock = ManualClock().seconds
    with closing(
        open_embedded(tmp_path, inserts_later=True, retention_days=0, clock=clock)
    ) as store:
        yield store


def insert(store: ClickHouseStore, trace_id: str, name: str = "a step") -> None:
    span = span_record(trace_id=trace_id, span_id="a", name=name, started_at=MICROS)
    store.insert([SpanBatch(PROJECT, MICROS, (span,))])


def of_the_day() -> MetricQuery:
    day = 86_400_000_000
    return MetricQuery(
        measures=(Measure.COUNT,),
        start_time=from_micros(MICROS - day),
        end_time=from_micros(MICROS + day),
    )


def counted(store: ClickHouseStore) -> int:
    with store.connection() as client:
        return int(client.query("SELECT count() FROM spans").result_rows[0][0])


QUESTIONS: dict[str, Callable[[ClickHouseStore], Any]] = {
    "traces": lambda store: store.traces(PROJECT, TraceFilter(), Order.NEWEST, PageRequest()).items,
    "trace": lambda store: store.trace(PROJECT, "t"),
    "outline": lambda store: store.outline(PROJECT, "t"),
    "open trace": lambda store: store.open_trace(PROJECT, "t"),
    "stamp": lambda store: store.stamp(PROJECT, "t"),
    "spans": lambda store: store.spans(PROJECT, "t", PageRequest()),
    "found spans": lambda store: (
        store.find_spans(PROJECT, SpanFilter(), SpanOrder.NEWEST, PageRequest()).items
    ),
    "search": lambda store: store.search(PROJECT, TraceFilter(q="step"), PageRequest()).items,
    "export": lambda store: b"".join(
        store.export(PROJECT, Selection(traces=TraceFilter()), ExportForm.JSONL)
    ),
    "sql": lambda store: (
        b"a step" in store.sql(PROJECT, SqlQuestion(text="SELECT name FROM spans"))
    ),
    "connection": counted,
}


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_each_question_sees_what_was_accepted(store: ClickHouseStore, name: str) -> None:
    assert not QUESTIONS[name](store)
    insert(store, "t")
    assert QUESTIONS[name](store)


def test_what_is_new_arrives_at_once(store: ClickHouseStore) -> None:
    first = store.arrivals(PROJECT, ArrivalsRequest())
    insert(store, "t")
    found = store.arrivals(PROJECT, ArrivalsRequest(cursor=first.next_cursor))
    assert ["t"] == [span.trace_id for span in found.items]


def test_an_insert_that_failed_holds_no_arrivals_up(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    first = store.arrivals(PROJECT, ArrivalsRequest())
    with monkeypatch.context() as patch:
        patch.setattr(store._inserts._later, "add", full)
        with pytest.raises(StoreUnavailableError, match="No space left"):
            insert(store, "refused")
    insert(store, "t")
    found = store.arrivals(PROJECT, ArrivalsRequest(cursor=first.next_cursor))
    assert ["t"] == [span.trace_id for span in found.items]


def test_the_newest_version_is_seen_wherever_it_waits(store: ClickHouseStore) -> None:
    for name in ("first", "second"):
        insert(store, "t", name)
    spans = store.spans(PROJECT, "t", PageRequest())
    assert spans is not None
    assert 1 == len(spans.items)
    insert(store, "t", "third")
    found = store.search(PROJECT, TraceFilter(q="third first"), PageRequest())
    assert [] == found.items


def test_what_waits_is_deleted_with_the_others(tmp_path: Path, store: ClickHouseStore) -> None:
    for trace_id in ("gone", "kept"):
        insert(store, trace_id)
    store.deletions.ask(
        DeletionRequest(
            deletion_id="d", project_id=PROJECT, asked_at=MICROS + 1, trace_ids=("gone",)
        )
    )
    assert not holds_records(tmp_path / "journal")
    *_, (_, receipt) = store.deletions.carry_out()
    assert DeletionState.DONE == receipt.state
    insert(store, "gone")  # once more, as it was received before it was deleted
    assert 1 == counted(store)


def test_a_large_insert_does_not_wait(store: ClickHouseStore, tmp_path: Path) -> None:
    spans = tuple(span_record(trace_id="t", span_id=f"s{number}") for number in range(2_000))
    store.insert([SpanBatch(PROJECT, MICROS, spans)])
    assert not holds_records(tmp_path / "journal")


def test_one_of_few_large_spans_does_not_either(store: ClickHouseStore, tmp_path: Path) -> None:
    large = b'{"k":"' + b"x" * (5 << 20) + b'"}'
    span = span_record(trace_id="t", span_id="a", attributes=large)
    store.insert([SpanBatch(PROJECT, MICROS, (span,))])
    assert not holds_records(tmp_path / "journal")


def test_an_end_puts_away_what_waits(tmp_path: Path, store: ClickHouseStore) -> None:
    insert(store, "t")
    assert holds_records(tmp_path / "journal")
    store.close()
    assert not holds_records(tmp_path / "journal")


_KILLED = """
import os, signal, sys
from pathlib import Path
from prela_core.errors import StoreUnavailableError
from prela_core.io import later_inserts
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.model import SpanBatch
from prela_core.testing import span_record

later_inserts._AGE_SECONDS = 3600.0
store = open_embedded(Path(sys.argv[1]), inserts_later=True, retention_days=0)
for number in range(50):
    span = span_record(trace_id=f"t{number}", span_id="a")
    store.insert([SpanBatch("p", number + 1, (span,))])
    if number == 20:
        store.trace("p", "t20")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("inserts_later", [True, False])
def test_what_was_accepted_outlives_the_process(tmp_path: Path, *, inserts_later: bool) -> None:
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], timeout=120, check=False)
    assert -signal.SIGKILL == ended.returncode
    with closing(open_embedded(tmp_path, inserts_later=inserts_later, retention_days=0)) as store:
        assert 50 == counted(store)
    with closing(open_embedded(tmp_path, retention_days=0)) as store:
        assert 50 == counted(store)
    assert not holds_records(tmp_path / "journal")


def test_a_torn_journal_is_no_hindrance(tmp_path: Path) -> None:
    with closing(open_embedded(tmp_path, inserts_later=True, retention_days=0)) as store:
        insert(store, "t")
    (tmp_path / "journal" / "0").write_bytes(b"\0" * 4096)
    (tmp_path / "journal" / "1").write_bytes(b"\x50\0\0\0\x01\x02\x03\x04half")
    with closing(open_embedded(tmp_path, inserts_later=True, retention_days=0)) as store:
        insert(store, "u")
        assert 2 == counted(store)
    assert 2 == len(list((tmp_path / "journal").glob("torn-*")))


def test_a_record_that_holds_no_rows_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    journal = InsertJournal(tmp_path / "store" / "journal")
    journal.append(b"no rows")
    journal.close()
    with closing(open_embedded(tmp_path / "store", retention_days=0)) as store:
        assert 0 == counted(store)
    (aside,) = (tmp_path / "store" / "journal").glob("unreadable-*")
    assert b"no rows" == aside.read_bytes()


def test_who_comes_second_does_the_first_no_harm(tmp_path: Path, store: ClickHouseStore) -> None:
    insert(store, "t")
    with pytest.raises(StoreUnavailableError):
        open_embedded(tmp_path, inserts_later=True, retention_days=0)
    assert holds_records(tmp_path / "journal")
    insert(store, "u")
    assert 2 == counted(store)
