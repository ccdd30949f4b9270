from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from click.testing import Result

from prela_core.ask import Subject, parse
from prela_core.model import to_micros
from prela_core.store import Bucket, Dimension, Measure, MetricQuery, MetricTable
from prela_core.testing.factories import NOON, stored_span, trace_detail

Run = Callable[..., Result]

MICROS = to_micros(NOON)
HOUR = 3_600_000_000


def _calls() -> list[Any]:
    def call(span_id: str, hours_ago: int, model: str, **values: Any) -> Any:
        return stored_span(
            span_id=span_id,
            span_type="llm",
            model=model,
            started_at=NOON - timedelta(hours=hours_ago),
            input_tokens=1000,
            output_tokens=200,
            **values,
        )

    return [
        trace_detail(
            call("a", 1, "gpt-4o", cost_usd=0.5),
            call("b", 3, "gpt-4o", cost_usd=0.25, status="error", duration_ms=4000.0),
            call("c", 5, "claude\x1b[31m", cost_usd=0.125),
            stored_span(span_id="d", started_at=NOON - timedelta(hours=2)),
        )
    ]


def test_everything_asked_for_reaches_the_store(run: Run, reader: Any) -> None:
    result = run(
        *("stats", "--by", "model,tool", "--by", "type", "-m", "p95,tokens", "--order", "+cost"),
        *("--start", "2026-01-14", "--end", "2026-01-15", "--bucket", "Day", "--limit", "3"),
        *("--json", "type:llm", "duration>2s"),
    )

    assert result.exit_code == 0, result.output
    assert reader.asked == [
        (
            "default",
            MetricQuery(
                measures=(Measure.P95_DURATION, Measure.TOTAL_TOKENS, Measure.COST),
                by=(Dimension.MODEL, Dimension.TOOL, Dimension.SPAN_TYPE),
                bucket=Bucket.DAY,
                where=parse("type:llm duration>2s", Subject.SPAN),
                start_time=MICROS - 36 * HOUR,
                end_time=MICROS - 12 * HOUR,
                order=Measure.COST,
                descending=False,
                limit=3,
                with_other=True,
            ),
        )
    ]


def test_the_last_day_is_meant_where_no_time_is_given(run: Run, reader: Any) -> None:
    run("stats", "--json")
    run("stats", "--end", "2026-01-15", "--json")

    assert [(MICROS - 24 * HOUR, MICROS), (None, MICROS - 12 * HOUR)] == [
        (asked[1].start_time, asked[1].end_time) for asked in reader.asked
    ]


def test_what_begins_after_now_is_in_no_figure(run: Run, reader: Any) -> None:
    ahead = stored_span(trace_id="t2", started_at=NOON + timedelta(hours=1), model="ahead")
    reader.details = [*_calls(), trace_detail(ahead)]
    run("stats", "--by", "model", "--limit", "2")

    whole, series = (reader.metrics_of(asked) for _, asked in reader.asked)
    shown = [(tuple(row.group.items()), row.is_other) for row in whole.rows]
    assert shown == list(dict.fromkeys((tuple(r.group.items()), r.is_other) for r in series.rows))


@pytest.mark.parametrize(
    ("since", "bucket"),
    [("2h", "minute"), ("24h", "hour"), ("7d", "hour"), ("90d", "day"), ("99w", "week")],
)
def test_stretches_of_time_go_by_how_much_is_asked_for(
    run: Run, reader: Any, since: str, bucket: str
) -> None:
    reader.details = _calls()
    run("stats", "--since", since)

    assert bucket == reader.asked[1][1].bucket
    assert reader.asked[1][1].fill


def test_all_together_is_a_line_a_measure(run: Run, reader: Any) -> None:
    reader.details = _calls()
    lines = run("stats").output.splitlines()

    assert ["spans", "4"] == lines[0].split()[:2]
    assert ["failed", "25.0%"] == lines[1].split()[:2]
    assert ["p95", "4.0", "s"] == lines[3].split()[:3]
    assert ["tokens", "3.6k"] == lines[4].split()[:2]
    assert ["cost", "$0.8750"] == lines[5].split()[:2]
    assert lines[0].endswith("▁█▁███")
    assert "From 2026-01-14 12:00 UTC on, by hour." == lines[-1]


def test_groups_are_a_line_each_the_largest_first(run: Run, reader: Any) -> None:
    reader.details = _calls()
    lines = run("stats", "--by", "model", "--order", "cost").output.splitlines()

    assert ["model", "spans", "failed"] == lines[0].split()[:3]
    assert lines[1].startswith("gpt-4o  ")
    assert "$0.7500" in lines[1]
    assert lines[2].startswith("claude")
    assert "\x1b" not in "".join(lines)
    assert lines[3].startswith("(none)")


def test_what_is_left_out_is_one_more_line(run: Run, reader: Any) -> None:
    reader.details = _calls()
    lines = run("stats", "--by", "model", "--limit", "1").output.splitlines()

    assert lines[1].startswith("gpt-4o")
    assert lines[2].startswith("(all others)")


def test_json_is_the_answer_of_the_api(run: Run, reader: Any) -> None:
    reader.details = _calls()
    result = run("stats", "--by", "model", "-m", "cost", "--bucket", "hour", "--json")

    table = msgspec.json.decode(result.stdout, type=MetricTable)
    assert reader.metrics_of(reader.asked[0][1]) == table
    assert "hour" == table.bucket


def test_nothing_is_said_in_words(run: Run, reader: Any) -> None:
    assert "No spans began in that time" in run("stats").output
    assert "No spans began in that time" in run("stats", "--by", "model").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("--by", "flavour"),
        ("-m", "p42"),
        ("--order", "size"),
        ("status:(",),
        ("--since", "1h", "--start", "2026-01-01"),
        ("--start", "2026-01-02", "--end", "2026-01-01"),
    ],
)
def test_odd_words_are_a_wrong_command_line(
    run: Run, reader: Any, arguments: tuple[str, ...]
) -> None:
    result = run("stats", *arguments)

    assert result.exit_code == 2
    assert [] == reader.asked


def test_more_fields_than_can_be_grouped_by_are_refused(run: Run, reader: Any) -> None:
    result = run("stats", "--by", "model,tool,user,session")

    assert result.exit_code == 2
    assert "at most 3" in result.output
    assert [] == reader.asked
