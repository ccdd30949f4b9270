from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import Raw
from rich.cells import cell_len

from prela_cli.render.span_detail import SpanDetail
from prela_core.testing.factories import stored_span

Draw = Callable[..., list[str]]


def test_all_facts_attributes_and_events_are_there(draw: Draw) -> None:
    span = stored_span(
        span_type="tool",
        name="read_file",
        status="error",
        status_message="no such file",
        tool_name="read_file",
        input_tokens=1204,
        cost_usd=0.5,
        cost_source="sent",
        scores=Raw(b'[{"name":"fit","value":0.5},{"label":"pass"}]'),
        attributes=Raw(b'{"tool.input":"a.md","note":"two\\nlines"}'),
        events=Raw(b'[{"name":"exception","attributes":{"exception.type":"OSError"}}]'),
    )

    lines = [line.rstrip() for line in draw(SpanDetail(span))]

    assert lines[:2] == ["✗ tool read_file", "    no such file"]
    assert "duration     250 ms" in lines
    assert "tokens       1,204 in" in lines
    assert "cost         $0.5000 (sent)" in lines
    assert lines[-12:] == [
        "scores",
        '  fit  {"value":0.5}',
        '    {"label":"pass"}',
        "",
        "attributes",
        "  note",
        "    two",
        "    lines",
        "  tool.input  a.md",
        "",
        "events",
        '  exception  {"attributes":{"exception.type":"OSError"}}',
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_text_of_strangers_stays_text_and_is_folded(draw: Draw, encoding: str) -> None:
    bad = "\x1b[31m[red]x[/red]\u202e日本 " * 20
    span = stored_span(
        name=bad,
        status_message=bad,
        model=bad,
        attributes=Raw(rb'{"\u001b[1m":"\u001b]0;x\u0007\na"}'),
        events=Raw(b"[1, {}]"),
        links=Raw(b"not json"),
    )

    lines = draw(SpanDetail(span), encoding=encoding)

    assert all(line.isprintable() and cell_len(line) <= 80 for line in lines)
    assert sum(line.count("[red]") for line in lines) > 40
