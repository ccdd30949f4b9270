"""Spans to OTLP: the request that any OpenTelemetry collector takes, as JSON.

Ids, times and names follow the OTLP specification (opentelemetry-proto 1.x, "OTLP/HTTP JSON
encoding"): ids are hex, 64-bit integers texts, enumerations numbers, names camel case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from prela_core import __version__
from prela_core.model import Span, SpanType, Status, to_micros
from prela_core.wire.encode import json_value

__all__ = ["otlp_request", "otlp_span"]

_TRACE_ID_BYTES, _SPAN_ID_BYTES = 16, 8
_HEX = re.compile(r"[0-9a-f]+")
_NO_PARENT = "0" * 2 * _SPAN_ID_BYTES
_INT64 = 2**63
_INTERNAL = 1
_STATUS_CODES = {Status.PENDING: 0, Status.SUCCESS: 1, Status.ERROR: 2}
_OPENINFERENCE_KINDS = {
    SpanType.AGENT: "AGENT",
    SpanType.LLM: "LLM",
    SpanType.TOOL: "TOOL",
    SpanType.RETRIEVAL: "RETRIEVER",
    SpanType.EMBEDDING: "EMBEDDING",
    SpanType.CHAIN: "CHAIN",
    SpanType.RERANKER: "RERANKER",
    SpanType.GUARDRAIL: "GUARDRAIL",
    SpanType.EVALUATOR: "EVALUATOR",
}


def otlp_request(spans: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give an `ExportTraceServiceRequest` of encoded spans, each with its service's name.

    There is one resource for each service.
    """
    by_service: dict[str, list[Any]] = {}
    for service_name, span in spans:
        by_service.setdefault(service_name, []).append(span)
    scope = {"name": "prela", "version": __version__}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": name} if name else {})},
                "scopeSpans": [{"scope": scope, "spans": group}],
            }
            for name, group in by_service.items()
        ]
    }


def otlp_span(span: Span) -> dict[str, Any]:
    """Give one OTLP span.

    An id that is not hex of the right length becomes the beginning of its SHA-256, so that all
    spans of a trace find each other wherever they are sent from; the original is kept as
    `prela.trace_id`, `prela.span_id` or `prela.parent_span_id`. The type is said as
    `prela.span_type` and `openinference.span.kind`, unless the span's attributes say it. A span
    that has not ended has no end: OTLP has no word for it.
    """
    attributes = dict(json_value(span.attributes))
    if span.span_type is not None:
        attributes.setdefault("prela.span_type", span.span_type.value)
        if kind := _OPENINFERENCE_KINDS.get(span.span_type):
            attributes.setdefault("openinference.span.kind", kind)
    parent = span.parent_span_id
    encoded: dict[str, Any] = {
        "traceId": _id(span.trace_id, _TRACE_ID_BYTES, attributes, "prela.trace_id"),
        "spanId": _id(span.span_id, _SPAN_ID_BYTES, attributes, "prela.span_id"),
        "name": json_value(span.name),
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanos(span.started_at),
    }
    if parent and parent != _NO_PARENT:
        encoded["parentSpanId"] = _id(parent, _SPAN_ID_BYTES, attributes, "prela.parent_span_id")
    if span.ended_at is not None:
        encoded["endTimeUnixNano"] = _nanos(span.ended_at)
    encoded["attributes"] = _attributes(attributes)
    encoded["events"] = [
        {
            "timeUnixNano": _nanos(event.timestamp),
            "name": json_value(event.name),
            "attributes": _attributes(json_value(event.attributes)),
        }
        for event in span.events
    ]
    encoded["links"] = [_link(link.trace_id, link.span_id, link.attributes) for link in span.links]
    encoded["status"] = {"code": _STATUS_CODES[span.status]}
    if span.status_message:
        encoded["status"]["message"] = json_value(span.status_message)
    return encoded


def _link(trace_id: str, span_id: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    attributes = dict(json_value(sent))
    return {
        "traceId": _id(trace_id, _TRACE_ID_BYTES, attributes, "prela.trace_id"),
        "spanId": _id(span_id, _SPAN_ID_BYTES, attributes, "prela.span_id"),
        "attributes": _attributes(attributes),
    }


def _id(sent: str, size: int, attributes: dict[str, Any], key: str) -> str:
    # All zeros is no id in OTLP.
    if len(sent) == 2 * size and _HEX.fullmatch(sent) and sent.strip("0"):
        return sent
    attributes[key] = json_value(sent)
    return hashlib.sha256(sent.encode("utf-8", "surrogatepass")).digest()[:size].hex()


def _nanos(moment: Any) -> str:
    return str(max(to_micros(moment), 0) * 1000)


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:  # noqa: PLR0911 - one for each kind of value
    """Give an `AnyValue` of what `json_value` gave; None is the empty one."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _attributes(value)}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": str(value)}
