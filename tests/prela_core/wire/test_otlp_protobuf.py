from __future__ import annotations

import pytest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from tests.otlp import field, nested_lists, otlp_request, otlp_span, pairs

from prela_core.errors import MalformedError, TooLargeError
from prela_core.wire import Decoded, Limits, decode_otlp_protobuf

RECEIVED = 1_764_000_001_000_000


def read(body: bytes, limits: Limits = Limits()) -> Decoded:  # noqa: B008 - frozen
    return decode_otlp_protobuf(body, received_at=RECEIVED, limits=limits)


def request(*spans: bytes, resource: bytes = b"", scope: bytes = b"") -> bytes:
    listed = [field(2, each) for each in spans]
    return field(1, resource, field(2, scope, *listed))


GOOD = otlp_span(trace_id="0a" * 16, span_id="0b" * 8).SerializeToString()
BAD_UTF8 = GOOD + field(5, b"\xff\xfe")


@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b"\xff" * 30,
        b"\x0a\x05abc",
        b"\x0a",
        b"\x0a\x80",
        b"\x09abc",
        b"\x0b\x0c",
        b"{}",
        request(GOOD)[:-1],
        request(GOOD[:-3]),
        request(b"\x0a\x05"),
        request(BAD_UTF8),
        request(GOOD, resource=field(1, field(1, field(1, b"\xff")))),
        request(GOOD, scope=field(1, field(1, b"\xff"))),
    ],
    ids=lambda body: body[:20].hex(),
)
def test_what_is_no_request_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(body)


def test_a_span_that_can_not_be_decoded_does_not_fail_the_others() -> None:
    decoded = read(request(GOOD, BAD_UTF8, GOOD))

    assert 2 == len(decoded.spans)
    assert [1] == [each.index for each in decoded.rejected]
    assert "no Span in protobuf" in decoded.rejected[0].reason


def test_a_message_that_comes_twice_is_one() -> None:
    body = request(
        GOOD,
        resource=field(1, Resource(attributes=pairs({"a": 1})).SerializeToString())
        + field(1, Resource(attributes=pairs({"b": 2})).SerializeToString()),
        scope=field(1, InstrumentationScope(name="first").SerializeToString())
        + field(1, InstrumentationScope(version="9").SerializeToString()),
    )

    assert (
        b'{"otel.scope.name":"first","otel.scope.version":"9","resource.a":1,"resource.b":2}'
        == read(body).spans[0].attributes
    )


def test_the_resource_may_come_after_its_spans() -> None:
    resource = field(1, Resource(attributes=pairs({"service.name": "late"})).SerializeToString())
    body = field(1, field(2, field(2, GOOD)), resource)

    assert "late" == read(body).spans[0].service_name


def test_unknown_fields_are_passed_over() -> None:
    unknown = b"\x98\x06\x01" + b"\xf2\x01\x01x" + b"\x99\x06" + bytes(8) + b"\x9d\x06" + bytes(4)
    body = unknown + field(1, unknown, field(2, unknown, field(2, GOOD, unknown))) + unknown

    assert 1 == len(read(body).spans)


@pytest.mark.parametrize("levels", [100, 10_000, 100_000])
def test_a_bomb_of_nested_values_is_refused(levels: int) -> None:
    bomb = GOOD + field(9, field(1, b"bomb"), field(2, nested_lists(levels)))

    with pytest.raises(MalformedError):
        read(request(bomb))
    beside = read(request(GOOD, bomb))

    assert (1, 1) == (len(beside.spans), len(beside.rejected))


def test_a_million_levels_are_too_many_values_to_be_decoded_at_all() -> None:
    bomb = GOOD + field(9, field(2, nested_lists(1_000_000)))

    assert ["the Span holds over 500,000 values"] == [
        each.reason for each in read(request(bomb)).rejected
    ]


@pytest.mark.parametrize("number", [9, 11, 13])
def test_a_span_of_very_many_empty_messages_is_refused(number: int) -> None:
    bomb = GOOD + field(number) * 600_000

    decoded = read(request(bomb, GOOD))

    assert 1 == len(decoded.spans)
    assert ["the Span holds over 500,000 values"] == [each.reason for each in decoded.rejected]


@pytest.mark.parametrize("number", [11, 13], ids=["events", "links"])
def test_a_span_of_more_events_than_anyone_reads_is_refused_before_they_are_made(
    number: int,
) -> None:
    decoded = read(request(GOOD + field(number) * 100_001, GOOD))

    assert ["the span holds over 100,000 events and links"] == [
        each.reason for each in decoded.rejected
    ]
    assert 1 == len(decoded.spans)


@pytest.mark.parametrize("trace_id", ["0" * 31 + "1", "11"], ids=["taken", "refused"])
@pytest.mark.parametrize("number", [11, 13], ids=["events", "links"])
def test_events_and_links_are_bounded_over_all_spans(number: int, trace_id: str) -> None:
    spans = [otlp_span(span_id=f"{at:016x}").SerializeToString() for at in range(1, 101)]
    body = request(
        *(span + field(1, bytes.fromhex(trace_id)) + field(number) * 100 for span in spans)
    )
    with pytest.raises(TooLargeError, match="over 3,125 events and links in one request"):
        read(body, Limits(body=100_000))


def test_empty_spans_are_counted_before_they_are_made() -> None:
    with pytest.raises(TooLargeError, match="over 50,000 spans"):
        read(request(*[b""] * 60_000))


def test_empty_resources_and_scopes_are_counted_too() -> None:
    assert 0 == read(field(1) * 1000 + field(1, field(2) * 1000)).total
    for bomb in (field(1) * 101_000, field(1, field(2) * 101_000)):
        with pytest.raises(TooLargeError, match="too many resources and scopes"):
            read(bomb)


@pytest.mark.parametrize(
    "bomb",
    [
        request(GOOD, resource=field(1, field(1) * 600_000)),
        request(GOOD, scope=field(1, field(3) * 600_000)),
    ],
    ids=["resource", "scope"],
)
def test_a_resource_or_scope_of_very_many_attributes_is_too_large(bomb: bytes) -> None:
    with pytest.raises(TooLargeError, match="holds over 500,000 values"):
        read(bomb)


def test_a_vector_of_numbers_is_taken() -> None:
    vectors = [[0.125] * 3072] * 20
    decoded = read(otlp_request(otlp_span({"embeddings": vectors})).SerializeToString())

    assert 1 == len(decoded.spans)
