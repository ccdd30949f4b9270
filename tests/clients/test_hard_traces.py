"""Traces that come in pieces, again, with wrong clocks, in thousands or in circles, over OTLP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.clients.conftest import Clients
from tests.conftest import NOW, Api, Server, moment, run_prela
from tests.otlp import as_json, otlp_request, otlp_span

from prela_core.model import new_trace_id

DAY = 86_400
MANY = 20_000


def _span(trace_id: str, parent: Span | None = None, **said: Any) -> Span:
    """Make a span of the first second, unless `start` and `end` say else."""
    start, end = said.pop("start", 0.0), said.pop("end", 1.0)
    return otlp_span(
        said.pop("attributes", {}),
        trace_id=trace_id,
        parent_span_id=parent.span_id.hex() if parent else "",
        start_time_unix_nano=_nanoseconds(start),
        end_time_unix_nano=_nanoseconds(end),
        **said,
    )


def _nanoseconds(seconds: float) -> int:
    micros = int(NOW.timestamp()) * 1_000_000 + NOW.microsecond + int(seconds * 1_000_000)
    return micros * 1000


def _export(api: Api, spans: Sequence[Span], service: str = "hard") -> None:
    """Send one request, all of whose spans must be taken."""
    body = as_json(otlp_request(*spans, resource={"service.name": service}, scope="tests"))
    response = api.post("/v1/otlp/v1/traces", body)
    assert response.status_code == 200, response.text
    assert response.json().get("partialSuccess", {}) == {}


def _family(trace_id: str) -> list[Span]:
    """Make a root, a tool that failed in it, and a model call in the tool."""
    failed = Status(code=Status.STATUS_CODE_ERROR, message="away")
    said = {
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
    }
    root = _span(trace_id, name="answer")
    tool = _span(trace_id, root, name="look up", start=0.1, end=0.9, status=failed)
    call = _span(trace_id, tool, name="chat", start=0.2, end=0.8, attributes=said)
    return [root, tool, call]


def _assert_whole(found: dict[str, Any], family: Sequence[Span]) -> None:
    assert found["span_count"] == 3
    assert [one.span_id.hex() for one in family] == [one["span_id"] for one in found["spans"]]
    assert [one.parent_span_id.hex() or None for one in family] == [
        one["parent_span_id"] for one in found["spans"]
    ]
    assert found["root_span_id"] == family[0].span_id.hex()
    assert (found["name"], found["service_name"]) == ("answer", "hard")
    assert (found["status"], found["error_count"]) == ("error", 1)
    assert (found["started_at"], found["completed_at"]) == (moment(0), moment(1))
    assert (found["input_tokens"], found["output_tokens"]) == (100, 10)
    assert pytest.approx((100 * 2.5 + 10 * 10) / 1e6) == found["cost_usd"]


def _child_first(family: list[Span]) -> Iterator[list[Span]]:
    yield from ([one] for one in reversed(family))


def _three_times(family: list[Span]) -> Iterator[list[Span]]:
    yield from itertools.repeat(family, 3)


def _growing_child_first(family: list[Span]) -> Iterator[list[Span]]:
    yield from (family[-count:] for count in (1, 2, 3, 3))


def _twice_in_one(family: list[Span]) -> Iterator[list[Span]]:
    yield [*reversed(family), *family]


@pytest.mark.parametrize(
    "requests", [_child_first, _three_times, _growing_child_first, _twice_in_one]
)
def test_a_trace_in_pieces_is_one_trace_and_counts_once(
    collector: Api, requests: Callable[[list[Span]], Iterator[list[Span]]]
) -> None:
    family = _family(new_trace_id())

    for spans in requests(family):
        _export(collector, spans)

    found = collector.trace(family[0].trace_id.hex(), spans=3)
    _assert_whole(found, family)
    rows = collector.walk("/api/v1/traces", service_name="hard", limit=100)
    (row,) = [row for row in rows if row["trace_id"] == found["trace_id"]]
    assert {name: found[name] for name in row} == row


@pytest.mark.parametrize("days", [-30, 30])
def test_the_clock_of_one_service_may_be_wrong_by_a_month(collector: Api, days: int) -> None:
    trace_id = new_trace_id()
    root = _span(trace_id, name="answer")
    away = _span(trace_id, root, name="away", start=days * DAY, end=days * DAY + 1)
    _export(collector, [away], "skewed")
    _export(collector, [root])

    found = collector.trace(trace_id, spans=2)

    assert found["span_count"] == 2
    assert found["root_span_id"] == root.span_id.hex()
    assert (found["name"], found["service_name"]) == ("answer", "hard")
    shown = {one["name"]: one for one in found["spans"]}
    assert (shown["answer"]["flags"], shown["away"]["flags"]) == ([], ["clock_skew"])
    assert shown["away"]["parent_span_id"] == root.span_id.hex()
    assert shown["away"]["started_at"] == moment(days * DAY)
    assert (shown["away"]["duration_ms"], shown["answer"]["duration_ms"]) == (1000.0, 1000.0)
    assert found["started_at"] == moment(min(0, days * DAY))
    since = moment(min(0, days * DAY) - 1)
    rows = collector.walk("/api/v1/traces", service_name="skewed", start_time=since)
    assert [row["trace_id"] for row in rows].count(trace_id) == 1


@pytest.mark.parametrize("size", [1, 30])
def test_parents_in_a_circle_are_shown_as_they_are_and_end(server: Server, size: int) -> None:
    trace_id = new_trace_id()
    circle = [_span(trace_id, name=f"step {at}", start=at / 1000) for at in range(size)]
    for one, parent in zip(circle, [circle[-1], *circle], strict=False):
        one.parent_span_id = parent.span_id
    _export(server.api, circle)

    found = server.api.trace(trace_id, spans=size)

    assert (found["span_count"], found["root_span_id"]) == (size, None)
    assert found["name"] == "step 0"
    assert [one.parent_span_id.hex() for one in circle] == [
        one["parent_span_id"] for one in found["spans"]
    ]
    drawn = run_prela("show", trace_id, "--data-dir", str(server.data_dir))
    assert drawn.returncode == 0, drawn.stderr
    _heading, _, tree = drawn.stdout.partition("\n")
    assert [1] * size == [tree.count(f"step {at} ") for at in range(size)]


@pytest.mark.slow
def test_twenty_thousand_spans_in_batches(collector: Api, clients: Clients) -> None:
    said = clients.run(
        "opentelemetry_many", {"url": clients.url, "key": clients.key, "spans": MANY}
    )

    found = collector.trace(said["trace_id"], spans=MANY)

    assert found["span_count"] == MANY
    assert found["root_span_id"] == said["ids"][0]
    assert found["status"] == "success"
    shown = {
        one["span_id"]: one["parent_span_id"]
        for one in collector.walk(f"/api/v1/traces/{said['trace_id']}/spans", limit=1000)
    }
    assert dict(zip(said["ids"], said["parents"], strict=True)) == shown
