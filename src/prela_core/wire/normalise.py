"""One span as it was sent, made a record: every leniency of the wire contract is here."""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec

from prela_core.errors import InvalidError
from prela_core.model import Flag, SpanRecord, Status, id_fault
from prela_core.wire.limits import Limits
from prela_core.wire.timestamps import LATEST, parse_timestamp
from prela_core.wire.trim import trim_list, trim_object
from prela_core.wire.words import span_type_of, status_of

__all__ = [
    "RejectedSpanError",
    "Said",
    "WireSpan",
    "check_depth",
    "make_record",
    "normalise",
    "read_loose_span",
    "said_in",
    "with_one_zone",
]

# As plain numbers, which are put together without a call of Python's.
_ENDS_BEFORE_START = Flag.ENDS_BEFORE_START.value
_SELF_PARENT = Flag.SELF_PARENT.value
_CLOCK_SKEW = Flag.CLOCK_SKEW.value
_TRUNCATED = Flag.TRUNCATED.value
_UNKNOWN_TYPE = Flag.UNKNOWN_TYPE.value
_PENDING, _SUCCESS = Status.PENDING.value, Status.SUCCESS.value

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
# Ten years in milliseconds: a longer step is a mistake.
_LONGEST_MS = 315_360_000_000
_NO_PARENT = "0000000000000000"
_EMPTY_OBJECT = b"{}"
_EMPTY_LIST = b"[]"
_ABSENT = (b"", b"null")
_COMPOUND = (b"[", b"{")
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|([\[{])|[\]}]', re.DOTALL)
# How the published SDK writes the moments of events, which no parser of RFC 3339 reads.
_TWO_ZONES = re.compile(rb'("timestamp"\s*:\s*"[\d:.T-]{19,29})\+00:00Z"')


Said = str | int | float | bool | None
"""What one field of a span says. Where a list or an object was sent it is `Raw`, since a million
empty ones would fill the memory."""


class WireSpan(msgspec.Struct):
    """A span as Prela JSON has it, before anything is checked. Unknown fields are ignored."""

    span_id: Said = None
    trace_id: Said = None
    parent_span_id: Said = None
    name: Said = None
    span_type: Said = None
    service_name: Said = None
    started_at: Said = None
    ended_at: Said = None
    duration_ms: msgspec.Raw = msgspec.Raw()
    status: Said = None
    status_message: Said = None
    attributes: msgspec.Raw = msgspec.Raw()
    events: msgspec.Raw = msgspec.Raw()
    links: msgspec.Raw = msgspec.Raw()
    replay_snapshot: msgspec.Raw = msgspec.Raw()


class _LooseSpan(WireSpan):
    span_id: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # the second, slower look
    trace_id: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    parent_span_id: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    name: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    span_type: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    service_name: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    started_at: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    ended_at: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    status: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise
    status_message: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment] # likewise


_SAID = frozenset(_LooseSpan.__annotations__)
_read_span = msgspec.json.Decoder(_LooseSpan).decode
_read_said = msgspec.json.Decoder(Said).decode


def read_loose_span(raw: bytes) -> WireSpan:
    """Decode a span whose fields may hold anything. Raises `msgspec.DecodeError`."""
    loose = _read_span(raw)
    fields = {name: getattr(loose, name) for name in WireSpan.__struct_fields__}
    fields |= {name: said_in(fields[name]) for name in _SAID}
    return WireSpan(**fields)


def said_in(raw: msgspec.Raw) -> Any:
    """Give what the JSON of a field says, in the form of `Said`; raises likewise."""
    if not raw or bytes(raw)[:1] in _COMPOUND:
        return raw or None
    return _read_said(raw)


class _Service(msgspec.Struct):
    name: msgspec.Raw = msgspec.field(name="service.name", default=msgspec.Raw())


_decode_service = msgspec.json.Decoder(_Service).decode


class RejectedSpanError(InvalidError):
    """This span can't be taken; the others of its request can."""


def normalise(
    span: WireSpan, *, trace_id: Any, service_name: str, received_at: int, limits: Limits
) -> SpanRecord:
    """Check one span and put it in our spelling.

    `trace_id` and `service_name` stand in where the span has none of its own. Raises
    `RejectedSpanError`, whose text begins with the field that is wrong.
    """
    if span.trace_id is None:
        span.trace_id = trace_id
    parent = _checked_ids(span)
    times = _times(span, received_at)
    return make_record(
        span, parent, times, service_name=service_name, received_at=received_at, limits=limits
    )


def make_record(
    span: WireSpan,
    parent: str,
    times: tuple[int, int | None, float],
    *,
    service_name: str,
    received_at: int,
    limits: Limits,
) -> SpanRecord:
    """Make a record of a span whose ids are good and whose times are known.

    `times` are start and end in microseconds and the duration in milliseconds. Texts, attributes,
    events and links are held to `limits`, and words for types and statuses put in our spelling.
    """
    started_at, ended_at, duration_ms = times
    flags = _SELF_PARENT if parent == span.span_id else 0
    if ended_at is not None and ended_at < started_at:
        flags |= _ENDS_BEFORE_START
    if not -_DAY <= started_at - received_at <= _HOUR:
        flags |= _CLOCK_SKEW

    attributes, cut_attributes = _object(span.attributes, "attributes", limits)
    if span.replay_snapshot and (snapshot := bytes(span.replay_snapshot)) not in _ABSENT:
        attributes, cut = _with_snapshot(attributes, snapshot, limits)
        cut_attributes |= cut
    events, cut_events = _list(span.events, "events", limits)
    if b'+00:00Z"' in events:
        events = with_one_zone(events)
    links, cut_links = _list(span.links, "links", limits)
    name, message = _text(span.name), _text(span.status_message)
    cut_texts = len(name) > limits.name_chars or len(message) > limits.value
    if cut_texts:
        name, message = name[: limits.name_chars], message[: limits.value]
    if cut_attributes or cut_events or cut_links or cut_texts:
        flags |= _TRUNCATED

    type_sent = _text(span.span_type)[: limits.name_chars]
    span_type = span_type_of(type_sent)
    if span_type is None:
        span_type = "custom"
        flags |= _UNKNOWN_TYPE
    status_sent = _text(span.status)[: limits.name_chars]

    # By its place and not by its name, each takes half the time.
    return SpanRecord(
        cast("str", span.trace_id),
        cast("str", span.span_id),
        parent,
        name,
        span_type,
        type_sent,
        _service(span.service_name, attributes, service_name, limits),
        started_at,
        ended_at,
        duration_ms,
        _status(status_sent, ended=ended_at is not None),
        status_sent,
        message,
        attributes,
        events,
        links,
        flags,
    )


