"""OTLP as JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.

Ids are hex digits, 64-bit integers texts or numbers, enumerations numbers or their names, and
unknown fields are passed over. A body whose fields are all in snake_case is read as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from prela_core.errors import InvalidError, MalformedError, TooLargeError
from prela_core.wire.json_frames import has_longer_list
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError
from prela_core.wire.otlp import Group, in_camel_case
from prela_core.wire.otlp_origin import Scope
from prela_core.wire.otlp_span import OtlpSpan, event_object, link_object
from prela_core.wire.prela_json import read_leniently
from prela_core.wire.repair import plain_text

__all__ = ["groups", "read_span"]

_LEAST_OBJECT = 12
"""Bytes of a body for each of its objects. There are 18 or more in what exporters write; what has
fewer is made to fill the memory with empty objects."""

_SPANS_LEVEL = 6
"""Of the list in a list in a list of objects."""
_MANY = 8
"""So many items for each span that is allowed at most don't fill the memory."""

_STATUS_CODES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_KINDS = {
    f"SPAN_KIND_{name}": number
    for number, name in enumerate(("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"), 1)
}
_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})

_INT64 = 2**63
_UINT64 = 2**64

_Number = int | float | str | None
_List = list[msgspec.Raw] | None


class _Message(msgspec.Struct, rename="camel", gc=False):
    """What all messages here have in common: fields are optional, and null is none."""


class _Value(_Message):
    string_value: str | None = None
    int_value: _Number = None
    double_value: _Number = None
    bool_value: bool | None = None
    array_value: _Array | None = None
    kvlist_value: _Attributes | None = None
    bytes_value: str | None = None


class _Array(_Message):
    values: list[_Value | None] | None = None


class _Pair(_Message):
    key: str = ""
    value: _Value | None = None


class _Attributes(_Message):
    values: list[_Pair] | None = None


class _Resource(_Message):
    attributes: list[_Pair] | None = None


class _Scope(_Message):
    name: str | None = None
    version: str | None = None
    attributes: list[_Pair] | None = None


class _ScopeSpans(_Message):
    scope: _Scope | None = None
    spans: _List = None


class _ResourceSpans(_Message):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None


class _Request(_Message):
    resource_spans: list[_ResourceSpans] | None = None


class _Event(_Message):
    name: str | None = None
    time_unix_nano: _Number = None
    attributes: list[_Pair] | None = None
    dropped_attributes_count: _Number = None


class _Link(_Message):
    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: list[_Pair] | None = None
    dropped_attributes_count: _Number = None


class _Status(_Message):
    code: int | str | None = None
    message: str | None = None


class _Span(_Message):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_state: str | None = None
    flags: _Number = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: _Number = None
    end_time_unix_nano: _Number = None
    attributes: list[_Pair] | None = None
    dropped_attributes_count: _Number = None
    events: list[_Event] | None = None
    dropped_events_count: _Number = None
    links: list[_Link] | None = None
    dropped_links_count: _Number = None
    status: _Status | None = None


_read_request = msgspec.json.Decoder(_Request).decode
_read_span = msgspec.json.Decoder(_Span).decode


def groups(body: bytes, limits: Limits) -> list[Group]:
    """Take a request apart into groups of undecoded spans, after counting these."""
    if body.count(b"{") > limits.body // _LEAST_OBJECT:
        raise TooLargeError("the body holds too many objects; send it in parts")
    if body.count(b",") > _MANY * limits.spans and has_longer_list(
        body, _SPANS_LEVEL, limits.spans
    ):
        raise TooLargeError(f"over {limits.spans:,} spans in one request; send them in parts")
    body = in_camel_case(plain_text(body))
    try:
        request = read_leniently(body, _read_request)
    except InvalidError as error:
        raise MalformedError(str(error)) from None
    found = []
    count = 0
    for each in request.resource_spans or ():
        filled = [scope_spans for scope_spans in each.scope_spans or () if scope_spans.spans]
        if not filled:
            continue
        resource = _attributes(each.resource.attributes if each.resource else None)
        for scope_spans in filled:
            spans = scope_spans.spans or []
            count += len(spans)
            found.append(Group(resource, _scope(scope_spans.scope), spans))
    if count > limits.spans:
        raise TooLargeError(f"{count:,} spans in one request; at most {limits.spans:,} are taken")
    return found


