"""Seeded spans as OTLP protobuf, the form that every server of traces takes."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from prela_core.wire import parse_timestamp

__all__ = ["otlp"]


def otlp(made: list[dict[str, Any]]) -> ExportTraceServiceRequest:
    """Put spans into one request, with a resource for each service, as a collector does."""
    request = ExportTraceServiceRequest()
    by_service: dict[str, Any] = {}
    for each in made:
        group = by_service.get(each["service_name"])
        if group is None:
            within = request.resource_spans.add()
            within.resource.attributes.append(_pair("service.name", each["service_name"]))
            group = by_service[each["service_name"]] = within.scope_spans.add()
            group.scope.name = "bench"
        group.spans.append(_span(each))
    return request


def _span(made: dict[str, Any]) -> Span:
    failed = made["status"] == "error"
    return Span(
        trace_id=bytes.fromhex(made["trace_id"]),
        span_id=bytes.fromhex(made["span_id"]),
        parent_span_id=bytes.fromhex(made["parent_span_id"] or ""),
        name=made["name"],
        start_time_unix_nano=parse_timestamp(made["started_at"]) * 1000,
        end_time_unix_nano=parse_timestamp(made["ended_at"]) * 1000,
        status=Status(code=Status.STATUS_CODE_ERROR, message=made["status_message"])
        if failed
        else None,
        attributes=[_pair(key, value) for key, value in made["attributes"].items()],
    )


def _pair(key: str, value: str | int) -> KeyValue:
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))
