from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import msgspec
import pytest
from click.testing import Result

from prela_core.analysis import TraceDiff
from prela_core.testing.factories import stored_span, trace_detail

Run = Callable[..., Result]

ROOT = stored_span(span_id="root", name="answer", span_type="agent", duration_ms=900)
CALL = stored_span(
    span_id="call",
    parent_span_id="root",
    span_type="llm",
    name="chat",
    output="Your refund was sent.",
    cost_usd=0.01,
)
STEPS = [stored_span(span_id=f"s{at}", parent_span_id="root", name=f"step {at}") for at in range(4)]
OLD = stored_span(span_id="old", parent_span_id="root", span_type="tool", name="look up")
NEW = stored_span(span_id="new", parent_span_id="call", span_type="tool", name="[bold]ask")


@pytest.fixture
def two(reader: Any) -> None:
    changed = attrs.evolve(CALL, output="Your refund was lost.", duration_ms=500, cost_usd=0.02)
    before = trace_detail(ROOT, CALL, *STEPS, OLD)
    after = trace_detail(ROOT, changed, *STEPS, NEW)
    reader.details = [
        attrs.evolve(before, trace_id="a" * 32),
        attrs.evolve(after, trace_id="b" * 32),
    ]


def test_what_differs_is_shown_below_what_it_belongs_to(run: Run, two: None) -> None:
    result = run("diff", "aaaa", "bbbb")

    assert 0 == result.exit_code
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[0].startswith("before ✓ answer")
    assert lines[1].endswith("b" * 32)
    assert "  1 added · 1 removed · 1 answered differently · 1 slower · 1 dearer" == lines[2]
    words = "answered differently, slower, dearer"
    assert [
        "  agent answer        900 ms",
        f"~   llm chat          250 ms → 500 ms  $0.0100 → $0.0200  {words}",
        "      - answered: Your refund was sent.",
        "      + answered: Your refund was lost.",
        "+     tool [bold]ask  250 ms",
        "-   tool look up      250 ms",
        "    … 4 spans are the same",
    ] == lines[4:]


def test_all_shows_what_is_the_same(run: Run, two: None) -> None:
    text = run("diff", "aaaa", "bbbb", "--all").stdout

    assert all(f"step {at}" in text for at in range(4))
    assert "the same" not in text


def test_the_same_trace_has_no_differences(run: Run, two: None) -> None:
    result = run("diff", "aaaa", "aaaa")

    assert 0 == result.exit_code
    assert 3 == len(result.stdout.splitlines())
    assert "no differences" in result.stdout


def test_json_is_the_diff_as_the_api_answers_it(run: Run, two: None) -> None:
    document = run("diff", "aaaa", "bbbb", "--json").stdout
    diff = msgspec.json.decode(document, type=TraceDiff)

    assert {"added": 1, "removed": 1, "answered": 1, "slower": 1, "dearer": 1} == diff.counts


@pytest.mark.parametrize("pair", [("nothing", "aaaa"), ("aaaa", "nothing")])
def test_an_unknown_trace_ends_with_3(run: Run, two: None, pair: tuple[str, str]) -> None:
    result = run("diff", *pair)

    assert 3 == result.exit_code
    assert "there is no trace nothing" in result.stderr
