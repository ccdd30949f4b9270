from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from prela_cli.render.traces_table import TracesTable, short_ids
from prela_core.store import Page, TraceSummary
from prela_core.testing.factories import NOON, trace_summary

Draw = Callable[..., list[str]]
LATER = NOON + timedelta(minutes=3)


def table(*rows: TraceSummary) -> TracesTable:
    return TracesTable(Page(items=list(rows)), LATER)


ROWS = (
    trace_summary(),
    trace_summary(
        trace_id="1" * 32,
        name="注文をキャンセルする",
        status="error",
        error_count=2,
        duration_ms=125_000.0,
        models=["gpt-4o", "claude-sonnet-5"],
    ),
    trace_summary(trace_id="2" * 32, status="pending", completed_at=None, name="nightly"),
)


def test_everything_is_there_when_there_is_room(draw: Draw) -> None:
    heading, first, second, third = draw(table(*ROWS), width=200)

    assert " ".join(heading.split()) == (
        "trace name service started time spans failed tokens cost models"
    )
    assert " ".join(first.split()) == (
        "✓ 0af7651916cd43dd8448eb211c80319c answer question shop-agent 3m ago 1.2 s 3 1.4k"
        " $0.0123 gpt-4o-mini"
    )
    assert second.split("  ")[0] == "✗"
    assert "2m 05s" in second
    assert "gpt-4o, claude-sonnet-5" in second
    assert "running" in third


def test_80_columns_keep_what_matters_most(draw: Draw) -> None:
    heading, *_ = draw(table(*ROWS))

    assert heading.split() == ["trace", "name", "started", "time", "failed", "tokens", "cost"]


def test_what_no_trace_has_takes_no_column(draw: Draw) -> None:
    row = trace_summary(input_tokens=0, output_tokens=0, cost_usd=0.0, models=[])

    assert draw(table(row), width=200)[0].split() == (
        ["trace", "name", "service", "started", "time", "spans"]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_text_of_strangers_stays_text(draw: Draw, encoding: str) -> None:
    bad = "\x1b[31m[red]\u202e\n\ud800日本"
    row = trace_summary(trace_id=bad, name=bad, service_name=bad, status=bad, models=[bad, bad])

    lines = draw(table(row), width=150, encoding=encoding)

    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert "[31m[red]" in lines[1]


@settings(deadline=None)
@given(
    st.integers(1, 250),
    st.lists(st.tuples(st.text(max_size=50), st.text(max_size=20), st.integers(0, 10**9))),
)
def test_every_line_fits_any_width(width: int, rows: list[tuple[Any, ...]]) -> None:
    page = [
        trace_summary(name=name, trace_id=ident, service_name=name, error_count=number)
        for name, ident, number in rows
    ]
    console = Console(width=width, color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(table(*page))
    lines = captured.get().split("\n")

    assert max(cell_len(line) for line in lines) <= width
    assert len(lines) == len(rows) + 2


def test_ids_are_cut_to_what_tells_them_apart() -> None:
    assert short_ids(["a" * 32, "b" * 32]) == ["a" * 8, "b" * 8]
    assert short_ids(["test-trace-123", "test-trace-124"]) == ["test-trace-123", "test-trace-124"]
    assert short_ids(["same" * 8, "same" * 8]) == ["samesame", "samesame"]
    assert short_ids(["x" * 50 + "1", "x" * 50 + "2"]) == ["x" * 50 + "1", "x" * 50 + "2"]
