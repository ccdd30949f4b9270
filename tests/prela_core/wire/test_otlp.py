"""What both encodings of OTLP are read as."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as OtlpStatus
from tests.otlp import ENCODE, as_json, otlp_request, otlp_span, pairs

from prela_core.errors import MalformedError, TooLargeError
from prela_core.model import Flag, SpanRecord
from prela_core.wire import (
    Decoded,
    Limits,
    ScopeFilter,
    decode_otlp_json,
    decode_otlp_protobuf,
    is_otlp_json,
)
from prela_core.wire.otlp import Group, collect
from prela_core.wire.otlp_origin import Scope
from prela_core.wire.otlp_protobuf import read_span

START = 1_764_000_000_000_000_000
RECEIVED = START // 1000 + 1_000_000
DECODE = {"protobuf": decode_otlp_protobuf, "json": decode_otlp_json}

LIMITS = Limits()
Read = Callable[..., Decoded]


@pytest.fixture(params=list(DECODE))
def read(request: pytest.FixtureRequest) -> Read:
    return lambda sent, limits=LIMITS, **more: DECODE[request.param](
        ENCODE[request.param](sent), received_at=RECEIVED, limits=limits, **more
    )


def one(decoded: Decoded) -> SpanRecord:
    assert [] == decoded.rejected
    assert 1 == len(decoded.spans) == decoded.total
    return decoded.spans[0]


def attributes(record: SpanRecord) -> dict[str, Any]:
    return json.loads(record.attributes)


def test_a_span_is_put_in_our_spelling(read: Read) -> None:
    sent = otlp_span(
        {"gen_ai.request.model": "gpt-4o"},
        trace_id="0AF7651916CD43DD8448EB211C80319C",
        span_id="B7AD6B7169203331",
        parent_span_id="00F067AA0BA902B7",
        name="chat gpt-4o",
    )

    assert SpanRecord(
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        parent_span_id="00f067aa0ba902b7",
        name="chat gpt-4o",
        span_type="",
        span_type_sent="",
        service_name="shop",
        started_at=START // 1000,
        ended_at=START // 1000 + 250_000,
        duration_ms=250.0,
        status="success",
        status_sent="",
        status_message="",
        attributes=b'{"gen_ai.request.model":"gpt-4o"}',
        events=b"[]",
        links=b"[]",
    ) == one(read(otlp_request(sent, resource={"service.name": "shop"})))


@pytest.mark.parametrize("parent", ["", "0000000000000000"])
def test_an_empty_parent_and_zeros_are_none(read: Read, parent: str) -> None:
    assert one(read(otlp_request(otlp_span(parent_span_id=parent)))).parent_span_id == ""


@pytest.mark.parametrize(
    ("code", "ended", "status", "sent"),
    [
        (OtlpStatus.STATUS_CODE_UNSET, True, "success", ""),
        (OtlpStatus.STATUS_CODE_UNSET, False, "pending", ""),
        (OtlpStatus.STATUS_CODE_OK, True, "success", "ok"),
        (OtlpStatus.STATUS_CODE_ERROR, True, "error", "error"),
        (OtlpStatus.STATUS_CODE_ERROR, False, "error", "error"),
    ],
)
def test_an_unset_status_is_a_success_once_the_span_has_ended(
    read: Read, code: Any, *, ended: bool, status: str, sent: str
) -> None:
    end = {} if ended else {"end_time_unix_nano": 0}
    span = otlp_span(status=OtlpStatus(code=code, message="why"), **end)

    record = one(read(otlp_request(span)))

    assert (status, sent, "why") == (record.status, record.status_sent, record.status_message)
    assert ended == (record.ended_at is not None)


def test_what_has_no_column_is_an_attribute_when_it_says_something(read: Read) -> None:
    said = otlp_span(
        {"own": 1},
        kind=Span.SPAN_KIND_CLIENT,
        trace_state="vendor=1",
        flags=0x301,
        dropped_attributes_count=2,
        dropped_events_count=3,
        dropped_links_count=4,
    )
    usual = otlp_span({"own": 1}, kind=Span.SPAN_KIND_INTERNAL, flags=0x101)

    both = read(otlp_request(said, usual)).spans

    assert {
        "own": 1,
        "otel.kind": "client",
        "otel.trace_state": "vendor=1",
        "otel.flags": 0x301,
        "otel.dropped_attributes_count": 2,
        "otel.dropped_events_count": 3,
        "otel.dropped_links_count": 4,
    } == attributes(both[0])
    assert {"own": 1} == attributes(both[1])


def test_events_and_links_are_spelled_as_in_prela_json(read: Read) -> None:
    span = otlp_span(
        events=[
            Span.Event(name="a", time_unix_nano=START + 1999, attributes=pairs({"n": [1, None]})),
            Span.Event(name="never", dropped_attributes_count=1),
        ],
        links=[
            Span.Link(
                trace_id=bytes(range(16)),
                span_id=bytes(range(8)),
                trace_state="a=b",
                attributes=pairs({"why": "retry"}),
            )
        ],
    )

    record = one(read(otlp_request(span)))

    assert [
        {"name": "a", "timestamp": "2025-11-24T16:00:00.000001Z", "attributes": {"n": [1, None]}},
        {"name": "never", "timestamp": None, "attributes": {}, "dropped_attributes_count": 1},
    ] == json.loads(record.events)
    assert [
        {
            "trace_id": "000102030405060708090a0b0c0d0e0f",
            "span_id": "0001020304050607",
            "attributes": {"why": "retry"},
            "trace_state": "a=b",
        }
    ] == json.loads(record.links)


def test_resource_and_scope_are_kept_on_every_span(read: Read) -> None:
    decoded = read(
        otlp_request(
            otlp_span(),
            otlp_span({"own": "a"}),
            resource={"service.name": "shop", "host.name": "h", "deployment.environment": "prod"},
            scope="openinference.instrumentation.openai",
            version="1.2",
            scope_attributes={"x": True},
        )
    )

    shared = {
        "otel.scope.name": "openinference.instrumentation.openai",
        "otel.scope.version": "1.2",
        "otel.scope.x": True,
        "resource.host.name": "h",
        "resource.deployment.environment": "prod",
    }
    assert [shared, {"own": "a"} | shared] == [attributes(each) for each in decoded.spans]
    assert ["shop", "shop"] == [each.service_name for each in decoded.spans]


def test_what_a_span_says_of_itself_wins_over_its_resource(read: Read) -> None:
    span = otlp_span({"resource.host.name": "mine", "otel.scope.name": "my own"})
    record = one(read(otlp_request(span, resource={"host.name": "h", "a": 1}, scope="s")))

    assert 1 == record.attributes.count(b"resource.host.name")
    assert {
        "resource.host.name": "mine",
        "otel.scope.name": "my own",
        "resource.a": 1,
    } == attributes(record)


def test_a_service_is_also_found_among_the_attributes_of_the_span(read: Read) -> None:
    assert "own" == one(read(otlp_request(otlp_span({"service.name": "own"})))).service_name


IDS = {
    "a short trace id": ({"trace_id": "00" * 14 + "01"}, "trace_id has 15 bytes, not 16"),
    "a long trace id": ({"trace_id": "01" * 17}, "trace_id has 17 bytes, not 16"),
    "no trace id": ({"trace_id": ""}, "trace_id has 0 bytes, not 16"),
    "a trace id of zeros": ({"trace_id": "00" * 16}, "trace_id is all zeros"),
    "a short span id": ({"span_id": "01" * 7}, "span_id has 7 bytes, not 8"),
    "no span id": ({"span_id": ""}, "span_id has 0 bytes, not 8"),
    "a span id of zeros": ({"span_id": "00" * 8}, "span_id is all zeros"),
    "a long parent": ({"parent_span_id": "01" * 9}, "parent_span_id has 9 bytes, not 8"),
    "a start in 2200": (
        {"start_time_unix_nano": 7_258_118_400_000_000_000},
        "start_time_unix_nano must lie between the years 1970 and 2099",
    ),
    "an end at the end": (
        {"end_time_unix_nano": 2**64 - 1},
        "end_time_unix_nano must lie between the years 1970 and 2099",
    ),
}


@pytest.mark.parametrize("what", IDS)
def test_a_wrong_span_is_refused_alone(read: Read, what: str) -> None:
    fields, reason = IDS[what]
    good = otlp_span()
    bad = otlp_span(**fields)

    decoded = read(otlp_request(good, bad, good))

    assert [good.span_id.hex()] * 2 == [each.span_id for each in decoded.spans]
    assert [(1, bad.span_id.hex() or None, reason)] == [
        attrs.astuple(each) for each in decoded.rejected
    ]
    assert 3 == decoded.total


def test_a_request_of_which_nothing_can_be_taken_is_read_all_the_same(read: Read) -> None:
    decoded = read(otlp_request(otlp_span(trace_id=""), otlp_span(span_id="")))

    assert ([], [0, 1]) == (decoded.spans, [each.index for each in decoded.rejected])


@pytest.mark.parametrize("empty", [ExportTraceServiceRequest(), otlp_request()])
def test_an_empty_request_is_one_of_no_spans(read: Read, empty: Any) -> None:
    assert Decoded([], [], [], 0) == read(empty)


def test_a_span_without_times_is_of_the_moment_of_its_receipt(read: Read) -> None:
    started = one(read(otlp_request(otlp_span(start_time_unix_nano=0, end_time_unix_nano=0))))
    ended = one(read(otlp_request(otlp_span(start_time_unix_nano=0, end_time_unix_nano=START))))

    assert (RECEIVED, None, 0.0) == (started.started_at, started.ended_at, started.duration_ms)
    assert (START // 1000, START // 1000) == (ended.started_at, ended.ended_at)


def test_a_span_that_ends_before_it_starts_is_taken_and_flagged(read: Read) -> None:
    record = one(read(otlp_request(otlp_span(end_time_unix_nano=START - 1_000_000))))

    assert (Flag.ENDS_BEFORE_START, -1.0) == (record.flags, record.duration_ms)


def test_what_is_too_large_is_cut_and_flagged(read: Read) -> None:
    span = otlp_span({"long": "x" * 1000, "short": "y"}, name="n" * 2000)
    record = one(read(otlp_request(span), Limits(value=100, attributes=500, name_chars=50)))

    assert Flag.TRUNCATED == record.flags
    assert 50 == len(record.name)
    assert ("x" * 100, "y") == (attributes(record)["long"], attributes(record)["short"])


def test_a_long_resource_is_not_written_out_on_each_of_many_spans(read: Read) -> None:
    limits = Limits(body=1_000_000)
    sent = otlp_request(
        *(otlp_span() for _ in range(1000)), resource={"blob": "x" * 100_000, "host.name": "h"}
    )

    decoded = read(sent, limits)

    assert 1000 == len(decoded.spans)
    assert sum(len(each.attributes) for each in decoded.spans) < 3 * limits.body
    assert {Flag.TRUNCATED} == {each.flags for each in decoded.spans}
    assert "h" == attributes(decoded.spans[-1])["resource.host.name"]


def test_spans_that_grow_too_much_are_too_large(read: Read) -> None:
    span = otlp_span(events=[Span.Event()] * 200)
    with pytest.raises(TooLargeError, match="in parts"):
        read(otlp_request(*[span] * 60), Limits(body=100_000))


def test_too_many_spans_are_too_large(read: Read) -> None:
    assert 5 == len(read(otlp_request(*[otlp_span()] * 5), Limits(spans=5)).spans)
    with pytest.raises(TooLargeError, match="in one request"):
        read(otlp_request(*[otlp_span()] * 6), Limits(spans=5))


def _nested(depth: int, *, objects: bool) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if objects else [value]
    return value


@pytest.mark.parametrize("objects", [True, False])
def test_values_that_nest_beyond_the_bound_are_refused(read: Read, *, objects: bool) -> None:
    deep = otlp_span({"a": _nested(20, objects=objects)})

    assert 1 == len(read(otlp_request(deep), Limits(depth=21)).spans)
    refused = read(otlp_request(deep), Limits(depth=20)).rejected
    assert ["attributes nests deeper than 20 levels"] == [each.reason for each in refused]


def test_a_resource_that_nests_too_deeply_refuses_its_spans(read: Read) -> None:
    sent = otlp_request(otlp_span(), resource={"a": _nested(20, objects=True)})
    sent.MergeFrom(otlp_request(otlp_span()))

    decoded = read(sent, Limits(depth=10))

    assert 1 == len(decoded.spans)
    assert "nests deeper than 10" in decoded.rejected[0].reason


def test_the_last_of_two_values_of_one_key_counts(read: Read) -> None:
    span = otlp_span()
    span.attributes.extend([*pairs({"a": 1}), *pairs({"a": 2})])

    assert b'{"a":2}' == one(read(otlp_request(span))).attributes


class _Watched(dict[str, Any]):
    """Attributes that count how often they are gone through."""

    times = 0

    def items(self) -> Any:
        self.times += 1
        return super().items()


@pytest.mark.parametrize("value", ["x" * 100_000, [[[[[]]]]]])
def test_a_resource_is_gone_through_once_however_many_scopes_it_has(value: Any) -> None:
    resource = _Watched(host=value)
    groups = [Group(resource, Scope(f"s{number}"), []) for number in range(100)]
    collect(groups, read_span, received_at=RECEIVED, limits=Limits(depth=4), dropped=ScopeFilter())
    assert 1 == resource.times


KEYS = st.sampled_from(["a", "b c", "é", "resource.a", "otel.scope.name", "service.name", "\0"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(KEYS, VALUES, max_size=4)
NANOSECONDS = st.just(0) | st.integers(START - 10**18, START + 10**18)
IDENTIFIERS = st.binary(max_size=3) | st.binary(min_size=16, max_size=16)
SPANS = st.builds(
    Span,
    trace_id=st.binary(min_size=15, max_size=16),
    span_id=st.binary(min_size=7, max_size=8),
    parent_span_id=st.just(b"") | st.binary(min_size=7, max_size=8),
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    kind=st.integers(0, 5),
    start_time_unix_nano=NANOSECONDS,
    end_time_unix_nano=NANOSECONDS,
    trace_state=st.sampled_from(["", "a=b"]),
    flags=st.sampled_from([0, 0x101, 0x301]),
    attributes=ATTRIBUTES.map(pairs),
    dropped_attributes_count=st.integers(0, 2),
    events=st.lists(
        st.builds(
            Span.Event,
            name=st.sampled_from(["", "e"]),
            time_unix_nano=NANOSECONDS,
            attributes=ATTRIBUTES.map(pairs),
        ),
        max_size=2,
    ),
    links=st.lists(
        st.builds(Span.Link, trace_id=IDENTIFIERS, attributes=ATTRIBUTES.map(pairs)), max_size=1
    ),
    status=st.builds(OtlpStatus, code=st.integers(0, 2), message=st.sampled_from(["", "m"])),
)
REQUESTS = st.lists(
    st.builds(
        lambda spans, resource, scope: otlp_request(*spans, resource=resource, scope=scope),
        st.lists(SPANS, max_size=3),
        ATTRIBUTES,
        st.sampled_from(["", "noise", "agent"]),
    ),
    max_size=3,
)


def _merged(requests: list[ExportTraceServiceRequest]) -> ExportTraceServiceRequest:
    merged = ExportTraceServiceRequest()
    for each in requests:
        merged.MergeFrom(each)
    return merged


def _decode(encoding: str, body: bytes, **more: Any) -> Decoded:
    return DECODE[encoding](body, received_at=RECEIVED, limits=Limits(), **more)


@given(requests=REQUESTS, snake=st.booleans(), numbers=st.booleans(), drops=st.booleans())
def test_both_encodings_of_a_request_give_the_same(
    requests: list[ExportTraceServiceRequest],
    snake: bool,  # noqa: FBT001 - hypothesis gives these
    numbers: bool,  # noqa: FBT001 - likewise
    drops: bool,  # noqa: FBT001 - likewise
) -> None:
    sent = _merged(requests)
    dropped = ScopeFilter(["noise"] if drops else [])
    body = as_json(sent, use_integers_for_enums=numbers)
    if snake:
        plain = json.loads(as_json(sent))
        body = json.dumps(_snake(plain)).encode()

    from_protobuf = _decode("protobuf", sent.SerializeToString(), dropped=dropped)

    assert from_protobuf == _decode("json", body, dropped=dropped)
    assert sum(len(each.scope_spans[0].spans) for each in sent.resource_spans) == (
        from_protobuf.total
    )


def _snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake(each) for each in value]
    if isinstance(value, dict):
        return {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in key): _snake(each)
            for key, each in value.items()
        }
    return value


@given(st.lists(REQUESTS.map(_merged), max_size=3), st.randoms(use_true_random=False))
def test_how_spans_are_parted_and_ordered_does_not_matter(
    requests: list[ExportTraceServiceRequest], random: Any
) -> None:
    together = _merged(requests)
    apart = [
        record
        for each in requests
        for record in _decode("protobuf", each.SerializeToString()).spans
    ]
    assert apart == _decode("protobuf", together.SerializeToString()).spans

    shuffled = list(together.resource_spans)
    random.shuffle(shuffled)
    del together.resource_spans[:]
    together.resource_spans.extend(shuffled)
    assert sorted(map(repr, apart)) == sorted(
        map(repr, _decode("protobuf", together.SerializeToString()).spans)
    )


def _as_json_has_it(value: Any) -> Any:
    match value:
        case float():
            return value if value - value == 0 else None
        case bytes():
            return base64.b64encode(value).decode()
        case list():
            return [_as_json_has_it(each) for each in value]
        case dict():
            return {key: _as_json_has_it(each) for key, each in value.items()}
    return value


@given(VALUES)
def test_every_value_becomes_plain_json(value: Any) -> None:
    sent = otlp_request(otlp_span({"value": value}))
    for encoding, encode in ENCODE.items():
        record = one(_decode(encoding, encode(sent)))
        assert _as_json_has_it(value) == attributes(record)["value"]


@given(st.binary(max_size=200))
def test_no_bytes_break_a_decoder(body: bytes) -> None:
    for encoding in DECODE:
        try:
            decoded = _decode(encoding, body)
        except MalformedError:
            continue
        assert len(decoded.spans) + len(decoded.rejected) == decoded.total


@given(REQUESTS.map(_merged), st.data())
def test_a_spoilt_request_is_refused_or_read_never_a_crash(
    sent: ExportTraceServiceRequest, data: st.DataObject
) -> None:
    body = bytearray(sent.SerializeToString())
    if not body:
        return
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = _decode("protobuf", bytes(body))
    except MalformedError:
        return
    assert len(decoded.spans) + len(decoded.rejected) == decoded.total


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (b'{"resourceSpans":[]}', True),
        (b'\xef\xbb\xbf { "resourceSpans" : []}', True),
        (b'{"resource_spans":[]}', True),
        (b'{"resourceSpans":[', True),
        (b'{"a":NaN,"resourceSpans":[]}', True),
        (b'{"trace_id":"t","resourceSpans":[]}', False),
        (b'{"trace_id":"t","metadata":{"resourceSpans":[]}}', False),
        (b'{"metadata":{"resourceSpans":[]}}', False),
        (b'{"name":"\\"resourceSpans\\""}', False),
        (b'["resourceSpans"]', False),
        (b'{"a":"resourceSpans"', False),
        (b"", False),
        (b"{}", False),
    ],
)
def test_otlp_is_told_from_prela_json(body: bytes, *, holds: bool) -> None:
    assert holds is is_otlp_json(body)


def test_the_helpers_write_what_exporters_write() -> None:
    sent = otlp_request(otlp_span({"n": 5}, span_id="b7ad6b7169203331"))
    span = json.loads(as_json(sent))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]

    assert "b7ad6b7169203331" == span["spanId"]
    assert [{"key": "n", "value": {"intValue": "5"}}] == span["attributes"]
    assert (
        "t61rcWkgMzE="
        == MessageToDict(sent)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["spanId"]
    )
