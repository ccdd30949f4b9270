from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from rich.cells import cell_len
from rich.console import Console

from prela_cli.render.trace_tree import TraceTree
from prela_core.store import StoredSpan
from prela_core.testing.factories import NOON, stored_span, trace_detail

Draw = Callable[..., list[str]]
LATER = NOON + timedelta(minutes=3)


def step(span_id: str, parent: str | None, at_ms: float, ms: float, **rest: Any) -> StoredSpan:
    rest.setdefault("name", span_id)
    return stored_span(
        span_id=span_id,
        parent_span_id=parent,
        started_at=NOON + timedelta(milliseconds=at_ms),
        duration_ms=ms,
        **rest,
    )


def tree(*spans: StoredSpan, **options: Any) -> TraceTree:
    return TraceTree(trace_detail(*spans), LATER, **options)


AGENT = (
    step("root", None, 0, 1000, name="answer", span_type="agent"),
    step("plan", "root", 0, 500, span_type="llm", model="gpt-4o", input_tokens=400),
    step(
        "read",
        "root",
        500,
        250,
        span_type="tool",
        status="error",
        status_message="FileNotFoundError: docs/a.md",
    ),
    step("write", "root", 750, 250, span_type="llm", output_tokens=1300, cost_usd=0.0123),
)


def test_a_whole_trace_at_80_columns(draw: Draw) -> None:
    assert draw(tree(*AGENT)) == [
        "✗ answer  failed · 1.0 s · 3m ago",
        "  trace 0af7651916cd43dd8448eb211c80319c  started 2026-01-15 12:00:00.000Z",
        "  shop-agent · 4 spans · 1 failed · tokens 400 in, 1,300 out · $0.0123 · gpt-4o",
        "",
        "                    0              500 ms           1.0 s    time tokens    cost",
        "  agent answer      ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━   1.0 s",
        "  ├╴llm plan gpt-4o ━━━━━━━━━━━━━━━━━━╸                    500 ms    400",
        "✗ ├╴tool read                         ╺━━━━━━━━━           250 ms",
        "  │   ! FileNotFoundError: docs/a.md",
        "  └╴llm write                                  ╺━━━━━━━━━  250 ms   1.3k $0.0123",
    ]


def test_bars_stand_where_their_spans_ran(draw: Draw) -> None:
    bars = [line[20:62] for line in draw(tree(*AGENT), encoding="ascii")[5:] if "!" not in line]
    starts = [bar.index("=") for bar in bars]
    lengths = [bar.count("=") for bar in bars]
    whole = lengths[0]

    assert [starts[0]] * 2 == starts[:2]
    assert starts[1] + lengths[1] == pytest.approx(starts[2], abs=1)
    assert starts[2] + lengths[2] == pytest.approx(starts[3], abs=1)
    assert starts[3] + lengths[3] == starts[0] + whole
    assert lengths[1] == pytest.approx(whole / 2, abs=1)


def test_a_span_that_runs_is_open_to_the_right(draw: Draw) -> None:
    lines = draw(tree(step("a", None, 0, 10), step("b", None, 5, 0, status="pending")))

    assert "┄" in lines[-1]
    assert lines[-1].startswith("◌ ")
    assert lines[-1].endswith("running")


def test_spans_whose_parent_is_missing_stand_under_a_note(draw: Draw) -> None:
    lines = draw(tree(step("a", "gone", 0, 1), step("b", "a", 0, 1), step("c", "gone", 0, 1)))

    assert lines[5] == "◌ parent not received: gone"
    assert [line.split("━")[0].rstrip() for line in lines[6:]] == [
        "  ├╴a",
        "  │ └╴b",
        "  └╴c",
    ]


def test_a_long_message_takes_two_lines(draw: Draw) -> None:
    message = "ValueError: " + "the answer was not what the tool expected " * 9
    lines = draw(
        tree(step("a", None, 0, 1), step("b", "a", 0, 1, status="error", status_message=message))
    )

    assert lines[-2].startswith("      ! ValueError: the answer")
    assert lines[-1].startswith("        ")
    assert lines[-1].endswith("…")
    assert len(lines) == 9


