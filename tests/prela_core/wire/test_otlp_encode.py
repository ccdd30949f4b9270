from __future__ import annotations

import base64
import hashlib
import json
import math
from datetime import timedelta
from typing import Any

import attrs
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from prela_core.model import Span, SpanEvent, SpanLink, SpanType, Status, from_micros, to_micros
from prela_core.testing.factories import NOON
from prela_core.wire.encode import json_value
from prela_core.wire.otlp_encode import otlp_span
from prela_core.wire.otlp_forms import JsonForm, OtlpForm, ProtobufForm

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SPAN = Span(
    trace_id=TRACE_ID,
    span_id=SPAN_ID,
    name="chat",
    span_type=None,
    service_name="shop",
    started_at=NOON,
    ended_at=NOON + timedelta(seconds=1.5),
    status=Status.SUCCESS,
)

MOMENTS = st.integers(0, 4_000_000_000_000_000).map(from_micros)
TEXTS = st.text(st.characters(codec=None), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(TEXTS, VALUES, max_size=4)
TRACE_IDS = st.just(TRACE_ID) | st.text(min_size=1, max_size=40) | st.just("0" * 32)
SPAN_IDS = st.just(SPAN_ID) | st.uuids().map(str) | st.just("F" * 16)
SPANS = st.builds(
    Span,
    trace_id=TRACE_IDS,
    span_id=SPAN_IDS,
    parent_span_id=st.none() | SPAN_IDS,
    name=TEXTS,
    span_type=st.none() | st.sampled_from(SpanType),
    service_name=st.sampled_from(["", "shop", "bank"]),
    started_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
    status=st.sampled_from(Status),
    status_message=st.none() | TEXTS,
    attributes=ATTRIBUTES,
    events=st.lists(st.builds(SpanEvent, TEXTS, MOMENTS, ATTRIBUTES), max_size=2).map(tuple),
    links=st.lists(st.builds(SpanLink, TRACE_IDS, SPAN_IDS, ATTRIBUTES), max_size=2).map(tuple),
)


def from_protobuf(body: bytes) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest.FromString(body)


def from_json(body: bytes) -> ExportTraceServiceRequest:
    """Read OTLP/JSON by protobuf's own reader, which wants ids in base64."""
    document = json.loads(body)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for holder in (span, *span["links"]):
                    for key in {"traceId", "spanId", "parentSpanId"} & holder.keys():
                        holder[key] = base64.b64encode(bytes.fromhex(holder[key])).decode()
    return json_format.ParseDict(document, ExportTraceServiceRequest(), max_recursion_depth=1000)


FORMS = [(JsonForm(), from_json), (ProtobufForm(), from_protobuf)]


def value_of(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "kvlist_value":
        return attributes_of(value.kvlist_value.values)
    if kind == "array_value":
        return [value_of(each) for each in value.array_value.values]
    return None if kind is None else getattr(value, kind)


def attributes_of(pairs: Any) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in pairs}


def said(values: Any) -> Any:
    """Give `values` as OTLP can say them: integers beyond 64 bits as their digits."""
    values = json_value(values)
    if isinstance(values, dict):
        return {key: said(value) for key, value in values.items()}
    if isinstance(values, list):
        return [said(value) for value in values]
    if isinstance(values, int) and not isinstance(values, bool) and not -(2**63) <= values < 2**63:
        return str(values)
    return values


def id_of(sent: str, size: int) -> bytes:
    is_hex = len(sent) == 2 * size and not set(sent) - set("0123456789abcdef")
    if is_hex and set(sent) != {"0"}:
        return bytes.fromhex(sent)
    return hashlib.sha256(sent.encode()).digest()[:size]


@pytest.mark.parametrize(("form", "read"), FORMS)
@given(spans=st.lists(SPANS, max_size=3))
def test_decoded_by_the_protocols_own_package_spans_say_the_same(
    form: OtlpForm, read: Any, spans: list[Span]
) -> None:
    request = read(form.request([form.encoded(span) for span in spans]))

    found = [
        (value_of(resource.resource.attributes[0].value) if resource.resource.attributes else "", s)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for s in scope.spans
    ]
    by_service = dict.fromkeys(span.service_name for span in spans)
    expected = [s for name in by_service for s in spans if s.service_name == name]
    assert [span.service_name for span in expected] == [service for service, _ in found]
    for span, (_, other) in zip(expected, found, strict=True):
        assert id_of(span.trace_id, 16) == other.trace_id
        assert id_of(span.span_id, 8) == other.span_id
        assert (
            id_of(span.parent_span_id, 8) if span.parent_span_id else b""
        ) == other.parent_span_id
        assert json_value(span.name) == other.name
        assert to_micros(span.started_at) * 1000 == other.start_time_unix_nano
        ended = to_micros(span.ended_at) * 1000 if span.ended_at else 0
        assert ended == other.end_time_unix_nano
        assert ["pending", "success", "error"][other.status.code] == span.status
        assert (json_value(span.status_message) or "") == other.status.message
        attributes = attributes_of(other.attributes)
        assert said(span.attributes).items() <= attributes.items()
        for own, theirs in zip(span.events, other.events, strict=True):
            assert json_value(own.name) == theirs.name
            assert to_micros(own.timestamp) * 1000 == theirs.time_unix_nano
            assert said(own.attributes) == attributes_of(theirs.attributes)
        for link, linked in zip(span.links, other.links, strict=True):
            assert id_of(link.trace_id, 16) == linked.trace_id
            assert said(link.attributes).items() <= attributes_of(linked.attributes).items()


def attribute(span: Span, key: str) -> Any:
    found = {pair["key"]: pair["value"] for pair in otlp_span(span)["attributes"]}
    return found.get(key)


def test_ids_of_the_protocols_shape_stay_and_leave_no_attribute() -> None:
    encoded = otlp_span(SPAN)

    assert (TRACE_ID, SPAN_ID, []) == (
        encoded["traceId"],
        encoded["spanId"],
        encoded["attributes"],
    )


def test_other_ids_are_mapped_alike_everywhere_and_kept() -> None:
    parent = attrs.evolve(SPAN, trace_id="run-17", span_id="plan")
    child = attrs.evolve(SPAN, trace_id="run-17", parent_span_id="plan")

    assert otlp_span(parent)["traceId"] == otlp_span(child)["traceId"]
    assert otlp_span(parent)["spanId"] == otlp_span(child)["parentSpanId"]
    assert {"stringValue": "run-17"} == attribute(child, "prela.trace_id")
    assert {"stringValue": "plan"} == attribute(parent, "prela.span_id")
    assert {"stringValue": "plan"} == attribute(child, "prela.parent_span_id")


@pytest.mark.parametrize("parent", [None, "", "0" * 16])
def test_a_root_has_no_parent(parent: str | None) -> None:
    assert "parentSpanId" not in otlp_span(attrs.evolve(SPAN, parent_span_id=parent))


@pytest.mark.parametrize("span_type", SpanType)
def test_the_type_is_said_in_both_spellings(span_type: SpanType) -> None:
    span = attrs.evolve(SPAN, span_type=span_type)
    kind = {"retrieval": "RETRIEVER", "custom": None}.get(span_type, span_type.upper())

    assert {"stringValue": span_type.value} == attribute(span, "prela.span_type")
    assert (kind and {"stringValue": kind}) == attribute(span, "openinference.span.kind")


def test_what_the_attributes_say_of_the_type_stays() -> None:
    span = attrs.evolve(
        SPAN, span_type=SpanType.LLM, attributes={"openinference.span.kind": "PROMPT"}
    )
    assert {"stringValue": "PROMPT"} == attribute(span, "openinference.span.kind")


def test_what_no_json_says_is_said_otherwise() -> None:
    span = attrs.evolve(SPAN, attributes={"nan": math.nan, "large": 2**63, "least": -(2**63)})

    assert {} == attribute(span, "nan")
    assert {"stringValue": "9223372036854775808"} == attribute(span, "large")
    assert {"intValue": "-9223372036854775808"} == attribute(span, "least")


@pytest.mark.parametrize(("form", "read"), FORMS)
def test_sizes_bound_the_request(form: OtlpForm, read: Any) -> None:
    encoded = [form.encoded(attrs.evolve(SPAN, name="x" * length)) for length in range(0, 9000, 90)]
    envelope = 400

    assert len(form.request(encoded)) <= sum(one.size for one in encoded) + envelope
    assert 100 == len(read(form.request(encoded)).resource_spans[0].scope_spans[0].spans)


def test_messages_are_those_of_the_package() -> None:
    assert trace_pb2.Span is type(ProtobufForm().encoded(SPAN).payload)
