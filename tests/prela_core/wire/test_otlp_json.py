from __future__ import annotations

import json
from typing import Any

import pytest
from tests.memory import peak_memory

from prela_core.errors import MalformedError, TooLargeError
from prela_core.wire import Decoded, Limits, decode_otlp_json

RECEIVED = 1_764_000_001_000_000
SPAN = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}


def read(body: Any) -> Decoded:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_otlp_json(sent, received_at=RECEIVED, limits=Limits())


def request(*spans: Any, **scope_spans: Any) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans), **scope_spans}]}]}


def value(raw: Any) -> Any:
    """Say what an AnyValue in JSON becomes."""
    span = SPAN | {"attributes": [{"key": "a", "value": raw}]}
    decoded = read(request(span))
    assert [] == decoded.rejected
    return json.loads(decoded.spans[0].attributes)["a"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'"x"',
        b"null",
        b'{"resourceSpans":{}}',
        b'{"resourceSpans":[7]}',
        b'{"resourceSpans":[{"scopeSpans":"x"}]}',
        b'{"resourceSpans":[{"resource":[],"scopeSpans":[]}]}',
        b'{"resourceSpans":[]} x',
        b'{"resourceSpans":"\xff"}',
        b'{"a":' * 1_000_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}',
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":7},{"name":8}]}]}]}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_request_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(body)


def test_an_object_of_nothing_is_an_empty_request() -> None:
    assert Decoded([], [], [], 0) == read({})


NULLS: dict[str, Any] = {
    "request": {"resourceSpans": None},
    "resource": {"resourceSpans": [{"resource": None, "scopeSpans": None}]},
    "scope": {"resourceSpans": [{"scopeSpans": [{"scope": None, "spans": None}]}]},
}


@pytest.mark.parametrize("where", NULLS)
def test_null_is_the_same_as_nothing(where: str) -> None:
    assert 0 == read(NULLS[where]).total


def test_nulls_within_a_span_are_the_same_as_nothing() -> None:
    names = [
        "name",
        "kind",
        "parentSpanId",
        "traceState",
        "flags",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "attributes",
        "events",
        "links",
        "status",
        "droppedAttributesCount",
        "droppedEventsCount",
        "droppedLinksCount",
    ]
    assert read(request(SPAN)) == read(request(SPAN | dict.fromkeys(names)))


