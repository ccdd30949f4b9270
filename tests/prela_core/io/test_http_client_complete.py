"""The client against the API's document: each operation has a method, which asks it as described.

The server's document is only read here; what answers gives the document's own example.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from prela_core.ask import Subject, parse
from prela_core.io.http_client import HttpClient
from prela_core.model import to_micros
from prela_core.store import (
    ArrivalsRequest,
    Bucket,
    DeletionRequest,
    Dimension,
    GroupQuery,
    Measure,
    MetricQuery,
    Order,
    PageRequest,
    SpanFilter,
    SpanOrder,
    TraceFilter,
)
from prela_core.store.export import ExportForm, Selection
from prela_core.store.groups import LISTS
from prela_core.store.sql.question import SqlQuestion
from prela_core.testing import NOON
from prela_server.deletion.documents import DeletionCount
from prela_server.docs.operation import Operation
from prela_server.docs.operations import operations
from prela_server.docs.samples import Samples

Call = Callable[[HttpClient], Any]

AT = to_micros(NOON)
PAGE = PageRequest(limit=7, cursor="c")
ID = "a/b"
TRACES = TraceFilter(
    service_name="a", status="error", span_type="llm", name="b", model="c", user_id="d",
    session_id="e", agent_name="f", environment="g", min_duration_ms=1.0, max_duration_ms=2.0,
    start_time=AT, end_time=AT, q="h", attributes=(("k", "v"),), where=parse("status:error"),
)  # fmt: skip
FOUND = TraceFilter(
    service_name="a", status="error", span_type="llm", name="b", model="c", user_id="d",
    session_id="e", agent_name="f", environment="g",
    start_time=AT, end_time=AT, q="h", attributes=(("k", "v"),), where=parse("status:error"),
)  # fmt: skip
SPANS = SpanFilter(where=parse("status:error", Subject.SPAN), start_time=AT, end_time=AT)
METRICS = MetricQuery(
    measures=(Measure.COUNT,), by=(Dimension.MODEL,), bucket=Bucket.HOUR, where=SPANS.where,
    start_time=AT,
    end_time=AT + 1, with_other=True, fill=True,
)  # fmt: skip


GONE = DeletionRequest(deletion_id="d", project_id="p", asked_at=AT, everything=True)


def exported(client: HttpClient, selection: Selection) -> Any:
    return msgspec.json.decode(b"".join(client.export("p", selection, ExportForm.JSONL)))


def groups(by: Dimension) -> Call:
    asked = GroupQuery(by=by, where=SPANS.where, start_time=AT, end_time=AT + 1)
    return lambda client: client.groups("p", asked, PAGE)


CALLS: dict[str, Call] = {
    "listTraces": lambda client: client.traces("p", TRACES, Order.NEWEST, PAGE),
    "getTrace": lambda client: client.trace("p", ID),
    "listSpans": lambda client: client.spans("p", ID, PAGE),
    "getCriticalPath": lambda client: client.critical_path("p", ID),
    "getGraph": lambda client: client.graph("p", ID),
    "diffTraces": lambda client: client.diff("p", ID, "c"),
    "listSessionTraces": lambda client: client.session("p", ID, PAGE),
    "search": lambda client: client.search("p", FOUND, PAGE),
    "findSpans": lambda client: client.find_spans("p", SPANS, SpanOrder.NEWEST, PAGE),
    "queryMetrics": lambda client: client.metrics("p", METRICS),
    "followSpans": lambda client: client.arrivals(
        "p", ArrivalsRequest(where=SPANS.where, cursor="c", limit=7)
    ),
    "askSql": lambda client: msgspec.json.decode(client.sql("p", SqlQuestion(text="SELECT 1"))),
    "exportTraces": lambda client: exported(client, Selection(traces=TRACES)),
    "exportSpans": lambda client: exported(client, Selection(spans=SPANS)),
    "deleteTrace": lambda client: client.deletions.trace(ID),
    "deleteTraces": lambda client: client.deletions.ask(GONE),
    "countDeletion": lambda client: DeletionCount.of(client.deletions.count(GONE)),
    "listDeletions": lambda client: client.deletions.all("p", PAGE),
    "getDeletion": lambda client: client.deletions.one("p", ID),
    "ready": lambda client: client.ping(),
    **{
        f"list{name.title()}": groups(by) for by, name in LISTS.items()
    },
    **{
        name: lambda client, path=path: client.send(path, b"{}", attempts=1)
        for name, path in {
            "sendTrace": "/v1/traces",
            "sendSpan": "/v1/spans",
            "sendBatch": "/v1/batch",
            "importSpans": "/v1/import",
            "sendOtlp": "/v1/otlp/v1/traces",
            "sendLangfuse": "/api/public/otel/v1/traces",
        }.items()
    },
}  # fmt: skip

ELSEWHERE = {
    "health": "says less than `ready`",
    "apiHealth": "likewise",
    **{
        f"{name}Metrics": "is `queryMetrics` with measures that are named here"
        for name in ("counts", "errors", "latency", "ttft", "tokens", "cost")
    },
}
"""Operations that no method is for, and why."""

EITHER = {"offset": "cursor", "since": "cursor"}
"""Parameters that can't be sent together with others."""

DESCRIBED = {each.name: each for each in operations(Samples())}


def test_every_operation_has_a_method() -> None:
    assert set(DESCRIBED) == set(CALLS) | set(ELSEWHERE)


@pytest.mark.parametrize("name", CALLS)
def test_the_method_asks_as_described_and_reads_the_answer(name: str) -> None:
    operation = DESCRIBED[name]
    given = msgspec.json.encode(operation.given)
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(operation.status, content=given)

    with HttpClient("http://prela.test", "key", transport=httpx.MockTransport(answer)) as client:
        found = CALLS[name](client)

    (request,) = asked
    assert operation.method == request.method
    assert _path(operation).fullmatch(request.url.raw_path.decode().partition("?")[0])
    assert "key" == request.headers["x-api-key"]
    if operation.method == "GET":
        assert _parameters(operation) == _sent(request) | {
            name for name, other in EITHER.items() if other in _sent(request)
        } & set(operation.query)
    if name != "ready":  # which says nothing but that it answers
        assert msgspec.json.decode(given) == msgspec.json.decode(msgspec.json.encode(found))


def _path(operation: Operation) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", re.escape("a%2Fb"), re.escape(operation.path)))


def _parameters(operation: Operation) -> set[str]:
    return {*operation.query, *(("attr.k",) if operation.attributes else ())}


def _sent(request: httpx.Request) -> set[str]:
    return set(request.url.params)
