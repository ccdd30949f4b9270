"""Files of spans, cut into bodies that a gateway takes.

File exporters write JSONL, one span, trace or OTLP request a line; people save answers and
payloads as JSON: a trace, a batch, a list of either, a span, a request. All of them are read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import msgspec

from prela_core.errors import InputError, InvalidError, MalformedError
from prela_core.wire.forms import Form
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import check_depth
from prela_core.wire.otlp import is_otlp_json
from prela_core.wire.otlp_cuts import cut_json, cut_protobuf
from prela_core.wire.prela_json import read_leniently
from prela_core.wire.repair import plain_text

__all__ = ["Piece", "Refusal", "cut_document", "cut_lines", "cut_requests"]

_SPANS = 1000
_BYTES = 4 * 1024 * 1024
"""A piece has no more than this, unless one span alone has: well below what a server takes."""

_DEPTH = Limits(depth=Limits().depth + 1)
"""A span's own braces are a level around those of its attributes, which are bounded by default."""


@attrs.frozen
class Piece:
    """A body to post, of any form but that of a single span.

    `place` says where it began in the file, and `places` where each of its spans stood, in their
    order.
    """

    body: bytes
    form: Form
    place: str
    places: list[str]


@attrs.frozen
class Refusal:
    """A part of a file that is no span, and why."""

    place: str
    reason: str


class _Trace(msgspec.Struct, omit_defaults=True):
    spans: list[msgspec.Raw]
    span_id: Any = None
    trace_id: Any = None
    service_name: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    started_at: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    attributes: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Marks(msgspec.Struct):
    span_id: msgspec.Raw = msgspec.Raw()
    span_type_sent: msgspec.Raw = msgspec.Raw()
    created_at: msgspec.Raw = msgspec.Raw()
    spans: msgspec.Raw = msgspec.Raw()


_read_marks = msgspec.json.Decoder(_Marks).decode
_read_trace = msgspec.json.Decoder(_Trace).decode
_read_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_any = msgspec.json.Decoder(msgspec.Raw).decode
_encode = msgspec.json.Encoder().encode


def cut_lines(lines: Iterable[bytes]) -> Iterator[Piece | Refusal]:
    """Cut JSONL into pieces; a line that can't be read is refused alone. Blank lines are none.

    A line holds a span, a trace, a batch or a list of those.
    """
    waiting = _Waiting(Form.BATCH)
    stored = _Waiting(Form.STORED)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            items = _items(_value(line), place)
        except InputError as error:
            yield Refusal(place, _about_this(error))
            continue
        for where, item in items:
            yield from _pieces_of(item, where, waiting, stored)
    yield from waiting.take()
    yield from stored.take()


def cut_document(text: bytes) -> Iterator[Piece | Refusal]:
    """Cut one JSON document into pieces. Raises `MalformedError` when it is not one."""
    try:
        items = _items(_value(text), "")
    except InputError as error:
        raise MalformedError(_about_this(error)) from error
    waiting = _Waiting(Form.BATCH)
    stored = _Waiting(Form.STORED)
    for place, item in items:
        yield from _pieces_of(item, place, waiting, stored)
    yield from waiting.take()
    yield from stored.take()


def cut_requests(requests: Iterable[bytes]) -> Iterator[Piece | Refusal]:
    """Cut requests of OTLP in protobuf into pieces; one that can't be read is refused alone."""
    for number, request in enumerate(requests, 1):
        yield from _otlp_pieces(Form.OTLP_PROTOBUF, cut_protobuf(request), f"request {number}")


def _otlp_pieces(
    form: Form, cut: Iterator[tuple[bytes, int]], place: str
) -> Iterator[Piece | Refusal]:
    prefix = f"{place}, " if place else ""
    start = 0
    try:
        for body, count in cut:
            places = [f"{prefix}span {number}" for number in range(start, start + count)]
            yield Piece(
                body,
                form,
                f"{prefix}from span {start} on" if start else place or "document",
                places,
            )
            start += count
    except InputError as error:
        yield Refusal(place or "document", _about_this(error))


