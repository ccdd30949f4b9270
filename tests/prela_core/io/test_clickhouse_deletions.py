"""What deleting from ClickHouse holds beyond the store's contract: crashes, letters, the disk."""

from __future__ import annotations

import asyncio
import math
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.conftest import await_that

from prela_core.bus.letters import DeadLetter, letters_of
from prela_core.bus.records import decode
from prela_core.errors import InvalidError
from prela_core.io import clickhouse_inserts, clickhouse_tombstones
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_statements import put
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch, to_micros
from prela_core.store import DeletionRequest, DeletionState, ReindexScope
from prela_core.store.deletion_queries import TABLES
from prela_core.testing import NOON, ManualClock, span_record

MICROS = to_micros(NOON)
RECENT = time.time_ns() // 1000  # letters are not kept for ever

_KILLED = """
import os, signal, sys
from pathlib import Path
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.model import SpanBatch
from prela_core.store import DeletionRequest
from prela_core.testing import span_record

directory, name, state = sys.argv[1:]
store = open_embedded(Path(directory), retention_days=0)
store.insert([SpanBatch("p", 1, [span_record(trace_id=name), span_record(trace_id="kept")])])
store.deletions.ask(
    DeletionRequest(deletion_id=name, project_id="p", asked_at=2, trace_ids=(name,))
)
if state == "waiting":
    os.kill(os.getpid(), signal.SIGKILL)
for _, receipt in store.deletions.carry_out():
    if receipt.deletion_id == name and receipt.state == state:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    data = tmp_path_factory.mktemp("deletions")
    with closing(open_embedded(data, retention_days=0, readers=1)) as opened:
        yield opened


def ask(store: ClickHouseStore, sql: str) -> Any:
    with store.connection() as client:
        return client.query(sql).result_rows


def delete(store: ClickHouseStore, project: str, *trace_ids: str, at: int = MICROS + 1) -> None:
    store.deletions.ask(
        DeletionRequest(
            deletion_id=f"d-{project}", project_id=project, asked_at=at, trace_ids=trace_ids
        )
    )


def carry_out(store: ClickHouseStore) -> list[DeletionState]:
    return list(dict.fromkeys(receipt.state for _, receipt in store.deletions.carry_out()))


def test_it_goes_on_after_it_was_killed_in_any_state(tmp_path: Path) -> None:
    states = ["waiting", "deleting", "erasing"]
    for state in states:
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, tmp_path, f"in {state}", state],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert -signal.SIGKILL == done.returncode, done.stderr
    with closing(open_embedded(tmp_path, retention_days=0, readers=1)) as store:
        carry_out(store)
        for state in states:
            receipt = store.deletions.one("p", f"in {state}")
            assert receipt is not None
            # The last one was killed before, and the others while the next was carried out.
            assert (DeletionState.DONE, 1, 1) == (receipt.state, receipt.traces, receipt.spans)
            assert store.trace("p", f"in {state}") is None
        assert store.trace("p", "kept") is not None


def test_as_many_parts_are_taken_at_once_as_on_a_server(store: ClickHouseStore) -> None:
    """The engine's own four of each look for work made sixty parts take eight seconds."""
    named = {"background_pool_size", "background_merges_mutations_concurrency_ratio"}
    settings = dict(ask(store, "SELECT name, value FROM system.server_settings"))
    assert 32 == math.prod(float(settings[each]) for each in named)


def test_every_table_that_holds_something_of_a_trace_is_known(store: ClickHouseStore) -> None:
    found = ask(
        store,
        "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase()"
        " AND name IN ('trace_id', 'trace_hash') AND table NOT IN"
        " (SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND engine = 'View')",
    )
    assert {table for (table,) in found} == {*TABLES, "deleted_traces", "cell_traces"}


def test_nothing_is_left_on_the_disk_when_it_is_done(store: ClickHouseStore) -> None:
    batch = SpanBatch("disk", MICROS, [span_record(trace_id="a"), span_record(trace_id="b")])
    store.insert([batch])
    delete(store, "disk", "a")
    carry_out(store)
    left = "SELECT trace_id FROM spans WHERE project_id = 'disk' SETTINGS apply_deleted_mask = 0"
    assert [("b",)] == ask(store, left)


