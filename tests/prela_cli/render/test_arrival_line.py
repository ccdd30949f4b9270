from __future__ import annotations

from collections.abc import Callable

from prela_cli.render.arrival_line import ArrivalLine
from prela_core.testing import stored_span

Draw = Callable[..., list[str]]


def test_a_line_tells_what_it_was_and_a_failure_why(draw: Draw) -> None:
    failed = stored_span(
        name="look\x1b[31mup", span_type="tool", status="error", status_message="no answer",
        input_tokens=1200, output_tokens=34, cost_usd=0.01, model="gpt-4o",
    )  # fmt: skip

    assert [
        (
            "12:00:01.000 ✗ tool        250 ms  look�[31mup  gpt-4o  1.2k in, 34 out  $0.0100  "
            "shop-agent  0af76519"
        ),
        "               no answer",
    ] == draw(ArrivalLine(failed), 120)


def test_lines_fit_the_terminal(draw: Draw) -> None:
    failed = stored_span(status="error", status_message="a long reason " * 9)

    assert all(len(line) <= 30 for line in draw(ArrivalLine(failed), 30, "ascii"))


def test_a_span_that_runs_has_no_duration(draw: Draw) -> None:
    (line,) = draw(ArrivalLine(stored_span(status="pending", ended_at=None, duration_ms=0.0)))

    assert "ms" not in line
