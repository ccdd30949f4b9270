"""Measures are the same with cells, whatever is stored or deleted since they were computed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.measuring import DAY, HOUR, MICROS, varied_batches

from prela_core.errors import StoreUnavailableError
from prela_core.io.clickhouse_cells import ClickHouseCells, _runs
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch
from prela_core.store import (
    Bucket,
    DeletionRequest,
    Dimension,
    Measure,
    MetricQuery,
    ReindexScope,
    cells,
    metric_plan,
)
from prela_core.store.fragments import Query
from prela_core.testing import ManualClock, MemoryStore, span_record

LONG_AGO = -60 * DAY
"""As if all that is stored had ended long ago."""
SERVED = tuple(
    each for each in Measure if each not in {Measure.TRACES, Measure.USERS, Measure.SESSIONS}
)
QUESTIONS = (
    {},
    {"by": (Dimension.MODEL,)},
    {
        "by": (Dimension.SERVICE,),
        "bucket": Bucket.DAY,
        "start_time": MICROS - 3 * DAY - 1_234_567,
        "end_time": MICROS + 2 * DAY + 99,
    },
    {"by": (Dimension.NAME,), "bucket": Bucket.HOUR, "start_time": MICROS - DAY + 7, "limit": 2},
    {"bucket": Bucket.WEEK, "fill": True},
    {"start_time": MICROS - HOUR, "end_time": MICROS + HOUR, "bucket": Bucket.HOUR},
)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    data = tmp_path_factory.mktemp("cells")
    options: dict[str, Any] = {"retention_days": 0, "readers": 2, "clock": ManualClock().seconds}
    with closing(open_embedded(data, **options)) as opened:
        yield opened


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a list to which each answer from cells adds of how many hours those are."""
    counted: list[int] = []
    last = 0
    ask, answer = cells.of_cells, cells.points

    def of_cells(project_id: str, asked: MetricQuery, known: Any, *rest: Any) -> Any:
        nonlocal last
        last = len(known) or last
        return ask(project_id, asked, known, *rest)

    def points(*asked: Any) -> Any:
        found = yield from answer(*asked)
        if found is not None:
            counted.append(last)
        return found

    monkeypatch.setattr(cells, "of_cells", of_cells)
    monkeypatch.setattr(metric_plan, "points", points)
    return counted


class Both:
    """A project in the store and in the oracle."""

    def __init__(self, store: ClickHouseStore) -> None:
        self.project = f"project-{next(_numbers)}"
        self.store = store
        self.oracle = MemoryStore()
        self.asked_at = MICROS + 60 * DAY

    def insert(self, batches: list[SpanBatch]) -> None:
        for each in (self.oracle, self.store):
            each.insert(batches)

    def refresh(self) -> None:
        list(self.store.cells.refresh(quiet=LONG_AGO))

    def delete(self, **meant: Any) -> None:
        self.asked_at += 1
        for each in (self.oracle, self.store):
            request = DeletionRequest(
                deletion_id=f"d{next(_numbers)}",
                project_id=self.project,
                asked_at=self.asked_at,
                **meant,
            )
            each.deletions.ask(request)

    def carry_out(self) -> None:
        for each in (self.oracle, self.store):
            list(each.deletions.carry_out())

    def check(self, **asked: Any) -> None:
        query = MetricQuery(measures=SERVED, **asked)
        assert self.oracle.metrics(self.project, query) == self.store.metrics(self.project, query)

    def check_all(self) -> None:
        for asked in QUESTIONS:
            self.check(**asked)


def test_questions_are_answered_from_cells_until_something_changes(
    store: ClickHouseStore, used: list[int]
) -> None:
    both = Both(store)
    batches = varied_batches(both.project, traces=24)
    both.insert(batches[:-12])
    both.check_all()
    assert [] == used
    both.refresh()
    both.check_all()
    assert len(QUESTIONS) == len(used)
    assert sum(used) > 500
    before = used[:]
    used.clear()
    both.insert(batches[-12:-6])  # some of them late, repeated or moved
    both.check_all()
    assert len(QUESTIONS) == len(used)
    assert sum(used) < sum(before)
    both.refresh()
    both.insert(batches[-6:])
    both.check_all()


def test_what_is_deleted_counts_no_longer(store: ClickHouseStore, used: list[int]) -> None:
    both = Both(store)
    both.insert(varied_batches(both.project, traces=12))
    both.refresh()
    both.delete(trace_ids=("t0001", "t0004"))
    both.check()
    both.carry_out()
    both.check_all()
    both.refresh()
    used.clear()
    both.check_all()
    assert used
    there = "SELECT count() FROM cells WHERE project_id = {project:String}"
    ((hours,),) = ask(store, f"{there} AND dimension = 'hours'", both.project)
    assert hours
    both.delete(everything=True)
    both.carry_out()
    both.check_all()
    for sql in (there, there.replace("cells", "cell_traces")):
        assert [(0,)] == ask(store, sql, both.project)


