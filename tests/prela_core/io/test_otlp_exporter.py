from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import attrs
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.served import listening

from prela_core.errors import (
    InputError,
    InvalidError,
    MalformedError,
    PrelaError,
    SettingsError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)
from prela_core.io.otlp_exporter import OtlpExporter
from prela_core.model import Span, SpanType
from prela_core.testing.factories import NOON

SPAN = Span(
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
    name="chat",
    span_type=SpanType.LLM,
    service_name="shop",
    started_at=NOON,
    ended_at=NOON + timedelta(seconds=1),
)
VARIABLES = ("ENDPOINT", "TRACES_ENDPOINT", "HEADERS", "TRACES_HEADERS", "PROTOCOL")


@attrs.define
class Collector:
    """Answers what it is told to, the last answer for good, and keeps what was sent."""

    url: str = ""
    answers: list[tuple[int, bytes, dict[str, str]]] = attrs.field(factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = attrs.field(factory=list)
    pauses: list[float] = attrs.field(factory=list)
    most: int = 10_000_000

    def exporter(self, **options: Any) -> OtlpExporter:
        return OtlpExporter(self.url, sleep=self.pauses.append, **options)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.requests.append((request.url.path, dict(request.headers), body))
        if len(body) > self.most:
            return Response(status_code=413)
        status, content, headers = (
            self.answers.pop(0) if len(self.answers) > 1 else [*self.answers, (200, b"{}", {})][0]
        )
        return Response(content, status, headers)


@pytest.fixture
def collector() -> Iterator[Collector]:
    one = Collector()
    app = Starlette(routes=[Route("/{path:path}", one.take, methods=["POST"])])
    with listening(app) as url:
        one.url = url
        yield one


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)


def test_spans_go_as_gzipped_json_below_the_endpoint(collector: Collector) -> None:
    with closing(collector.exporter(headers={"X-Team": "blue"})) as export:
        export([SPAN])

    [(path, headers, body)] = collector.requests
    assert ("/v1/traces", "application/json", "gzip", "blue") == (
        path,
        headers["content-type"],
        headers["content-encoding"],
        headers["x-team"],
    )
    [resource] = json.loads(body)["resourceSpans"]
    assert SPAN.span_id == resource["scopeSpans"][0]["spans"][0]["spanId"]


def test_and_as_protobuf_where_that_is_asked_for(collector: Collector) -> None:
    with closing(collector.exporter(encoding="protobuf", compress=False)) as export:
        export([SPAN, attrs.evolve(SPAN, service_name="bank")])

    [(_, headers, body)] = collector.requests
    assert "application/x-protobuf" == headers["content-type"]
    assert "content-encoding" not in headers
    request = ExportTraceServiceRequest.FromString(body)
    services = [each.resource.attributes[0].value.string_value for each in request.resource_spans]
    assert ["shop", "bank"] == services


def test_the_environment_says_where_and_what_with(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{collector.url}/base/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-One=a%20b, x-two = 2=2 ,")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-two=3")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    with closing(OtlpExporter()) as export:
        export([SPAN])
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/exactly")
    with closing(OtlpExporter(headers={"x-two": "own"})) as export:
        export([SPAN])
    with closing(OtlpExporter(collector.url)) as export:
        export([SPAN])

    said = [(path, sent.get("x-one"), sent.get("x-two")) for path, sent, _ in collector.requests]
    assert [
        ("/base/v1/traces", "a b", "3"),
        ("/exactly", "a b", "own"),
        ("/v1/traces", None, None),
    ] == said
    assert "application/x-protobuf" == collector.requests[0][1]["content-type"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_the_protocol_calls_retryable_is_tried_again(
    collector: Collector, status: int
) -> None:
    collector.answers = [(status, b"", {"Retry-After": "2"}), (status, b"", {}), (200, b"", {})]
    with closing(collector.exporter()) as export:
        export([SPAN])

    assert ([2, 0.2], 1) == (collector.pauses, len({body for *_, body in collector.requests}))


def test_one_attempt_leaves_it_to_the_caller(collector: Collector) -> None:
    collector.answers = [(503, b'{"message": "busy"}', {"Retry-After": "7"})]
    with (
        closing(collector.exporter(attempts=1)) as export,
        pytest.raises(UnavailableError, match="busy") as caught,
    ):
        export([SPAN])

    assert (7, 1) == (caught.value.retry_after, len(collector.requests))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, MalformedError),
        (401, UnauthenticatedError),
        (408, PrelaError),
        (422, InvalidError),
        (418, InputError),
        (500, PrelaError),
        (501, PrelaError),
    ],
)
def test_any_other_failure_is_final(
    collector: Collector, status: int, kind: type[PrelaError]
) -> None:
    collector.answers = [(status, b'{"code": 3, "message": "why it was"}', {})]
    with (
        closing(collector.exporter()) as export,
        pytest.raises(PrelaError, match="why it was") as caught,
    ):
        export([SPAN])

    assert (kind, 1) == (type(caught.value), len(collector.requests))


