"""Spans as lines of JSON: what files hold, and `prela ingest` reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from prela_core.errors import InvalidError, MalformedError
from prela_core.model import Span, SpanEvent, SpanLink, SpanType, Status, from_micros, id_fault
from prela_core.wire.encode import span_to_json
from prela_core.wire.timestamps import parse_timestamp

__all__ = ["span_from_line", "span_to_line"]


class _Event(msgspec.Struct):
    name: str
    timestamp: str
    attributes: dict[str, Any] = {}


class _Link(msgspec.Struct):
    trace_id: str
    span_id: str
    attributes: dict[str, Any] = {}


class _Line(msgspec.Struct):
    trace_id: str
    span_id: str
    started_at: str
    parent_span_id: str | None = None
    name: str = ""
    span_type: SpanType | None = None
    service_name: str = ""
    ended_at: str | None = None
    status: Status = Status.PENDING
    status_message: str | None = None
    attributes: dict[str, Any] = {}
    events: list[_Event] = []
    links: list[_Link] = []


_decoder = msgspec.json.Decoder(_Line)


def span_to_line(span: Span) -> bytes:
    """Give `span` as one line of JSON, with its end of line."""
    return msgspec.json.encode(span_to_json(span)) + b"\n"


def span_from_line(line: bytes) -> Span:
    """Read back what `span_to_line` wrote; raises `MalformedError` for anything else."""
    try:
        said = _decoder.decode(line)
        if fault := id_fault(said.trace_id) or id_fault(said.span_id):
            raise MalformedError(f"the line is no span: an id {fault}")
        return Span(
            trace_id=said.trace_id,
            span_id=said.span_id,
            parent_span_id=said.parent_span_id,
            name=said.name,
            span_type=said.span_type,
            service_name=said.service_name,
            started_at=_moment(said.started_at),
            ended_at=_moment(said.ended_at) if said.ended_at else None,
            status=said.status,
            status_message=said.status_message,
            attributes=said.attributes,
            events=tuple(
                SpanEvent(one.name, _moment(one.timestamp), one.attributes) for one in said.events
            ),
            links=tuple(SpanLink(one.trace_id, one.span_id, one.attributes) for one in said.links),
        )
    except (msgspec.MsgspecError, InvalidError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedError(f"the line is no span: {error}") from error


def _moment(text: str) -> datetime:
    return from_micros(parse_timestamp(text))
