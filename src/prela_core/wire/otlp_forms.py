"""The two encodings of OTLP over HTTP, JSON and protobuf, behind one port."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec

from prela_core.model import Span
from prela_core.wire.otlp_encode import otlp_request, otlp_span
from prela_core.wire.parts import Encoded

__all__ = ["JsonForm", "OtlpForm", "ProtobufForm"]

_encode = msgspec.json.Encoder().encode

_ENVELOPE = 6
"""Bytes at most for the tag and the length of a span within a request."""

_FIELDS: dict[str, tuple[str, Callable[[Any], Any] | None]] = {
    "traceId": ("trace_id", bytes.fromhex),
    "spanId": ("span_id", bytes.fromhex),
    "parentSpanId": ("parent_span_id", bytes.fromhex),
    "startTimeUnixNano": ("start_time_unix_nano", int),
    "endTimeUnixNano": ("end_time_unix_nano", int),
    "timeUnixNano": ("time_unix_nano", int),
    "intValue": ("int_value", int),
    "stringValue": ("string_value", None),
    "boolValue": ("bool_value", None),
    "doubleValue": ("double_value", None),
    "arrayValue": ("array_value", None),
    "kvlistValue": ("kvlist_value", None),
    "resourceSpans": ("resource_spans", None),
    "scopeSpans": ("scope_spans", None),
}
"""Where a field of the protocol's JSON has another name in protobuf, or other values."""


class OtlpForm(Protocol):
    """How spans become requests, and answers are read."""

    content_type: str

    def encoded(self, span: Span) -> Encoded[Any]:
        """Encode one span."""

    def request(self, spans: Iterable[Encoded[Any]]) -> bytes:
        """Put encoded spans together to one request."""

    def refusal(self, answer: bytes) -> tuple[int, str]:
        """Read of a success how many spans were refused, and why; a hint without any is 0."""

    def reason(self, answer: bytes) -> str:
        """Read the message of a failure's `Status`; "" where there is none."""


class _PartialSuccess(msgspec.Struct, rename="camel"):
    rejected_spans: int | str = 0
    error_message: str = ""


class _Response(msgspec.Struct, rename="camel"):
    partial_success: _PartialSuccess | None = None


class _Status(msgspec.Struct):
    message: str = ""


class JsonForm:
    """OTLP/JSON: needs nothing but this library."""

    content_type = "application/json"

    def encoded(self, span: Span) -> Encoded[msgspec.Raw]:
        """Encode one span."""
        payload = _encode(otlp_span(span))
        return Encoded(span, msgspec.Raw(payload), len(payload) + 1)

    def request(self, spans: Iterable[Encoded[msgspec.Raw]]) -> bytes:
        """Put encoded spans together to one request."""
        return _encode(otlp_request((one.span.service_name, one.payload) for one in spans))

    def refusal(self, answer: bytes) -> tuple[int, str]:
        """Read `partialSuccess`; an answer that is none of OTLP's says nothing."""
        try:
            said = msgspec.json.decode(answer, type=_Response).partial_success
            return (int(said.rejected_spans), said.error_message) if said else (0, "")
        except ValueError:
            return 0, ""

    def reason(self, answer: bytes) -> str:
        """Read the message of a failure's `Status`; "" where there is none."""
        try:
            return msgspec.json.decode(answer, type=_Status).message
        except msgspec.MsgspecError:
            return ""


class ProtobufForm:
    """OTLP/protobuf, by the messages of opentelemetry-proto (the extra `prela-core[otlp]`)."""

    content_type = "application/x-protobuf"

    def __init__(self) -> None:
        from google.protobuf.message import DecodeError  # noqa: PLC0415 - of an extra
        from opentelemetry.proto.collector.trace.v1 import (  # noqa: PLC0415 - of an extra
            trace_service_pb2,
        )
        from opentelemetry.proto.trace.v1 import trace_pb2  # noqa: PLC0415 - of an extra

        self._span = trace_pb2.Span
        self._request = trace_service_pb2.ExportTraceServiceRequest
        self._response = trace_service_pb2.ExportTraceServiceResponse
        self._decode_error = DecodeError

    def encoded(self, span: Span) -> Encoded[Any]:
        """Encode one span."""
        payload = self._span(**_fields(otlp_span(span)))
        return Encoded(span, payload, payload.ByteSize() + _ENVELOPE)

    def request(self, spans: Iterable[Encoded[Any]]) -> bytes:
        """Put encoded spans together to one request."""
        document = otlp_request((one.span.service_name, one.payload) for one in spans)
        body: bytes = self._request(**_fields(document)).SerializeToString()
        return body

    def refusal(self, answer: bytes) -> tuple[int, str]:
        """Read `partial_success`; an answer that is none of OTLP's says nothing."""
        try:
            said = self._response.FromString(answer).partial_success
        except self._decode_error:
            return 0, ""
        return said.rejected_spans, said.error_message

    def reason(self, answer: bytes) -> str:
        """Give "": the message of a `Status` is in a package of its own (googleapis)."""
        del answer
        return ""


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    """Turn a message in the protocol's JSON into the arguments that make it in protobuf."""
    fields = {}
    for key, value in document.items():
        name, read = _FIELDS.get(key, (key, None))
        fields[name] = read(value) if read else _field(value)
    return fields


def _field(value: Any) -> Any:
    if isinstance(value, dict):
        return _fields(value)
    return [_field(each) for each in value] if isinstance(value, list) else value