def test_a_redirect_says_where_to(collector: Collector) -> None:
    collector.answers = [(307, b"", {"Location": "https://elsewhere/v1/traces"})]
    with (
        closing(collector.exporter()) as export,
        pytest.raises(InvalidError, match="redirects to https://elsewhere"),
    ):
        export([SPAN])


def test_a_password_in_the_endpoint_is_used_and_not_shown(collector: Collector) -> None:
    host = collector.url.removeprefix("http://")
    with closing(OtlpExporter(f"http://ada:s3cret@{host}")) as export:
        export([SPAN])

    [(_, headers, _)] = collector.requests
    assert "Basic YWRhOnMzY3JldA==" == headers["authorization"]
    assert f"http://{host}/v1/traces" == export.url


def test_an_endpoint_that_is_away_is_unavailable() -> None:
    with (
        closing(OtlpExporter("http://127.0.0.1:9", attempts=1)) as export,
        pytest.raises(UnavailableError, match=r"can't be reached .*; is a collector running"),
    ):
        export([SPAN])


@pytest.mark.parametrize(
    ("encoding", "answer"),
    [
        ("json", b'{"partialSuccess": {"rejectedSpans": "2", "errorMessage": "too old"}}'),
        ("json", b'{"partialSuccess": {"rejectedSpans": 2, "errorMessage": "too old"}}'),
        (
            "protobuf",
            ExportTraceServiceResponse(
                partial_success=ExportTracePartialSuccess(rejected_spans=2, error_message="too old")
            ).SerializeToString(),
        ),
    ],
)
def test_spans_refused_by_a_partial_success_are_counted_and_said_once(
    collector: Collector, encoding: Any, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    collector.answers = [(200, answer, {})]
    with closing(collector.exporter(encoding=encoding)) as export:
        export([SPAN])
        export([SPAN])

    assert 4 == export.refused
    [said] = [record.getMessage() for record in caplog.records]
    assert f"2 spans were refused by {collector.url}/v1/traces (too old)" in said


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
@pytest.mark.parametrize("answer", [b"", b"\xff\xff", b"[]", b'{"partialSuccess": {}}', b"fine"])
def test_a_success_of_any_shape_is_one(
    collector: Collector, encoding: Any, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    collector.answers = [(200, answer, {})]
    with closing(collector.exporter(encoding=encoding)) as export:
        export([SPAN])

    assert (0, []) == (export.refused, caplog.records)


def test_what_is_too_large_goes_in_halves(collector: Collector) -> None:
    collector.most = 3000
    spans = [attrs.evolve(SPAN, span_id=f"{at:016x}", name="x" * 200) for at in range(1, 10)]
    with closing(collector.exporter()) as export:
        export(spans)
        with pytest.raises(TooLargeError):
            export([attrs.evolve(SPAN, name="x" * 5000)])

    taken = [
        span["spanId"]
        for *_, body in collector.requests
        if len(body) <= collector.most
        for span in json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    ]
    assert [span.span_id for span in spans] == taken


def test_requests_are_bounded(collector: Collector) -> None:
    with closing(collector.exporter()) as export:
        export([SPAN] * 2500)
        export([attrs.evolve(SPAN, attributes={"text": "x" * 900_000})] * 5)
        export([])

    sent = [
        len(json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"])
        for *_, body in collector.requests
    ]
    assert [1000, 1000, 500, 2, 2, 1] == sent


def test_settings_that_cannot_be_used_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: Any = "thrift"
    with pytest.raises(SettingsError, match="'thrift' is no encoding"):
        OtlpExporter(encoding=wrong)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_PROTOCOL=grpc is no protocol"):
        OtlpExporter()
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_PROTOCOL")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "secret-without-a-name")
    with pytest.raises(SettingsError, match="must hold key=value pairs") as caught:
        OtlpExporter()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("a b", "x"), ("a", "x\ny"), ("a", "ü"), ("", "x")])
def test_headers_that_cannot_be_sent_are_said_without_their_values(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="can't be sent") as caught:
        OtlpExporter(headers={name: value})
    assert repr(value) not in str(caught.value)


def test_without_the_package_protobuf_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.collector.trace.v1", None)
    with pytest.raises(SettingsError, match=r"install prela-core\[otlp\], or send JSON"):
        OtlpExporter(encoding="protobuf")
