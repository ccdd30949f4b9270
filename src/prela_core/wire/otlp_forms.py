"""The two encodings of OTLP over HTTP, JSON and protobuf, behind one port."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from prela_core.model import Span
from prela_core.wire.otlp_encode import otlp_request, otlp_span
from prela_core.wire.parts import Encoded

__all__ = ["JsonForm", "OtlpForm", "ProtobufForm"]

_encode = msgspec.json.Encoder().encode


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
        from google.protobuf import json_format, message  # noqa: PLC0415 - of an extra
        from opentelemetry.proto.collector.trace.v1 import (  # noqa: PLC0415 - of an extra
            trace_service_pb2,
        )
        from opentelemetry.proto.trace.v1 import trace_pb2  # noqa: PLC0415 - of an extra

        self._parse = json_format.ParseDict
        self._span = trace_pb2.Span
        self._request = trace_service_pb2.ExportTraceServiceRequest
        self._response = trace_service_pb2.ExportTraceServiceResponse
        self._decode_error = message.DecodeError

    def encoded(self, span: Span) -> Encoded[Any]:
        """Encode one span."""
        # The JSON of protobuf itself differs from OTLP's in one point: bytes are base64.
        document = otlp_span(span)
        for holder in (document, *document["links"]):
            for key in ("traceId", "spanId", "parentSpanId"):
                if key in holder:
                    holder[key] = base64.b64encode(bytes.fromhex(holder[key])).decode()
        payload = self._parse(document, self._span(), max_recursion_depth=1000)
        return Encoded(span, payload, payload.ByteSize() + 5)

    def request(self, spans: Iterable[Encoded[Any]]) -> bytes:
        """Put encoded spans together to one request."""
        held = list(spans)
        empty = otlp_request((one.span.service_name, None) for one in held)
        groups: dict[str, list[Any]] = {}
        for one in held:
            groups.setdefault(one.span.service_name, []).append(one.payload)
        for resource in empty["resourceSpans"]:
            resource["scopeSpans"][0]["spans"] = []
        message = self._parse(empty, self._request())
        for resource, group in zip(message.resource_spans, groups.values(), strict=True):
            resource.scope_spans[0].spans.extend(group)
        serialized: bytes = message.SerializeToString()
        return serialized

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
