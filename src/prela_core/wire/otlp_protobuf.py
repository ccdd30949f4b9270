"""OTLP as protobuf: one span at a time, so that memory is that of one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from prela_core.errors import MalformedError, TooLargeError
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError
from prela_core.wire.otlp import Group
from prela_core.wire.otlp_origin import Scope
from prela_core.wire.otlp_span import OtlpSpan, event_object, link_object
from prela_core.wire.protobuf_frames import Shape, count_messages, messages

__all__ = ["groups", "read_resource", "read_scope", "read_span"]

M = TypeVar("M", bound=Message)

_NO_STATUS = Status()

# Fields of messages in opentelemetry/proto/trace/v1 and common/v1, by their numbers.
_RESOURCE_SPANS = 1
_RESOURCE, _SCOPE_SPANS = 1, 2
_SCOPE, _SPANS = 1, 2
_VALUE: dict[int, Shape] = {}
_KEY_VALUE: Shape = {2: _VALUE}
_VALUE |= {5: {1: _VALUE}, 6: {1: _KEY_VALUE}}
_OF_SPAN: Shape = {9: _KEY_VALUE, 11: {3: _KEY_VALUE}, 13: {4: _KEY_VALUE}}
_OF_RESOURCE: Shape = {1: _KEY_VALUE}
_OF_SCOPE: Shape = {3: _KEY_VALUE}

_MESSAGES = 500_000
"""An attribute is two, and each number of a vector one: some 80,000 of these fill a megabyte."""
_SMALL = 2 * _MESSAGES
"""Bytes that can't hold more messages than that, and so need no counting."""
_EVENTS = 100_000
"""Events and links of a span: an empty one is two bytes here, and 300 as an object."""


def groups(body: bytes, limits: Limits) -> list[Group]:
    """Take a request apart into groups of undecoded spans, after counting these."""
    found: list[Group] = []
    left = _Left(limits.spans)
    for start, end in left.count(_inside(body, 0, len(body), _RESOURCE_SPANS)):
        resource: Mapping[str, Any] | None = None
        for first, last in left.count(_inside(body, start, end, _SCOPE_SPANS)):
            within = islice(_inside(body, first, last, _SPANS), left.spans + 1)
            spans = [body[at:to] for at, to in within]
            left.take(len(spans))
            if not spans:
                continue
            if resource is None:
                raw = _joined(body, start, end, _RESOURCE)
                resource = read_resource(raw)
            found.append(Group(resource, read_scope(_joined(body, first, last, _SCOPE)), spans))
    return found


class _Left:
    """How many spans, and how many resources and scopes, a request may still hold."""

    def __init__(self, spans: int) -> None:
        self._most = self.spans = spans
        self._others = 2 * spans

    def count(self, parts: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for part in parts:
            self._others -= 1
            if self._others < 0:
                raise TooLargeError("too many resources and scopes in one request")
            yield part

    def take(self, spans: int) -> None:
        self.spans -= spans
        if self.spans < 0:
            raise TooLargeError(f"over {self._most:,} spans in one request; send them in parts")


def _inside(body: bytes, start: int, end: int, field: int) -> Iterator[tuple[int, int]]:
    return ((at, to) for number, at, to in messages(body, start, end) if number == field)


def _joined(body: bytes, start: int, end: int, field: int) -> bytes:
    # A message that comes twice where one is meant is to be merged: so is what is joined.
    return b"".join(body[at:to] for at, to in _inside(body, start, end, field))


def read_resource(raw: bytes) -> dict[str, Any]:
    """Decode the attributes of a resource. Raises `MalformedError` and `TooLargeError`."""
    return _attributes(_counted(Resource, raw, _OF_RESOURCE).attributes)


def read_scope(raw: bytes) -> Scope:
    """Decode a scope; raises likewise."""
    scope = _counted(InstrumentationScope, raw, _OF_SCOPE)
    return Scope(scope.name, scope.version, _attributes(scope.attributes))


def read_span(raw: bytes) -> OtlpSpan:
    """Decode one span. Raises `MalformedError`, or `RejectedSpanError` when it holds too much."""
    try:
        span = _counted(Span, raw, _OF_SPAN)
    except TooLargeError as error:
        raise RejectedSpanError(str(error)) from None
    # Each look at a field makes an object, be it of what was not sent.
    events, links = span.events, span.links
    if len(events) + len(links) > _EVENTS:
        raise RejectedSpanError(f"the span holds over {_EVENTS:,} events and links")
    status = span.status if span.HasField("status") else _NO_STATUS
    return OtlpSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        name=span.name,
        kind=span.kind,
        started=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        status_code=status.code,
        status_message=status.message,
        trace_state=span.trace_state,
        flags=span.flags,
        attributes=_attributes(span.attributes),
        events=[_event(each) for each in events] if events else [],
        links=[_link(each) for each in links] if links else [],
        dropped_attributes=span.dropped_attributes_count,
        dropped_events=span.dropped_events_count,
        dropped_links=span.dropped_links_count,
    )


def _counted(kind: type[M], raw: bytes, shape: Shape) -> M:
    """Decode a message of `shape` unless it holds so much that it would fill the memory."""
    if len(raw) > _SMALL and count_messages(raw, shape, _MESSAGES) > _MESSAGES:
        raise TooLargeError(f"the {kind.DESCRIPTOR.name} holds over {_MESSAGES:,} values")
    try:
        return kind.FromString(raw)
    except DecodeError as error:
        raise MalformedError(f"this is no {kind.DESCRIPTOR.name} in protobuf: {error}") from None


def _event(event: Span.Event) -> dict[str, Any]:
    return event_object(
        event.name,
        event.time_unix_nano,
        _attributes(event.attributes),
        event.dropped_attributes_count,
    )


def _link(link: Span.Link) -> dict[str, Any]:
    return link_object(
        (link.trace_id, link.span_id),
        _attributes(link.attributes),
        link.trace_state,
        link.dropped_attributes_count,
    )


def _attributes(pairs: Sequence[KeyValue]) -> dict[str, Any]:
    # Walking a list of protobuf's ends with an error raised and caught, which a copy does not.
    # Most values are texts, and those are read without a call.
    return {
        pair.key: value.string_value or _plain(value)
        for pair in pairs[:]
        for value in (pair.value,)
    }


def _plain(value: AnyValue) -> Any:  # noqa: PLR0911 - one for each kind of value
    # Asking which one it is costs more than reading a text.
    if text := value.string_value:
        return text
    match value.WhichOneof("value"):
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "bool_value":
            return value.bool_value
        case "array_value":
            return [_plain(each) for each in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case "string_value":
            return ""
    return None
