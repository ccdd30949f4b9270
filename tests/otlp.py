"""OTLP requests for tests: built as messages, written in either encoding."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from prela_core.model import new_span_id, new_trace_id

__all__ = [
    "ENCODE",
    "MEDIA_TYPES",
    "any_value",
    "as_json",
    "field",
    "nested_lists",
    "otlp_request",
    "otlp_span",
    "pairs",
]

_BASE64_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


def any_value(value: Any) -> AnyValue:
    """Give a Python value as OTLP has it; None is a value that is not set."""
    found = AnyValue()
    match value:
        case None:
            pass
        case bool():
            found.bool_value = value
        case int():
            found.int_value = value
        case float():
            found.double_value = value
        case str():
            found.string_value = value
        case bytes():
            found.bytes_value = value
        case list():
            found.array_value.SetInParent()
            found.array_value.values.extend(map(any_value, value))
        case dict():
            found.kvlist_value.SetInParent()
            found.kvlist_value.values.extend(pairs(value))
        case _:
            raise TypeError(type(value))
    return found


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def otlp_span(attributes: Mapping[str, Any] | None = None, **fields: Any) -> Span:
    """Make a span of 250 ms; ids are given as hex digits."""
    start = fields.pop("start_time_unix_nano", 1_764_000_000_000_000_000)
    ids = {
        name: bytes.fromhex(fields.pop(name, made))
        for name, made in (
            ("trace_id", new_trace_id()),
            ("span_id", new_span_id()),
            ("parent_span_id", ""),
        )
    }
    usual = {"name": "chat", "end_time_unix_nano": start and start + 250_000_000}
    return Span(
        **ids,
        start_time_unix_nano=start,
        attributes=pairs(attributes or {}),
        **(usual | fields),
    )


def otlp_request(
    *spans: Span,
    resource: Mapping[str, Any] | None = None,
    scope: str = "",
    version: str = "",
    scope_attributes: Mapping[str, Any] | None = None,
) -> ExportTraceServiceRequest:
    """Make a request of spans of one resource and one scope; requests may be merged."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(pairs(resource or {}))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = scope
    scope_spans.scope.version = version
    scope_spans.scope.attributes.extend(pairs(scope_attributes or {}))
    scope_spans.spans.extend(spans)
    return request


def as_json(request: ExportTraceServiceRequest, **options: Any) -> bytes:
    """Write a request as OTLP/JSON, which is protobuf's but for its ids."""
    return json.dumps(_with_hex_ids(MessageToDict(request, **options))).encode()


def _with_hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_hex_ids(each) for each in value]
    if isinstance(value, dict):
        return {
            key: base64.b64decode(each).hex() if key in _BASE64_IDS else _with_hex_ids(each)
            for key, each in value.items()
        }
    return value


MEDIA_TYPES = {"protobuf": "application/x-protobuf", "json": "application/json"}
ENCODE: dict[str, Callable[[ExportTraceServiceRequest], bytes]] = {
    "protobuf": lambda request: request.SerializeToString(),
    "json": as_json,
}


def _head(number: int, size: int) -> bytes:
    """Write what stands before the bytes of a field, as the wire format has it."""
    varint = bytearray()
    while size > 0x7F:
        varint.append(size & 0x7F | 0x80)
        size >>= 7
    varint.append(size)
    return bytes([number << 3 | 2]) + bytes(varint)


def field(number: int, *parts: bytes) -> bytes:
    """Write a field with a length; its number is below 16."""
    body = b"".join(parts)
    return _head(number, len(body)) + body


def nested_lists(levels: int) -> bytes:
    """Write an `AnyValue` of lists within lists, of more levels than a writer would make."""
    value = any_value(1).SerializeToString()
    size, heads = len(value), []
    for _ in range(levels):
        for number in (1, 5):
            heads.append(_head(number, size))
            size += len(heads[-1])
    return b"".join(reversed(heads)) + value