def with_one_zone(events: bytes) -> bytes:
    """Write the moments of events that end in `+00:00Z` with `Z` alone."""
    return _TWO_ZONES.sub(rb'\1Z"', events)


def _checked_ids(span: WireSpan) -> str:
    """Check the three ids of `span`; give that of its parent, "" for a root."""
    if fault := id_fault(span.trace_id):
        raise RejectedSpanError(f"trace_id {fault}")
    if fault := id_fault(span.span_id):
        raise RejectedSpanError(f"span_id {fault}")
    parent = span.parent_span_id
    if parent is None or parent in ("", _NO_PARENT):
        return ""
    if fault := id_fault(parent):
        raise RejectedSpanError(f"parent_span_id {fault}")
    return str(parent)


def check_depth(raw: bytes, what: str, limits: Limits) -> None:
    """Refuse JSON that nests deeper than `limits.depth`."""
    # Most hold plain values and nothing within, which is found thirty times as fast as counted.
    if b"[" not in raw and raw.find(b"{", 1) < 0 and limits.depth:
        return
    # Almost no other has brackets enough to be worth a walk.
    if raw.count(b"[") + raw.count(b"{") <= limits.depth:
        return
    depth = 0
    for match in _BRACKETS.finditer(raw):
        if match[1]:
            depth += 1
            if depth > limits.depth:
                raise RejectedSpanError(f"{what} nests deeper than {limits.depth} levels")
        elif match[0] in (b"]", b"}"):
            depth -= 1


def _times(span: WireSpan, received_at: int) -> tuple[int, int | None, float]:
    started_at = _moment(span.started_at, "started_at")
    ended_at = _moment(span.ended_at, "ended_at")
    if started_at is not None and ended_at is not None:
        return started_at, ended_at, (ended_at - started_at) / 1000
    duration = _duration(span.duration_ms)
    if started_at is None:
        if ended_at is None:
            return received_at, None, 0.0
        started_at = max(ended_at - int((duration or 0) * 1000), 0)
        return started_at, ended_at, (ended_at - started_at) / 1000
    # A positive duration of a step that has a final status tells its end as well as ended_at.
    if duration and status_of(_text(span.status)) in (Status.SUCCESS, Status.ERROR):
        ended_at = started_at + int(duration * 1000)
        if ended_at < LATEST:
            return started_at, ended_at, duration
    return started_at, None, 0.0


def _moment(value: Any, field: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        return parse_timestamp(value)
    except InvalidError as error:
        raise RejectedSpanError(f"{field} {error}") from None


def _duration(raw: msgspec.Raw) -> float | None:
    if not raw:
        return None
    try:
        value = msgspec.json.decode(raw, type=float | None)
    except msgspec.ValidationError:
        return None
    return value if value is not None and 0 <= value < _LONGEST_MS else None


def _status(sent: str, *, ended: bool) -> str:
    known = status_of(sent)
    if known is None or known == _PENDING:
        # OTLP leaves the status of a step that went well unset; its end tells.
        return _SUCCESS if ended else _PENDING
    return known


def _service(sent: Any, attributes: bytes, fallback: str, limits: Limits) -> str:
    name = _text(sent)
    if not name and b'"service.name"' in attributes:
        try:
            name = _text(said_in(_decode_service(attributes).name))
        except msgspec.ValidationError:
            name = ""
    return (name or fallback)[: limits.name_chars]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.format(bytes(value), indent=-1).decode()
    return msgspec.json.encode(value).decode()


def _object(raw: msgspec.Raw, field: str, limits: Limits) -> tuple[bytes, bool]:
    if not raw:
        return _EMPTY_OBJECT, False
    value = bytes(raw)
    if value in _ABSENT:
        return _EMPTY_OBJECT, False
    if value[:1] != b"{":
        raise RejectedSpanError(f"{field} must be an object")
    check_depth(value, field, limits)
    if len(value) <= limits.blob and len(value) <= limits.value:
        return value, False  # as what follows would say after a look
    return trim_object(value, limits)


def _list(raw: msgspec.Raw, field: str, limits: Limits) -> tuple[bytes, bool]:
    if not raw:
        return _EMPTY_LIST, False
    value = bytes(raw)
    if value in _ABSENT:
        return _EMPTY_LIST, False
    if value[:1] != b"[":
        raise RejectedSpanError(f"{field} must be a list")
    check_depth(value, field, limits)
    return trim_list(value, limits)


def _with_snapshot(attributes: bytes, snapshot: bytes, limits: Limits) -> tuple[bytes, bool]:
    check_depth(snapshot, "replay_snapshot", limits)
    comma = b"" if attributes.rstrip(b"} \t\r\n") == b"{" else b","
    joined = attributes.rstrip()[:-1] + comma + b'"prela.replay_snapshot":' + snapshot + b"}"
    return trim_object(joined, limits)
