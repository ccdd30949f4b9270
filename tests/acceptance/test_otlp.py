"""OTLP over HTTP: both encodings, on both addresses, answered as its specification says."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest
import zstandard
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus
from starlette.applications import Starlette
from tests.conftest import NOW, Api, Serve, assert_problem, moment, span
from tests.otlp import ENCODE, MEDIA_TYPES, field, nested_lists, otlp_request, otlp_span, pairs
from tests.served import listening

from prela_core.errors import BusFullError, BusUnavailableError
from prela_core.model import new_trace_id
from prela_core.wire import Limits
from prela_server.edge.guard import open_guard
from prela_server.edge.problems import handlers
from prela_server.ingest.gateway import IngestGateway, ReceiptClock
from prela_server.ingest.routes import ingest_routes

PATHS = ["/v1/traces", "/v1/otlp/v1/traces"]
START = int(NOW.timestamp()) * 10**9 + 123_456_789

every_way = pytest.mark.parametrize("path", PATHS)
both_encodings = pytest.mark.parametrize("encoding", ENCODE)


@attrs.frozen
class Answer:
    """What an OTLP client reads of an answer: of a good one, and of a refusal."""

    status: int
    rejected: int
    message: str
    code: int = 0


def post(api: Api, path: str, encoding: str, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else ENCODE[encoding](body)
    sent = {"Content_Type": MEDIA_TYPES[encoding]} | headers
    return api.post(path, content, **sent)


def read(response: httpx.Response, encoding: str) -> Answer:
    assert MEDIA_TYPES[encoding] == response.headers["content-type"]
    if encoding == "json":
        said = response.json()
        if response.status_code == 200:
            partial = said.get("partialSuccess", {})
            message = partial.get("errorMessage", "")
            return Answer(200, int(partial.get("rejectedSpans", "0")), message)
        return Answer(response.status_code, 0, said["message"], said["code"])
    if response.status_code == 200:
        full = ExportTraceServiceResponse.FromString(response.content).partial_success
        return Answer(200, full.rejected_spans, full.error_message)
    status = Status.FromString(response.content)
    return Answer(response.status_code, 0, status.message, status.code)


def sent_span(attributes: dict[str, Any] | None = None, **fields: Any) -> Span:
    return otlp_span(attributes, start_time_unix_nano=START, **fields)


@every_way
@both_encodings
def test_a_trace_is_seen_as_it_was_sent(api: Api, path: str, encoding: str) -> None:
    trace_id = new_trace_id()
    root = sent_span({"session.id": "s-7"}, trace_id=trace_id, name="invoke_agent shop")
    call = sent_span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 12,
            "nested": {"list": [1, {"deep": True}]},
        },
        trace_id=trace_id,
        parent_span_id=root.span_id.hex(),
        kind=Span.SPAN_KIND_CLIENT,
        status=SpanStatus(code=SpanStatus.STATUS_CODE_ERROR, message="rate limited"),
        events=[Span.Event(name="exception", time_unix_nano=START, attributes=pairs({"n": 1}))],
        links=[Span.Link(trace_id=bytes.fromhex(trace_id), span_id=root.span_id)],
    )
    request = otlp_request(
        root,
        call,
        resource={
            "service.name": "shop",
            "deployment.environment.name": "prod",
            "user.id": "u-1",
        },
        scope="my.agent",
    )

    response = post(api, path, encoding, request)

    assert Answer(200, 0, "") == read(response, encoding)
    trace = api.trace(trace_id, spans=2)
    seen = {each["span_id"]: each for each in trace["spans"]}
    assert {root.span_id.hex(), call.span_id.hex()} == set(seen)
    one = seen[call.span_id.hex()]
    assert (root.span_id.hex(), "llm", "shop", "error", "rate limited") == (
        one["parent_span_id"],
        one["span_type"],
        one["service_name"],
        one["status"],
        one["status_message"],
    )
    assert ("gpt-4o", 12, "prod", "u-1") == (
        one["model"],
        one["input_tokens"],
        one["environment"],
        one["user_id"],
    )
    assert {"list": [1, {"deep": True}]} == one["attributes"]["nested"]
    assert "client" == one["attributes"]["otel.kind"]
    assert "my.agent" == one["attributes"]["otel.scope.name"]
    assert 250.0 == one["duration_ms"]
    assert one["started_at"] == one["events"][0]["timestamp"]
    assert {"n": 1} == one["events"][0]["attributes"]
    assert root.span_id.hex() == one["links"][0]["span_id"]
    assert "s-7" == seen[root.span_id.hex()]["session_id"]


def _raw_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


COMPRESS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without its wrapper": ("deflate", _raw_deflate),
    "zstd": ("zstd", zstandard.compress),
}


@every_way
@both_encodings
@pytest.mark.parametrize("compression", COMPRESS)
def test_bodies_may_be_compressed(api: Api, path: str, encoding: str, compression: str) -> None:
    name, compress = COMPRESS[compression]
    one = sent_span({"text": "déjà vu " * 50})
    body = compress(ENCODE[encoding](otlp_request(one)))

    response = post(api, path, encoding, body, Content_Encoding=name)

    assert Answer(200, 0, "") == read(response, encoding)
    assert 1 == api.trace(one.trace_id.hex())["span_count"]


@both_encodings
def test_refused_spans_are_counted_and_their_reasons_named(api: Api, encoding: str) -> None:
    good = sent_span()
    request = otlp_request(
        sent_span(trace_id="01" * 15), good, sent_span(span_id=""), sent_span(trace_id="01" * 15)
    )

    response = post(api, PATHS[0], encoding, request)

    assert Answer(
        200,
        3,
        "3 of 4 spans were refused: trace_id has 15 bytes, not 16 (span 0 and 1 more); "
        "span_id has 0 bytes, not 8 (span 2)",
    ) == read(response, encoding)
    assert 1 == api.trace(good.trace_id.hex())["span_count"]


@both_encodings
def test_a_request_of_which_nothing_can_be_taken_is_a_partial_success(
    api: Api, encoding: str
) -> None:
    answer = read(post(api, PATHS[0], encoding, otlp_request(sent_span(span_id=""))), encoding)

    assert (200, 1) == (answer.status, answer.rejected)


@both_encodings
def test_a_warning_comes_with_nothing_refused(api: Api, encoding: str) -> None:
    old = otlp_span(start_time_unix_nano=START - 200 * 86_400 * 10**9)

    answer = read(post(api, PATHS[0], encoding, otlp_request(old)), encoding)

    assert Answer(200, 0, "1 span started over 90 days ago and may be removed at any time") == (
        answer
    )


@every_way
@both_encodings
def test_an_empty_request_is_good(api: Api, path: str, encoding: str) -> None:
    nothing = b"" if encoding == "protobuf" else b'{"resourceSpans":[]}'
    for request in (nothing, otlp_request()):
        assert Answer(200, 0, "") == read(post(api, path, encoding, request), encoding)


def test_an_object_of_nothing_is_otlp_only_where_nothing_else_is(api: Api) -> None:
    assert Answer(200, 0, "") == read(post(api, PATHS[1], "json", b"{}"), "json")
    assert_problem(post(api, PATHS[0], "json", b"{}"), 422)


def test_the_same_span_again_is_one_span(api: Api) -> None:
    one = sent_span(end_time_unix_nano=0)
    ended = sent_span(trace_id=one.trace_id.hex(), span_id=one.span_id.hex())

    for sent, encoding in ((one, "json"), (ended, "protobuf"), (ended, "json"), (one, "json")):
        post(api, PATHS[0], encoding, otlp_request(sent))

    trace = api.trace(one.trace_id.hex())
    assert (1, "success") == (trace["span_count"], trace["spans"][0]["status"])


def test_protobuf_is_known_by_its_other_names_too(api: Api) -> None:
    response = post(
        api, PATHS[0], "protobuf", otlp_request(sent_span()), Content_Type="application/protobuf"
    )

    assert Answer(200, 0, "") == read(response, "protobuf")


BAD_BODIES: dict[str, list[bytes]] = {
    "protobuf": [
        b"\x00",
        b"\xff" * 100,
        b"{}",
        ENCODE["protobuf"](otlp_request(sent_span()))[:-5],
        ENCODE["protobuf"](otlp_request(sent_span(name="@@"))).replace(b"@@", b"\xff\xff"),
        ENCODE["json"](otlp_request(sent_span())),
    ],
    "json": [
        b'{"resourceSpans":',
        b'{"resourceSpans":7}',
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}',
        b'{"resourceSpans":[{"resource":{"attributes":{"a":1}},"scopeSpans":[{"spans":[{}]}]}]}',
        b'{"resourceSpans":"\xff"}',
        b'{"resourceSpans":' + b"[" * 1_000_000,
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b'{"a":' * 100_000,
    ],
}


@every_way
@pytest.mark.parametrize(
    ("encoding", "number"),
    [(name, at) for name, each in BAD_BODIES.items() for at in range(len(each))],
)
def test_what_can_not_be_decoded_is_400(api: Api, path: str, encoding: str, number: int) -> None:
    answer = read(post(api, path, encoding, BAD_BODIES[encoding][number]), encoding)

    assert (400, 3) == (answer.status, answer.code)
    assert answer.message
    assert "Traceback" not in answer.message


@pytest.mark.parametrize("body", [b"", b"[]", b"hello", b"{", b'{"a":' * 1_000_000])
def test_on_the_address_of_otlp_alone_json_is_otlp(api: Api, body: bytes) -> None:
    answer = read(post(api, PATHS[1], "json", body), "json")

    assert (400, 3) == (answer.status, answer.code)


def _with_a_deep_span(encoding: str, good: Span) -> bytes:
    if encoding == "protobuf":
        deep = sent_span().SerializeToString() + field(9, field(2, nested_lists(10_000)))
        return ENCODE[encoding](otlp_request(good)) + field(1, field(2, field(2, deep)))
    lists = '{"arrayValue":{"values":[' * 200 + "{}" + "]}}" * 200
    body = ENCODE[encoding](otlp_request(good, sent_span({"a": "@"}))).decode()
    return body.replace('{"stringValue": "@"}', lists).encode()


@every_way
@both_encodings
def test_values_that_nest_too_deeply_refuse_their_span(api: Api, path: str, encoding: str) -> None:
    good = sent_span()

    answer = read(post(api, path, encoding, _with_a_deep_span(encoding, good)), encoding)

    assert (200, 1) == (answer.status, answer.rejected)
    assert 1 == api.trace(good.trace_id.hex())["span_count"]


@every_way
@both_encodings
def test_an_unknown_encoding_is_415(api: Api, path: str, encoding: str) -> None:
    response = post(api, path, encoding, otlp_request(sent_span()), Content_Encoding="br")

    if (path, encoding) == ("/v1/traces", "json"):
        assert_problem(response, 415)  # nothing has been read that would tell it is OTLP
        return
    answer = read(response, encoding)
    assert (415, 3) == (answer.status, answer.code)
    assert "gzip, deflate, zstd" in answer.message


def test_an_unknown_type_is_415(api: Api) -> None:
    answer = read(post(api, PATHS[1], "json", b"<x/>", Content_Type="text/xml"), "json")

    assert 415 == answer.status
    assert "send application/json or application/x-protobuf" in answer.message


@pytest.fixture(scope="module")
def strict(module_serve: Serve) -> Api:
    """A server that takes little, asks for keys and throws some spans away."""
    server = module_serve(
        PRELA_AUTH="on",
        PRELA_MAX_BODY_BYTES="20000",
        PRELA_OTLP_DROP_SCOPES="opentelemetry.instrumentation.fastapi, @opentelemetry/*",
    )
    made = server.prela("keys", "create", "--project", "default")
    assert 0 == made.returncode, made.stderr
    return server.api.with_key(made.stdout.strip())


@every_way
@both_encodings
def test_too_much_is_413_after_decompression(strict: Api, path: str, encoding: str) -> None:
    body = gzip.compress(ENCODE[encoding](otlp_request(sent_span({"a": "x" * 30_000}))))

    response = post(strict, path, encoding, body, Content_Encoding="gzip")

    if (path, encoding) == ("/v1/traces", "json"):
        assert_problem(response, 413)
    else:
        assert (413, 3) == (response.status_code, read(response, encoding).code)


@every_way
@both_encodings
def test_a_key_is_asked_for_as_everywhere(strict: Api, path: str, encoding: str) -> None:
    request = otlp_request(sent_span())
    bearer = f"Bearer {strict.key}"
    taken = post(strict.with_key(None), path, encoding, request, Authorization=bearer)
    assert Answer(200, 0, "") == read(taken, encoding)

    response = post(strict.with_key(None), path, encoding, request)

    if (path, encoding) == ("/v1/traces", "json"):
        assert_problem(response, 401)
        return
    answer = read(response, encoding)
    assert (401, 16) == (answer.status, answer.code)
    assert response.headers["www-authenticate"].startswith("Bearer")


@attrs.frozen
class _Refusing:
    """A bus that takes nothing."""

    error: Exception

    async def publish(self, _: Any) -> None:
        raise self.error

    async def ready(self) -> None:
        raise self.error


def _refusing(error: Exception) -> Any:
    gateway = IngestGateway(
        _Refusing(error),  # type: ignore[arg-type] # only what a gateway asks of a bus
        clock=ReceiptClock(lambda: START // 1000),
        limits=Limits(),
        retention_days=0,
    )
    routes = ingest_routes(gateway, open_guard(), body_limit=100_000, body_seconds=10)
    return listening(Starlette(routes=routes, exception_handlers=handlers()))


@every_way
@both_encodings
@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (BusFullError("the bus is full", retry_after=3), "3"),
        (BusUnavailableError("the bus is away"), "1"),
    ],
)
def test_what_may_be_sent_again_is_503_and_says_when(
    path: str, encoding: str, error: Exception, wait: str
) -> None:
    with _refusing(error) as url, httpx.Client(trust_env=False) as client:
        response = post(Api(url, client), path, encoding, otlp_request(sent_span()))

    assert Answer(503, 0, str(error), 14) == read(response, encoding)
    assert wait == response.headers["retry-after"]


@both_encodings
def test_nothing_is_told_of_an_error_of_ours(encoding: str) -> None:
    with _refusing(ValueError("a secret")) as url, httpx.Client(trust_env=False) as client:
        response = post(Api(url, client), PATHS[0], encoding, otlp_request(sent_span()))

    answer = read(response, encoding)
    assert (500, 13) == (answer.status, answer.code)
    assert "secret" not in answer.message


def test_errors_of_prela_json_stay_problems(api: Api) -> None:
    assert_problem(api.post(PATHS[0], {"resource": 1}), 422)
    one = span(attributes={"text": '"resourceSpans"', "resourceSpans": [1]})
    assert api.accept(PATHS[0], {"trace_id": one["trace_id"], "spans": [one]})["spans"] == 1
    assert moment() == api.span(one)["started_at"]


def test_spans_of_noise_are_dropped_where_it_is_set(strict: Api) -> None:
    trace_id = new_trace_id()
    root = sent_span(trace_id=trace_id, name="run")
    http = sent_span(trace_id=trace_id, name="GET", parent_span_id=root.span_id.hex())
    call = sent_span(trace_id=trace_id, name="chat", parent_span_id=http.span_id.hex())
    request = otlp_request(root, call, scope="agent")
    request.MergeFrom(otlp_request(http, scope="@opentelemetry/instrumentation-http"))

    for encoding in ENCODE:
        assert Answer(200, 0, "") == read(post(strict, PATHS[0], encoding, request), encoding)

    seen = {each["name"]: each["parent_span_id"] for each in strict.trace(trace_id)["spans"]}
    assert {"run": None, "chat": root.span_id.hex()} == seen


def test_json_in_python_s_spelling_is_mended(api: Api) -> None:
    one = sent_span()
    body = json.loads(ENCODE["json"](otlp_request(one)))
    listed = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    listed["attributes"] = [
        {"key": "a", "value": {"doubleValue": float("nan")}},
        {"key": "b", "value": {"stringValue": "\ud83d"}},
    ]

    assert Answer(200, 0, "") == read(
        post(api, PATHS[0], "json", json.dumps(body).encode()), "json"
    )
    assert {"a": None, "b": "\N{REPLACEMENT CHARACTER}"} == (
        api.trace(one.trace_id.hex())["spans"][0]["attributes"]
    )