def test_a_span_that_moved_within_its_day_leaves_its_hour(
    store: ClickHouseStore, used: list[int]
) -> None:
    both = Both(store)
    both.insert([SpanBatch(both.project, MICROS, [span_record(trace_id="a")])])
    both.refresh()
    moved = span_record(trace_id="a", started_at=MICROS + 2 * HOUR, duration_ms=5.0)
    both.insert([SpanBatch(both.project, MICROS + 1, [moved])])
    # So that the row of before is gone when the store is asked.
    with store.connection() as client:
        client.command("OPTIMIZE TABLE spans FINAL")
    asked: dict[str, Any] = {"start_time": MICROS - HOUR, "end_time": MICROS + 4 * HOUR}
    both.check(bucket=Bucket.HOUR, **asked)
    both.refresh()
    used.clear()
    both.check(bucket=Bucket.HOUR, **asked)
    assert [3] == used


def test_a_reindex_makes_cells_void(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch, used: list[int]
) -> None:
    both = Both(store)
    said = b'{"llm.model":"gpt-4o"}'
    with monkeypatch.context() as older:
        older.setattr("prela_core.store.rows._compiled", None)
        older.setattr("prela_core.store.rows.resolve", _without_model)
        both.store.insert(
            [SpanBatch(both.project, MICROS, [span_record(trace_id="a", attributes=said)])]
        )
        both.refresh()
    list(store.reindex(ReindexScope(project_id=both.project)))
    found = store.metrics(both.project, MetricQuery(by=(Dimension.MODEL,)))
    assert ["gpt-4o"] == [row.group["model"] for row in found.rows]
    assert [] == used


def test_hours_that_are_not_over_have_none(store: ClickHouseStore) -> None:
    both = Both(store)
    both.insert([SpanBatch(both.project, MICROS, [span_record(trace_id="a")])])
    for _ in store.cells.refresh():
        pass
    both.check()
    assert [] == ask(store, "SELECT 1 FROM cells WHERE project_id = {project:String}", both.project)


def test_few_rows_are_computed_at_once_and_many_in_turns() -> None:
    assert [(5, 70)] == list(_runs([5, 6, 70], {5: 1, 6: 1, 40: 9, 70: 1}))
    assert [(5, 6), (70, 70)] == list(_runs([5, 6, 70], {5: 1, 6: 1, 40: 90_000, 70: 1}))
    many = dict.fromkeys(range(72), 15_000)
    assert [(0, 32), (33, 65), (66, 71)] == list(_runs(range(72), many))
    assert [(0, 0), (1, 1), (2, 2)] == list(_runs(range(3), dict.fromkeys(range(3), 400_000)))
    assert [] == list(_runs([], many))


def test_what_fails_holds_up_no_other_project(store: ClickHouseStore) -> None:
    for project in ("a that fails", "b that is well"):
        store.insert([SpanBatch(project, MICROS, [span_record(trace_id="a")])])
    tried: list[str] = []

    def command(query: Query) -> None:
        if query.parameters["project"] == "a that fails" and "INSERT INTO cells" in query.sql:
            tried.append(query.sql)
            raise StoreUnavailableError("too much")
        store._asking.tend(query)

    kept = ClickHouseCells(
        store._asking.ask_long, command, store._settled, micros=store._micros, oldest=lambda: 0
    )
    done: set[str] = set()
    with pytest.raises(StoreUnavailableError):
        done.update(project for project, _ in kept.refresh(quiet=LONG_AGO))
    assert "a that fails" not in done
    assert 1 == len(tried)
    there = "SELECT count() > 0 FROM cells WHERE project_id = {project:String}"
    assert [(True,)] == ask(store, there, "b that is well")
    # It is left for a while.
    list(kept.refresh(quiet=LONG_AGO))
    assert 1 == len(tried)


_STEPS = st.lists(st.sampled_from(["store", "store", "refresh", "delete", "carry out"]), max_size=5)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_STEPS, seed=st.integers(0, 3))
def test_any_order_of_steps(store: ClickHouseStore, steps: list[str], seed: int) -> None:
    both = Both(store)
    batches = varied_batches(both.project, traces=2, seed=seed)
    parts = iter([batches[at::8] for at in range(8)])
    for number, step in enumerate(["store", "refresh", *steps]):
        match step:
            case "store":
                both.insert(next(parts))
            case "refresh":
                both.refresh()
            case "delete":
                both.delete(trace_ids=(f"t{number % 2:04d}",))
            case _:
                both.carry_out()
        both.check(by=(Dimension.SPAN_TYPE,), bucket=Bucket.DAY)


def _without_model(span: Any) -> Any:
    from prela_core.conventions import resolve  # noqa: PLC0415 - before it is replaced

    return attrs.evolve(resolve(span), model="")


def ask(store: ClickHouseStore, sql: str, project: str) -> Any:
    with store.connection() as client:
        return client.query(sql, parameters={"project": project}).result_rows