@pytest.mark.parametrize(
    ("sent", "field", "expected"),
    [
        ({"traceId": "0AF7651916CD43DD8448EB211C80319C"}, "trace_id", SPAN["traceId"]),
        ({"spanId": "B7ad6b7169203331"}, "span_id", SPAN["spanId"]),
        ({"parentSpanId": ""}, "parent_span_id", ""),
        ({"startTimeUnixNano": "1764000000123456789"}, "started_at", 1_764_000_000_123_456),
        ({"startTimeUnixNano": 1764000000123456789}, "started_at", 1_764_000_000_123_456),
        ({"startTimeUnixNano": 1.764e18}, "started_at", 1_764_000_000_000_000),
        ({"kind": "SPAN_KIND_SERVER"}, "attributes", b'{"otel.kind":"server"}'),
        ({"kind": 2}, "attributes", b'{"otel.kind":"server"}'),
        ({"kind": "SPAN_KIND_NEW"}, "attributes", b"{}"),
        ({"status": {"code": "STATUS_CODE_ERROR"}}, "status", "error"),
        ({"status": {"code": 2}}, "status", "error"),
        ({"status": {}}, "status", "pending"),
        ({"flags": "769"}, "attributes", b'{"otel.flags":769}'),
        ({"unknown": {"deep": [1]}, "schemaUrl": 3}, "attributes", b"{}"),
    ],
)
def test_a_field_is_read_in_all_its_spellings(sent: Any, field: str, expected: Any) -> None:
    decoded = read(request(SPAN | sent))

    assert [] == decoded.rejected
    assert expected == getattr(decoded.spans[0], field)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"traceId": "CvdlGRbNQ92ESOshHIAxnA=="}, "trace_id 'CvdlGRbNQ92ESOshHIAxnA==' is not hex"),
        ({"spanId": "b7ad6b716920333"}, "span_id 'b7ad6b716920333' is not hexadecimal"),
        ({"spanId": "b7ad 6b7169203331"}, "span_id 'b7ad 6b7169203331' is not hexadecimal"),
        ({"spanId": 7}, "the span has the wrong shape"),
        ({"startTimeUnixNano": "soon"}, "start_time_unix_nano 'soon' is not a whole number"),
        ({"startTimeUnixNano": -1}, "start_time_unix_nano '-1' is not a whole number"),
        ({"endTimeUnixNano": "9" * 5000}, "end_time_unix_nano '99999"),
        ({"endTimeUnixNano": 10**400}, "end_time_unix_nano '"),
        ({"attributes": {"a": 1}}, "the span has the wrong shape"),
        ({"attributes": [{"key": "a", "value": "plain"}]}, "the span has the wrong shape"),
    ],
)
def test_a_wrong_span_is_refused_alone(sent: Any, reason: str) -> None:
    body = json.dumps(request(SPAN, SPAN | {"endTimeUnixNano": 0} | sent))
    decoded = read(body.replace("1" + "0" * 400, "1" * 400).encode())

    assert 1 == len(decoded.spans)
    assert [True] == [each.reason.startswith(reason) for each in decoded.rejected], decoded.rejected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"stringValue": ""}, ""),
        ({"intValue": "-9223372036854775808"}, -(2**63)),
        ({"intValue": 5}, 5),
        ({"intValue": "12345678901234567890123"}, "12345678901234567890123"),
        ({"intValue": 12345678901234567890123}, "12345678901234567890123"),
        ({"intValue": "five"}, "five"),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "0.5"}, 0.5),
        ({"doubleValue": "NaN"}, None),
        ({"doubleValue": "-Infinity"}, None),
        ({"doubleValue": float("nan")}, None),
        ({"doubleValue": "half"}, "half"),
        ({"boolValue": False}, False),
        ({"bytesValue": "AAEC"}, "AAEC"),
        ({"arrayValue": {}}, []),
        ({"arrayValue": {"values": [{"intValue": 1}, None, {}]}}, [1, None, None]),
        ({"kvlistValue": {}}, {}),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}]}}, {"k": True}),
        ({"newValue": 1}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_value_becomes_plain_json(raw: Any, expected: Any) -> None:
    assert repr(expected) == repr(value(raw))


def test_python_s_liberties_are_mended() -> None:
    assert "\N{REPLACEMENT CHARACTER}" == value({"stringValue": "\ud800"})


def test_only_a_body_in_snake_case_is_put_in_camel_case() -> None:
    text = '{"string_value": "trace_id", "x_y":1}'
    span = SPAN | {"attributes": [{"key": "some_key", "value": {"stringValue": text}}]}
    body = json.dumps(request(span)).replace("resourceSpans", "resource_spans")
    body = body.replace("scopeSpans", "scope_spans").replace("spanId", "span_id")

    record = read(body.encode()).spans[0]

    assert {"some_key": text} == json.loads(record.attributes)


@pytest.mark.parametrize("levels", [200, 5000])
def test_a_bomb_of_nested_values_is_refused(levels: int) -> None:
    deep = '{"arrayValue":{"values":[' * levels + "{}" + "]}}" * levels
    body = json.dumps(request(SPAN, SPAN | {"attributes": [{"key": "a", "value": "@"}]}))
    sent = body.replace('"@"', deep).encode()

    if levels > 1000:
        with pytest.raises(MalformedError, match="too deeply"):
            read(sent)
    else:
        decoded = read(sent)
        assert (1, 1) == (len(decoded.spans), len(decoded.rejected))


@pytest.mark.parametrize("body", [request(*[{}] * 2_000_000), request(attributes=[{}] * 2_000_000)])
def test_millions_of_empty_objects_are_refused(body: Any) -> None:
    with pytest.raises(TooLargeError):
        read(body)


@pytest.mark.parametrize("item", [b"7", b"{          }"])
def test_a_long_list_of_spans_is_refused_before_it_fills_the_memory(item: bytes) -> None:
    listed = b",".join([item] * 500_000)
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + listed + b"]}]}]}"

    with peak_memory() as peak, pytest.raises(TooLargeError, match="over 50,000 spans"):
        read(body)
    assert peak() < 500_000