class _Waiting:
    """Spans that go into the next list, until it is as large as one may be."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._spans: list[tuple[str, bytes]] = []
        self._size = 0

    def add(self, place: str, span: bytes) -> Iterator[Piece]:
        if self._size + len(span) > _BYTES:
            yield from self.take()
        self._spans.append((place, span))
        self._size += len(span)
        if len(self._spans) >= _SPANS:
            yield from self.take()

    def take(self) -> Iterator[Piece]:
        if self._spans:
            body = b"[" + b",".join(span for _, span in self._spans) + b"]"
            places = [place for place, _ in self._spans]
            yield Piece(body, self._form, places[0], places)
            self._spans, self._size = [], 0


def _value(text: bytes) -> bytes:
    return bytes(read_leniently(plain_text(text), _read_any)).strip()


def _about_this(error: InputError) -> str:
    """Put what is said of a request's body in words for a part of a file."""
    return str(error).replace("the body", "this", 1)


def _items(value: bytes, place: str) -> list[tuple[str, bytes]]:
    """Give the objects of a line or document, each with its place."""
    if value[:1] == b"[":
        prefix = f"{place}, " if place else ""
        found = enumerate(_read_list(value))
        return [(f"{prefix}item {number}", bytes(item)) for number, item in found]
    if value[:1] == b"{":
        return [(place, value)]
    raise MalformedError("this is neither an object nor a list")


def _pieces_of(
    item: bytes, place: str, waiting: _Waiting, stored: _Waiting
) -> Iterator[Piece | Refusal]:
    if _is_stored(item):
        yield from _add([(place or "document", item)], stored)
        return
    trace = _as_trace(item)
    if trace is None and is_otlp_json(item):
        yield from _otlp_pieces(Form.OTLP_JSON, cut_json(item), place)
        return
    if trace is None:
        yield from _add([(place or "document", item)], waiting)
        return
    prefix = f"{place}, " if place else ""
    spans = [(f"{prefix}span {number}", bytes(raw)) for number, raw in enumerate(trace.spans)]
    if trace.trace_id is None:
        yield from _add(spans, waiting)
        return
    shallow = []
    for where, span in spans:
        if fault := _depth_fault(span):
            yield Refusal(where, fault)
        else:
            shallow.append((where, span))
    for part in _parts(shallow):
        whole = msgspec.structs.replace(trace, spans=[msgspec.Raw(span) for _, span in part])
        places = [where for where, _ in part]
        yield Piece(_encode(whole), Form.TRACE, place or "document", places)


def _add(spans: list[tuple[str, bytes]], waiting: _Waiting) -> Iterator[Piece | Refusal]:
    for place, span in spans:
        if fault := _depth_fault(span):
            yield Refusal(place, fault)
        else:
            yield from waiting.add(place, span)


def _depth_fault(span: bytes) -> str:
    """Say that a span nests so deeply that the others of its piece could not be read either."""
    try:
        check_depth(span, "the span", _DEPTH)
    except InvalidError as error:
        return str(error)
    return ""


def _as_trace(value: bytes) -> _Trace | None:
    if b'"spans"' not in value:
        return None
    try:
        trace = _read_trace(value)
    except msgspec.ValidationError:
        return None
    # A span may bring fields that we don't know, `spans` among them.
    return trace if trace.span_id is None else None


def _is_stored(value: bytes) -> bool:
    """Say whether it is an exported span, or what was exported of a trace as a whole."""
    if b'"created_at"' not in value:
        return False
    try:
        marks = _read_marks(value)
    except msgspec.ValidationError:
        return False
    if not marks.created_at:
        return False
    return bool(marks.span_type_sent) if marks.span_id else bytes(marks.spans) == b"[]"


def _parts(spans: list[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Cut the spans of a trace; one without any is one part."""
    start = size = 0
    for at, (_, span) in enumerate(spans):
        if at > start and (at - start == _SPANS or size + len(span) > _BYTES):
            yield spans[start:at]
            start, size = at, 0
        size += len(span)
    yield spans[start:]