def test_circles_end_and_are_named(draw: Draw) -> None:
    lines = draw(
        tree(
            step("a", "b", 0, 1),
            step("b", "a", 1, 1),
            step("self", "self", 2, 1, flags=["self_parent", "clock_skew"]),
        )
    )

    assert [line[:56].rstrip() for line in lines[5:] if "!" in line] == [
        "  │ ! its parents form a circle, which was cut here",
        "    ! names itself as its parent",
        "    ! flagged: clock skew",
    ]


def test_attributes_are_shown_when_asked_for(draw: Draw) -> None:
    span = step("a", None, 0, 1, attributes=Raw(b'{"user.id":"u-1","n":{"b":[1]}}'))

    assert "    user.id = u-1" not in draw(tree(span))
    assert draw(tree(span, attributes=True))[-2:] == ['    n = {"b":[1]}', "    user.id = u-1"]


def test_a_shortened_trace_says_so(draw: Draw) -> None:
    trace = trace_detail(step("a", None, 0, 1), span_count=70_000)

    assert draw(TraceTree(trace, LATER))[-1] == "The first 1 of 70,000 spans are shown."


def test_a_trace_without_spans_has_its_header_only(draw: Draw) -> None:
    assert len(draw(TraceTree(trace_detail(spans=[], span_count=0), LATER))) == 3


HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x1b]8;;http://evil\x07click\x1b]8;;\x07",
    "[bold red]markup[/] [link=http://x]y[/link] :boom:",
    "[/]",
    "line\nbreak\r\x08\x00",
    "\x9b1A",
    "\u202egnp.exe",
    "\ud800",
    "日本語の名前" * 30,
    "👩‍👩‍👧‍👦" * 40,
    "e\u0301\u0301\u0301" * 50,
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("width", [20, 80])
def test_text_of_strangers_stays_text(draw: Draw, text: str, encoding: str, width: int) -> None:
    picture = tree(
        step(
            "a",
            text,
            0,
            1,
            name=text,
            model=text,
            status="error",
            status_message=text,
            flags=[text],
            service_name=text,
            trace_id=text,
        ),
        attributes=True,
    )

    lines = draw(picture, width, encoding)

    assert all(line.isprintable() or "\u200d" in line for line in lines)
    assert all(cell_len(line) <= width for line in lines)


def test_markup_is_shown_as_written(draw: Draw) -> None:
    assert "[bold]x[/bold]" in "".join(draw(tree(step("a", None, 0, 1, name="[bold]x[/bold]"))))


def test_colour_changes_no_character(draw: Draw) -> None:
    plain, coloured = draw(tree(*AGENT)), draw(tree(*AGENT), colour=True)

    assert "\x1b[" in "".join(coloured)
    console = Console(width=80)
    assert plain == [console.render_str("").from_ansi(line).plain for line in coloured]


@settings(deadline=None)
@given(st.integers(1, 200), st.data())
def test_every_line_fits_any_width(width: int, data: st.DataObject) -> None:
    ids = [str(at) for at in range(data.draw(st.integers(1, 12)))]
    spans = [
        step(
            one,
            data.draw(st.sampled_from([None, "gone", *ids])),
            data.draw(st.floats(0, 1e6)),
            data.draw(st.floats(-10, 1e6)),
            name=data.draw(st.text(max_size=40)),
            status=data.draw(st.sampled_from(["success", "error", "pending"])),
            span_type=data.draw(st.sampled_from(["llm", "custom", "evaluator"])),
            input_tokens=data.draw(st.none() | st.integers(0, 10**9)),
            cost_usd=data.draw(st.none() | st.floats(0, 1e5)),
        )
        for one in ids
    ]
    console = Console(width=width, color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(tree(*spans, attributes=True))
    lines = captured.get().split("\n")

    assert max(cell_len(line) for line in lines) <= width


def test_a_deep_chain_is_drawn_and_says_how_deep_it_is(draw: Draw) -> None:
    spans = [step(f"s{at:05}", f"s{at - 1:05}" if at else None, at, 1) for at in range(20_000)]

    lines = draw(tree(*spans))

    assert len(lines) == 5 + 20_000
    assert lines[-1].split("└╴")[0].strip() == "+19988"
    assert "s19999" in lines[-1]
