"""A span as OTLP has it, in whichever encoding it came, made a record.

https://opentelemetry.io/docs/specs/otlp/ and opentelemetry/proto/trace/v1/trace.proto say what
the fields mean. What has no column of its own is kept as an attribute, named as the
specification names it for formats other than OTLP:
https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/.
"""

from __future__ import annotations

from typing import Any

import msgspec

from prela_core.model import SpanRecord, to_rfc3339
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError, WireSpan, make_record
from prela_core.wire.otlp_origin import Origin
from prela_core.wire.timestamps import LATEST

__all__ = ["OtlpSpan", "event_object", "link_object", "otlp_record", "span_key"]

_TRACE_ID_BYTES = 16
_SPAN_ID_BYTES = 8
_NO_TRACE = bytes(_TRACE_ID_BYTES)
_NO_SPAN = bytes(_SPAN_ID_BYTES)

# Status.StatusCode and Span.SpanKind. An internal span is the usual one, and is not said to be.
_STATUS = {1: "ok", 2: "error"}
_KINDS = {2: "server", 3: "client", 4: "producer", 5: "consumer"}

_USUAL_FLAGS = 0x101
"""Sampled, and whether the parent is remote is known (it isn't): nothing worth keeping."""

_encode = msgspec.json.Encoder().encode


class OtlpSpan(msgspec.Struct):
    """The fields of a span. Moments are nanoseconds, 0 for none; values are plain JSON.

    `events` and `links` are objects in the spelling of Prela JSON.
    """

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    name: str
    kind: int
    started: int
    ended: int
    status_code: int
    status_message: str
    trace_state: str
    flags: int
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    links: list[dict[str, Any]]
    dropped_attributes: int
    dropped_events: int
    dropped_links: int


def event_object(
    name: str, nanoseconds: int, attributes: dict[str, Any], dropped: int
) -> dict[str, Any]:
    """Give an event in the spelling of Prela JSON; `dropped` says how many attributes it lost."""
    event: dict[str, Any] = {
        "name": name,
        "timestamp": to_rfc3339(nanoseconds // 1000) if nanoseconds else None,
        "attributes": attributes,
    }
    if dropped:
        event["dropped_attributes_count"] = dropped
    return event


def link_object(
    ids: tuple[bytes, bytes], attributes: dict[str, Any], trace_state: str, dropped: int
) -> dict[str, Any]:
    """Give a link to the span with these ids of trace and span, likewise."""
    link: dict[str, Any] = {
        "trace_id": ids[0].hex(),
        "span_id": ids[1].hex(),
        "attributes": attributes,
    }
    if trace_state:
        link["trace_state"] = trace_state
    if dropped:
        link["dropped_attributes_count"] = dropped
    return link


def span_key(span: OtlpSpan) -> tuple[str, str]:
    """Give the ids of a span as they are stored: hex digits in lower case."""
    return span.trace_id.hex(), span.span_id.hex()


def otlp_record(span: OtlpSpan, origin: Origin, *, received_at: int, limits: Limits) -> SpanRecord:
    """Check a span and put it in our spelling.

    Raises `RejectedSpanError`, whose text begins with the field that is wrong.
    """
    parent = _checked_ids(span)
    trace_id, span_id = span_key(span)
    sent = WireSpan(
        trace_id=trace_id,
        span_id=span_id,
        name=span.name,
        service_name=origin.service_name,
        status=_STATUS.get(span.status_code, ""),
        status_message=span.status_message,
        attributes=msgspec.Raw(_attributes(span, origin)),
        events=msgspec.Raw(_encode(span.events)) if span.events else msgspec.Raw(),
        links=msgspec.Raw(_encode(span.links)) if span.links else msgspec.Raw(),
    )
    times = _times(span, received_at)
    record = make_record(
        sent, parent, times, service_name="", received_at=received_at, limits=limits
    )
    record.flags |= origin.flags
    return record


def _checked_ids(span: OtlpSpan) -> str:
    """Check the three ids; give that of the parent as hex, "" for a root."""
    trace_id, span_id = span.trace_id, span.span_id
    if len(trace_id) != _TRACE_ID_BYTES:
        raise RejectedSpanError(f"trace_id has {len(trace_id)} bytes, not {_TRACE_ID_BYTES}")
    if trace_id == _NO_TRACE:
        raise RejectedSpanError("trace_id is all zeros")
    if len(span_id) != _SPAN_ID_BYTES:
        raise RejectedSpanError(f"span_id has {len(span_id)} bytes, not {_SPAN_ID_BYTES}")
    if span_id == _NO_SPAN:
        raise RejectedSpanError("span_id is all zeros")
    parent = span.parent_span_id
    if not parent or parent == _NO_SPAN:
        return ""
    if len(parent) != _SPAN_ID_BYTES:
        raise RejectedSpanError(f"parent_span_id has {len(parent)} bytes, not {_SPAN_ID_BYTES}")
    return parent.hex()


def _times(span: OtlpSpan, received_at: int) -> tuple[int, int | None, float]:
    started_at = _moment(span.started, "start_time_unix_nano")
    ended_at = _moment(span.ended, "end_time_unix_nano")
    if started_at is None:
        started_at = received_at if ended_at is None else ended_at
    duration_ms = 0.0 if ended_at is None else (ended_at - started_at) / 1000
    return started_at, ended_at, duration_ms


def _moment(nanoseconds: int, field: str) -> int | None:
    if not nanoseconds:
        return None
    micros = nanoseconds // 1000
    if not 0 <= micros < LATEST:
        raise RejectedSpanError(f"{field} must lie between the years 1970 and 2099")
    return micros


def _attributes(span: OtlpSpan, origin: Origin) -> bytes:
    own = span.attributes
    if more := _more(span):
        own = more | own
    raw = _encode(own)
    if not origin.fragment:
        return raw
    if b'"resource.' in raw or b'"otel.scope.' in raw:
        # A key may stand only once in an object; what the span says of itself wins.
        return _encode(origin.attributes | own)
    comma = b"," if own else b""
    return raw[:-1] + comma + origin.fragment + b"}"


def _more(span: OtlpSpan) -> dict[str, Any]:
    """Give as attributes those fields that say something out of the usual."""
    more: dict[str, Any] = {}
    if span.kind in _KINDS:
        more["otel.kind"] = _KINDS[span.kind]
    if span.trace_state:
        more["otel.trace_state"] = span.trace_state
    if span.flags & ~_USUAL_FLAGS:
        more["otel.flags"] = span.flags
    if span.dropped_attributes:
        more["otel.dropped_attributes_count"] = span.dropped_attributes
    if span.dropped_events:
        more["otel.dropped_events_count"] = span.dropped_events
    if span.dropped_links:
        more["otel.dropped_links_count"] = span.dropped_links
    return more
