from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prela_core.model import Span, SpanType, Status
from prela_core.testing.factories import NOON
from prela_core.text import trace_tree_text
from prela_core.text.plain import cells, cut

SECOND = timedelta(seconds=1)


def span(span_id: str, parent: str | None = None, **more: Any) -> Span:
    fields = {
        "trace_id": "t",
        "span_id": span_id,
        "parent_span_id": parent,
        "name": span_id,
        "started_at": NOON,
        "ended_at": NOON + SECOND,
        "status": Status.SUCCESS,
    }
    return Span(**(fields | more))


AGENT = [
    span("answer", span_type=SpanType.AGENT, service_name="shop"),
    span(
        "chat",
        "answer",
        span_type=None,
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.response.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 412,
            "gen_ai.usage.output_tokens": 90,
        },
    ),
    span(
        "search",
        "answer",
        span_type=SpanType.TOOL,
        status=Status.ERROR,
        status_message="ValueError: it\nbroke",
        ended_at=NOON + SECOND / 100_000,
    ),
    span("lost", "elsewhere", ended_at=None, status=Status.PENDING),
]


def test_a_trace_is_a_heading_and_a_line_for_each_span() -> None:
    assert [
        "✗ answer  failed · 1.0 s · 4 spans · 1 failed · tokens 412 in, 90 out · $0.0019",
        "  trace t · shop",
        "  agent answer         1.0 s",
        "  ├╴llm chat gpt-4o    1.0 s  502  $0.0019",
        "✗ └╴tool search        10 µs",
        "      ! ValueError: it broke",
        "◌ parent not received: elsewhere",
        "◌ └╴lost             running",
    ] == trace_tree_text(AGENT).splitlines()


def test_without_unicode_it_is_ascii() -> None:
    text = trace_tree_text([*AGENT, span("日本", "answer")], unicode=False)

    assert text.isascii()
    assert "x |-tool search" in text
    assert "10 us" in text


def test_colour_is_around_words_and_takes_no_room() -> None:
    plain = trace_tree_text(AGENT)
    coloured = trace_tree_text(AGENT, colour=True)

    assert "\x1b[" not in plain
    assert "\x1b[94mllm \x1b[0m" in coloured
    assert "\x1b[31m! ValueError: it broke\x1b[0m" in coloured


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_versions_the_complete_one_is_shown(order: int) -> None:
    going_on = span("a", ended_at=None, status=Status.PENDING)

    text = trace_tree_text([going_on, span("a")][::order])
    assert "succeeded · 1.0 s · 1 span" in text


def test_several_traces_stand_apart_and_what_no_server_takes_says_why() -> None:
    text = trace_tree_text([span("a"), span("b", trace_id="u"), span("")])

    first, second, third = text.split("\n\n")
    assert "trace t" in first
    assert "trace u" in second
    assert third == "! a span can't be shown: span_id is empty\n"


def test_nothing_is_no_text() -> None:
    assert "" == trace_tree_text([])


SPANS = st.lists(
    st.builds(
        span,
        st.text(min_size=1, max_size=4),
        st.none() | st.text(max_size=4),
        name=st.text(st.characters(codec=None), max_size=60),
        status=st.sampled_from(Status),
        status_message=st.none() | st.text(max_size=30),
        ended_at=st.none() | st.just(NOON + SECOND),
        attributes=st.dictionaries(
            st.sampled_from(["llm.model", "llm.input_tokens", "llm.cost_usd", "tool.name"]),
            st.none() | st.integers() | st.floats() | st.text(max_size=30),
        ),
    ),
    max_size=6,
)


@given(SPANS, st.integers(1, 120), unicode=st.booleans())
def test_any_spans_give_lines_of_the_width_that_hold_text_only(
    spans: list[Span], width: int, *, unicode: bool
) -> None:
    text = trace_tree_text(spans, width=width, unicode=unicode)

    assert unicode or text.isascii()
    for line in text.splitlines():
        assert cells(line) <= width
        assert line.replace("\u200c", "").replace("\u200d", "").isprintable()


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=40))
def test_text_is_cut_to_its_cells(text: str) -> None:
    for width in range(12):
        shown = cut(text, width, "…")
        assert cells(shown) <= width
        assert shown == text or shown.endswith("…") or width == 0


@pytest.mark.parametrize("text", ["plain", "日本語", "naïve", "e\u0301", "─├╴", "👍", "한국"])
def test_cells_are_what_a_terminal_shows(text: str) -> None:
    assert cell_len(text) == cells(text)
