"""Cells where a test opens a directory of its own: the engine has one at a time."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from tests.measuring import DAY, MICROS

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.model import SpanBatch
from prela_core.store import Dimension, MetricQuery, ReindexScope, migrations
from prela_core.testing import ManualClock, span_record


def test_an_hour_that_changes_again_is_computed_after_a_while(tmp_path: Path) -> None:
    clock = ManualClock()
    with closing(open_embedded(tmp_path, retention_days=0, clock=clock.seconds)) as store:
        for minutes, hours, trace_id in (
            (0, 0, "a"),
            (90, 1, "b"),
            (30, 0, None),  # it has just changed
            (15, 0, None),  # and it was computed three quarters of an hour ago
            (25, 1, None),
        ):
            clock.advance(60 * minutes)
            assert hours == sum(each for _, each in store.cells.refresh()), minutes
            if trace_id is not None:
                store.insert([SpanBatch("p", MICROS, [span_record(trace_id=trace_id)])])
        (row,) = store.metrics("p", MetricQuery()).rows
        assert 2 == row.values["count"]


def test_a_schema_without_cells_is_read_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = migrations.migrations
    with monkeypatch.context() as older:
        older.setattr(
            migrations,
            "migrations",
            lambda durability="": [each for each in steps(durability) if "cell" not in each.name],
        )
        store = open_embedded(tmp_path, retention_days=None)
    # Whoever only reads has not brought the schema up, and looks whether it has cells.
    store._cells_are_there = False
    with closing(store):
        store.insert([SpanBatch("p", MICROS, [span_record(trace_id="a")])])
        asked = MetricQuery(by=(Dimension.MODEL,))
        found = store.metrics("p", asked)
        assert 1 == found.rows[0].values["count"]
        list(store.reindex(ReindexScope(project_id="p")))
        # Then the schema is brought up, by whomever.
        store.migrate()
        list(store.cells.refresh(quiet=-60 * DAY))
        assert (1, 1) == store.cells.progress()
        assert found == store.metrics("p", asked)