def test_a_reindex_in_the_middle_brings_nothing_back(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = b'{"llm.model":"gpt-4o"}'
    with monkeypatch.context() as older:
        older.setattr("prela_core.store.rows._compiled", None)
        older.setattr("prela_core.store.rows.resolve", _without_model)
        spans = [span_record(trace_id=each, attributes=said) for each in ("a", "b")]
        store.insert([SpanBatch("again", MICROS, spans)])
    written = store.reindex(ReindexScope(project_id="again"))
    write = store._tombstones.kept

    def deleted_meanwhile(rows: Any, asking: Any) -> Any:
        monkeypatch.undo()
        # As another process would: this one can't while it writes.
        store._tombstones.learn("again", MICROS + 1)
        return write(rows, asking)

    delete(store, "again", "a")
    carry_out(store)
    monkeypatch.setattr(store._tombstones, "kept", deleted_meanwhile)
    for _ in written:
        pass
    assert store.trace("again", "a") is None
    kept = store.trace("again", "b")
    assert kept is not None
    assert "gpt-4o" == kept.spans[0].model


def _without_model(span: Any) -> Any:
    from prela_core.conventions import resolve  # noqa: PLC0415 - before it is replaced

    return attrs.evolve(resolve(span), model="")


def test_a_deletion_waits_for_the_inserts_that_have_not_heard_of_it(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, may_go_on = threading.Event(), threading.Event()
    told: list[str] = []

    def slow(*given: Any) -> None:
        under_way.set()
        assert may_go_on.wait(20)
        put(*given)
        told.append("stored")

    def learn(*given: Any) -> None:
        told.append("learned")
        learned(*given)

    learned = store._tombstones.learn
    monkeypatch.setattr(clickhouse_inserts, "put", slow)
    monkeypatch.setattr(store._tombstones, "learn", learn)
    batch = SpanBatch("busy", MICROS, [span_record(trace_id="a")])
    with ThreadPoolExecutor(2) as pool:
        storing = pool.submit(store.insert, [batch])
        assert under_way.wait(20)
        deleting = pool.submit(delete, store, "busy", "a")
        await_that(store._asking.connections._to_be_alone.locked, "the deletion asks to be alone")
        may_go_on.set()
        storing.result(20)
        deleting.result(20)
    assert ["stored", "learned"] == told
    carry_out(store)
    assert store.trace("busy", "a") is None


def test_what_a_worker_inserts_that_does_not_know_is_found_before_it_is_done(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clickhouse_tombstones, "KNOWN_SECONDS", 3600.0)
    clock = ManualClock()
    connect = store._asking.connections._connect
    with (
        closing(ClickHouseStore(connect, retention_days=0, readers=1)) as worker,
        closing(
            ClickHouseStore(
                connect,
                retention_days=0,
                readers=1,
                clock=clock.seconds,
                settle_seconds=120,
            )
        ) as api,
    ):
        batch = SpanBatch("late", MICROS, [span_record(trace_id="a"), span_record(trace_id="b")])
        worker.insert([batch])
        delete(api, "late", "a")
        assert [DeletionState.DELETING, DeletionState.SETTLING] == carry_out(api)
        assert api.trace("late", "a") is None
        worker.insert([batch])  # it was on its way
        assert api.trace("late", "a") is not None
        assert [] == carry_out(api)
        clock.sleep(121)
        assert [DeletionState.DELETING, DeletionState.SETTLING] == carry_out(api)
        assert api.trace("late", "a") is None
        clock.sleep(121)
        assert [DeletionState.ERASING, DeletionState.DONE] == carry_out(api)
        receipt = api.deletions.one("late", "d-late")
        assert receipt is not None
        assert {"spans": 2} == receipt.rows
        assert api.trace("late", "b") is not None


def letters(project: str, *trace_ids: str) -> list[DeadLetter]:
    batch = SpanBatch(project, MICROS, [span_record(trace_id=each) for each in trace_ids])
    return letters_of(batch, InvalidError("odd"), RECENT)


def held(store: ClickHouseStore, project: str) -> list[list[str]]:
    batches = [decode(each.letter.record) for each in store.letters.letters(replayed=True)]
    return sorted(
        [span.trace_id for span in batch.spans] for batch in batches if batch.project_id == project
    )


def test_letters_lose_what_was_deleted_and_keep_the_rest(store: ClickHouseStore) -> None:
    own = [*letters("post", "a"), *letters("post", "a", "b"), *letters("post", "c")]
    asyncio.run(store.letters.bury([*own, *letters("others", "a")]))
    store.insert([SpanBatch("post", MICROS, [span_record(trace_id="a")])])
    delete(store, "post", "a")
    carry_out(store)
    assert [["b"], ["c"]] == held(store, "post")
    assert [["a"]] == held(store, "others")
    receipt = store.deletions.one("post", "d-post")
    assert receipt is not None
    assert {"spans": 1, "dead_letters": 2} == receipt.rows


def test_a_letter_that_is_replayed_later_stores_nothing_of_it(store: ClickHouseStore) -> None:
    delete(store, "replay", "a")
    carry_out(store)
    asyncio.run(store.letters.bury(letters("replay", "a", "b")))
    assert all(each.is_replayed for each in store.letters.replay())
    assert store.trace("replay", "a") is None
    assert store.trace("replay", "b") is not None


def test_a_letter_that_cannot_be_read_goes_with_the_trace_it_is_named_after(
    store: ClickHouseStore,
) -> None:
    broken = [
        attrs.evolve(each, record=attrs.evolve(each.record, value=b"\xff"))
        for trace in ("x", "y")
        for each in letters("broken", trace)
    ]
    asyncio.run(store.letters.bury(broken))
    delete(store, "broken", "x")
    carry_out(store)
    left = [
        each.letter.record.key
        for each in store.letters.letters()
        if dict(each.letter.record.headers)["project_id"] == b"broken"
    ]
    assert [b"y"] == left


def test_a_store_at_rest_carries_out_deletions(store: ClickHouseStore) -> None:
    store.insert([SpanBatch("rest", MICROS, [span_record(trace_id="a")])])
    store.rest()
    delete(store, "rest", "a")
    assert DeletionState.DONE in carry_out(store)
    assert store.trace("rest", "a") is None
