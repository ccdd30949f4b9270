from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from click.testing import Result

from prela_cli.asking import query_argument
from prela_core.ask import Subject, parse
from prela_core.store import Page, PageRequest, SpanFilter, SpanOrder, StoredSpan
from prela_core.testing.factories import stored_span, trace_detail

Run = Callable[..., Result]


def test_what_is_asked_reaches_the_store(run: Run, reader: Any) -> None:
    result = run(
        "spans", "type:tool", "status:error", "--since", "1d", "--order", "slowest", "--limit", "7"
    )

    assert result.exit_code == 0, result.output
    asked = parse("(type:tool status:error) since:1d", Subject.SPAN)
    assert reader.asked == [
        ("default", SpanFilter(where=asked), SpanOrder.SLOWEST, PageRequest(limit=7))
    ]


def test_each_span_is_a_line(run: Run, reader: Any) -> None:
    reader.details = [
        trace_detail(
            stored_span(span_id="a", name="answer", span_type="agent"),
            stored_span(
                span_id="b",
                name="search",
                span_type="tool",
                status="error",
                status_message="no\nanswer",
                parent_span_id="a",
            ),
            stored_span(
                span_id="c",
                name="chat",
                span_type="llm",
                status="pending",
                model="gpt-4o",
                input_tokens=1200,
                output_tokens=40,
                cost_usd=0.01,
            ),
        )
    ]
    reader.next_cursor = "more"
    heading, first, second, third, more = run("spans").output.splitlines()

    assert heading.split() == (
        [
            "trace",
            "type",
            "name",
            "service",
            "started",
            "time",
            "tokens",
            "cost",
            "model",
            "message",
        ]
    )
    assert "agent" in first
    assert "answer" in first
    assert "250 ms" in second
    assert "no" in second
    assert "running" in third
    assert "1.2k" in third
    assert "There are more: add --cursor more" == more


def test_json_is_the_page(run: Run, reader: Any) -> None:
    reader.details = [trace_detail(stored_span())]

    page = msgspec.json.decode(run("spans", "--json").stdout, type=Page[StoredSpan])
    assert reader.details[0].spans == page.items


def test_nothing_found_is_said(run: Run, reader: Any) -> None:
    assert "No spans match" in run("spans", "model:none").output
    assert "No more spans." in run("spans", "--cursor", "c").output


def test_figures_of_traces_are_none_of_spans(run: Run, reader: Any) -> None:
    result = run("spans", "errors>1")

    assert result.exit_code == 2
    assert "errors is of a trace as a whole" in result.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mod", ["model:"]),
        ("status:error dur", ["status:error duration:"]),
        ("(at", ["(attr."]),
        ("xyz", []),
    ],
)
def test_fields_are_completed(typed: str, offered: list[str]) -> None:
    @query_argument(Subject.TRACE)
    def command(asked: object) -> None: ...

    [argument] = command.__click_params__  # type: ignore[attr-defined]
    items = argument.shell_complete(None, typed)
    assert offered == [item.value for item in items]
