"""OTLP over gRPC, on a port of its own: the same gateway, keys, limits and refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from tests.conftest import NOW, Api, Serve, Server, await_that
from tests.grpc_served import grpc_served
from tests.otlp import otlp_request, otlp_span

from prela_core.errors import BusFullError

START = int(NOW.timestamp()) * 10**9
MB = 1024 * 1024
RISE = 64 * MB


def stub(address: str) -> Any:
    # The environment may name a proxy, which requests to this machine must not take.
    return TraceServiceStub(grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]))


def refusal(call: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as raised:
        call()
    return raised.value


def address_of(server: Server) -> str:
    found = await_that(lambda: re.search(r"OTLP over gRPC to (\S+)", server.log), "the greeting")
    return str(found[1])


@pytest.fixture(scope="module")
def server(module_serve: Serve) -> Server:
    return module_serve(PRELA_OTLP_GRPC_PORT="0", PRELA_AUTH="on")


@pytest.fixture(scope="module")
def api(server: Server) -> Api:
    made = server.prela("keys", "create", "--project", "default")
    assert 0 == made.returncode, made.stderr
    return server.api.with_key(made.stdout.strip())


@pytest.fixture(scope="module")
def export(server: Server, api: Api) -> Any:
    def export(request: ExportTraceServiceRequest, **options: Any) -> ExportTraceServiceResponse:
        metadata = options.pop("metadata", [("x-api-key", api.key)])
        return stub(address_of(server)).Export(request, timeout=30, metadata=metadata, **options)

    return export


@pytest.mark.parametrize("compression", list(grpc.Compression), ids=lambda each: each.name)
def test_a_trace_is_seen_as_it_was_sent(api: Api, export: Any, compression: Any) -> None:
    one = otlp_span({"gen_ai.request.model": "m", "text": "x" * 1000}, start_time_unix_nano=START)
    request = otlp_request(one, resource={"service.name": "shop"})

    assert ExportTraceServiceResponse() == export(request, compression=compression)

    (seen,) = api.trace(one.trace_id.hex())["spans"]
    assert (one.span_id.hex(), "shop", "m") == (
        seen["span_id"],
        seen["service_name"],
        seen["model"],
    )


def test_refused_spans_are_a_partial_success(export: Any) -> None:
    one = otlp_span(start_time_unix_nano=START)
    bad = otlp_span(start_time_unix_nano=START, trace_id="01" * 15)

    answer = export(otlp_request(one, bad)).partial_success

    assert (1, "1 of 2 spans were refused: trace_id has 15 bytes, not 16 (span 1)") == (
        answer.rejected_spans,
        answer.error_message,
    )


def test_an_empty_request_is_good(export: Any) -> None:
    assert ExportTraceServiceResponse() == export(ExportTraceServiceRequest())


def test_a_key_comes_in_either_header(api: Api, export: Any) -> None:
    for metadata in ([("x-api-key", api.key)], [("authorization", f"Bearer {api.key}")]):
        export(ExportTraceServiceRequest(), metadata=metadata)


@pytest.mark.parametrize("metadata", [[], [("x-api-key", "prela_sk_wrong")]])
def test_without_a_good_key_it_is_unauthenticated(export: Any, metadata: Any) -> None:
    error = refusal(lambda: export(otlp_request(otlp_span()), metadata=metadata))

    assert grpc.StatusCode.UNAUTHENTICATED == error.code()


def test_what_can_not_be_decoded_is_an_invalid_argument(server: Server, api: Api) -> None:
    channel = grpc.insecure_channel(address_of(server), [("grpc.enable_http_proxy", 0)])
    path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    call = channel.unary_unary(path, lambda body: body, lambda body: body)

    for body in (b"\x00", b"\x0a\x05ab", b"\x1f\x8bno", b"\x78\x9cno"):
        error = refusal(lambda: call(body, metadata=[("x-api-key", api.key)]))  # noqa: B023
        assert grpc.StatusCode.INVALID_ARGUMENT == error.code()


def test_a_message_over_the_limit_is_refused(export: Any) -> None:
    large = otlp_request(otlp_span({"a": "x" * 25 * MB}))

    assert grpc.StatusCode.RESOURCE_EXHAUSTED == refusal(lambda: export(large)).code()


def test_a_bomb_is_refused_at_little_cost(server: Server, export: Any) -> None:
    for _ in range(2):  # so that memory is as it stays
        export(otlp_request(otlp_span({"a": "x" * 10 * MB}, start_time_unix_nano=START)))
    bomb = otlp_request(otlp_span({"a": "x" * 150 * MB}))
    before = server.memory()

    error = refusal(lambda: export(bomb, compression=grpc.Compression.Gzip))

    assert grpc.StatusCode.INVALID_ARGUMENT == error.code()
    assert "when decompressed" in (error.details() or "")
    assert server.memory() - before <= RISE


@pytest.fixture
def busy() -> Iterator[str]:
    with grpc_served(BusFullError("the bus is full", retry_after=3)) as (address, _):
        yield address


def test_what_may_be_sent_again_is_unavailable_and_says_when(busy: str) -> None:
    error = refusal(lambda: stub(busy).Export(otlp_request(otlp_span()), timeout=30))

    assert (grpc.StatusCode.UNAVAILABLE, "the bus is full") == (error.code(), error.details())
    (raw,) = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
    status = Status.FromString(raw)
    assert (14, "the bus is full") == (status.code, status.message)
    retry = RetryInfo()
    assert status.details[0].Unpack(retry)
    assert 3 == retry.retry_delay.seconds


def test_nothing_is_told_of_an_error_of_ours() -> None:
    with grpc_served(ValueError("a secret")) as (address, _):
        error = refusal(lambda: stub(address).Export(otlp_request(otlp_span()), timeout=30))

    assert grpc.StatusCode.INTERNAL == error.code()
    assert "secret" not in (error.details() or "")


def test_who_is_being_answered_when_it_stops_gets_a_true_answer() -> None:
    with grpc_served(None) as (address, control):
        call = stub(address).Export.future(otlp_request(otlp_span()), timeout=30)
        control.await_publishing()
        stopping = control.stop(20)
        late = refusal(lambda: stub(address).Export(otlp_request(otlp_span()), timeout=30))
        control.let_publish()

        assert ExportTraceServiceResponse() == call.result(30)
        stopping.result(30)
    # gRPC's own answer to who came late: the second when the call had come in just before. OTLP
    # has exporters send again after either.
    assert late.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}


def test_the_server_stops_with_grpc_on(server: Server, api: Api, export: Any) -> None:
    one = otlp_span(start_time_unix_nano=START)
    export(otlp_request(one))

    assert 0 == server.stop()

    server.start()  # elsewhere: this test comes last
    assert 1 == server.api.with_key(api.key).trace(one.trace_id.hex())["span_count"]