def read_span(raw: msgspec.Raw) -> OtlpSpan:
    """Decode one span. Raises `MalformedError` for what has the wrong shape."""
    try:
        span = _read_span(raw)
    except msgspec.ValidationError as error:
        raise MalformedError(f"the span has the wrong shape: {error}") from None
    status = span.status or _NO_STATUS
    return OtlpSpan(
        trace_id=_id(span.trace_id, "trace_id"),
        span_id=_id(span.span_id, "span_id"),
        parent_span_id=_id(span.parent_span_id, "parent_span_id"),
        name=span.name or "",
        kind=_enum(span.kind, _KINDS),
        started=_count(span.start_time_unix_nano, "start_time_unix_nano"),
        ended=_count(span.end_time_unix_nano, "end_time_unix_nano"),
        status_code=_enum(status.code, _STATUS_CODES),
        status_message=status.message or "",
        trace_state=span.trace_state or "",
        flags=_count(span.flags, "flags"),
        attributes=_attributes(span.attributes),
        events=[
            event_object(
                each.name or "",
                _count(each.time_unix_nano, "time_unix_nano"),
                _attributes(each.attributes),
                _count(each.dropped_attributes_count, "dropped_attributes_count"),
            )
            for each in span.events or ()
        ],
        links=[
            link_object(
                (_id(each.trace_id, "link trace_id"), _id(each.span_id, "link span_id")),
                _attributes(each.attributes),
                each.trace_state or "",
                _count(each.dropped_attributes_count, "dropped_attributes_count"),
            )
            for each in span.links or ()
        ],
        dropped_attributes=_count(span.dropped_attributes_count, "dropped_attributes_count"),
        dropped_events=_count(span.dropped_events_count, "dropped_events_count"),
        dropped_links=_count(span.dropped_links_count, "dropped_links_count"),
    )


_NO_STATUS = _Status()


def _scope(scope: _Scope | None) -> Scope:
    if scope is None:
        return Scope()
    return Scope(scope.name or "", scope.version or "", _attributes(scope.attributes))


def _id(digits: str | None, field: str) -> bytes:
    if not digits:
        return b""
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if 2 * len(value) != len(digits):
        raise RejectedSpanError(f"{field} {digits[:40]!r} is not hexadecimal")
    return value


def _enum(value: int | str | None, names: dict[str, int]) -> int:
    return value if isinstance(value, int) else names.get(value or "", 0)


def _count(value: _Number, field: str) -> int:
    if value is None or value == "":
        return 0
    try:
        count = int(value)
    except (ValueError, OverflowError):
        count = -1
    if not 0 <= count < _UINT64:
        raise RejectedSpanError(f"{field} {str(value)[:40]!r} is not a whole number of 64 bits")
    return count


def _attributes(pairs: Iterable[_Pair] | None) -> dict[str, Any]:
    return {pair.key: _plain(pair.value) for pair in pairs or ()}


def _plain(value: _Value | None) -> Any:  # noqa: PLR0911 - one for each kind of value
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.double_value is not None:
        return _double(value.double_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.array_value is not None:
        return [_plain(each) for each in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values)
    return value.bytes_value


def _integer(value: float | str) -> int | float | str:
    """Give the number that a text holds; what is none of 64 bits stays as it was sent."""
    if not isinstance(value, str):
        return value if -_INT64 <= value < _UINT64 else str(value)
    try:
        number = int(value) if len(value) <= len(str(_INT64)) + 1 else _UINT64
    except ValueError:
        return value
    return number if -_INT64 <= number < _UINT64 else value


def _double(value: float | str) -> float | str | None:
    if value in _NOT_FINITE:
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return str(value)
