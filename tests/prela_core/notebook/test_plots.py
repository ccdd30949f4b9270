from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from prela_core.errors import InvalidError
from prela_core.notebook import Spans, Table, Traces
from prela_core.testing import NOON, stored_span, trace_summary

LATER = NOON + timedelta(hours=1)


def drawn(chart: Any) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """Give the mark, the encodings and the rows of a chart, as Vega-Lite gets it."""
    document = chart.to_dict()
    (rows,) = document.get("datasets", {"": document["data"].get("values")}).values()
    return document["mark"]["type"], document["encoding"], rows


def test_traces_are_points_in_time_on_a_scale_that_shows_the_fast_and_the_slow() -> None:
    mark, encoding, rows = drawn(
        Traces(
            [
                trace_summary(duration_ms=0.0, trace_id="a"),
                trace_summary(duration_ms=90_000.0, status="error", started_at=LATER),
            ],
            now=LATER,
        ).plot()
    )
    assert ("circle", "log", "utc") == (
        mark,
        encoding["y"]["scale"]["type"],
        encoding["x"]["scale"]["type"],
    )
    assert [(0.001, "success"), (90_000.0, "error")] == [
        (row["duration"], row["status"]) for row in rows
    ]
    marks = encoding["y"]["axis"]["values"]
    assert marks[0] <= 0.001
    assert marks[-1] >= 90_000
    assert len(marks) < 20


def test_spans_have_the_colours_of_the_waterfall() -> None:
    _, encoding, rows = drawn(
        Spans([stored_span(span_type="tool"), stored_span(span_type="odd")], now=LATER).plot()
    )
    assert ["odd", "tool"] == encoding["color"]["scale"]["domain"]
    assert "#c2690a" == encoding["color"]["scale"]["range"][1]
    assert 2 == len(rows)


def test_nothing_is_drawn_of_nothing() -> None:
    assert ([], []) == (drawn(Traces(now=NOON).plot())[2], drawn(Spans(now=NOON).plot())[2])


def test_only_so_many_points_are_drawn() -> None:
    many = Traces([trace_summary()] * 5001, now=NOON)
    assert 5000 == len(drawn(many.plot())[2])


@pytest.fixture
def table() -> Table:
    return Table(
        pa.table(
            {
                "model": ["a", None, "a"],
                "service_name": ["x", "y", "x"],
                "count": [3, 4, 5],
                "cost_usd": [0.5, None, 0.1],
                "error_rate": [0.1, 0.0, 1.0],
            }
        )
    )


def test_groups_are_bars_of_the_first_numbers_or_those_that_are_named(table: Table) -> None:
    mark, encoding, rows = drawn(table.plot())
    assert ("bar", "count", "model, service name") == (
        mark,
        encoding["x"]["title"],
        encoding["y"]["title"],
    )
    assert [("a · x", 3), ("(none) · y", 4), ("a · x", 5)] == [
        (row["group"], row["value"]) for row in rows
    ]
    _, encoding, rows = drawn(table.plot("cost_usd"))
    assert ("cost", "$~f") == (encoding["x"]["title"], encoding["x"]["axis"]["format"])
    assert ".0%" == drawn(table.plot("error_rate"))[1]["x"]["axis"]["format"]


def test_what_is_no_number_can_not_be_drawn(table: Table) -> None:
    with pytest.raises(InvalidError, match="no column of numbers named model; there are count"):
        table.plot("model")
    with pytest.raises(InvalidError, match="there are none"):
        Table(pa.table({"name": ["a"]})).plot()


def test_what_has_moments_is_a_line_for_each_group() -> None:
    start = pa.array([NOON, LATER], pa.timestamp("us", tz="UTC"))
    table = Table(pa.table({"start": start, "model": ["a", "b"], "p95_ttft_ms": [1.5, 2.5]}))
    mark, encoding, rows = drawn(table.plot())
    assert ("line", "p95 ttft", "model") == (
        mark,
        encoding["y"]["title"],
        encoding["color"]["title"],
    )
    assert ["2026-01-15T12:00:00.000000Z", "2026-01-15T13:00:00.000000Z"] == [
        row["when"] for row in rows
    ]
    alone = Table(pa.table({"start": start, "count": [1, 2]}))
    assert "value" in drawn(alone.plot())[1]["color"]
