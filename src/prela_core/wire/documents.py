"""Files of spans, cut into bodies that a gateway takes.

File exporters write JSONL, one span or trace a line; people save answers and payloads as
JSON: a trace, a batch, a list of either, a span. All of them are read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
import msgspec

from prela_core.errors import InputError, MalformedError
from prela_core.wire.prela_json import read_leniently
from prela_core.wire.repair import plain_text

__all__ = ["Piece", "Refusal", "cut_document", "cut_lines"]

_SPANS = 1000
_BYTES = 4 * 1024 * 1024


@attrs.frozen
class Piece:
    """A body to post: a trace, or else a list of spans.

    `places` says where each of its spans stood in the file, in the order of the spans.
    """

    body: bytes
    is_trace: bool
    places: list[str]


@attrs.frozen
class Refusal:
    """A part of a file that is no span, and why."""

    place: str
    reason: str


class _Trace(msgspec.Struct, omit_defaults=True):
    spans: list[msgspec.Raw]
    trace_id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    service_name: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    started_at: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    attributes: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_read_trace = msgspec.json.Decoder(_Trace).decode
_read_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_any = msgspec.json.Decoder(msgspec.Raw).decode
_encode = msgspec.json.Encoder().encode


def cut_lines(lines: Iterable[bytes]) -> Iterator[Piece | Refusal]:
    """Cut JSONL into pieces; a line that can't be read is refused alone. Blank lines are none."""
    waiting: list[tuple[str, bytes]] = []
    size = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            value = bytes(read_leniently(plain_text(line), _read_any))
        except InputError as error:
            yield Refusal(place, str(error))
            continue
        if trace := _as_trace(value):
            yield from _cut_trace(trace, place)
            continue
        waiting.append((place, value))
        size += len(value)
        if len(waiting) >= _SPANS or size >= _BYTES:
            yield _batch(waiting)
            waiting, size = [], 0
    if waiting:
        yield _batch(waiting)


def cut_document(text: bytes) -> Iterator[Piece | Refusal]:
    """Cut one JSON document into pieces. Raises `MalformedError` when it is not one."""
    value = bytes(read_leniently(plain_text(text), _read_any))
    if value[:1] == b"[":
        items = [(f"item {number}", bytes(item)) for number, item in enumerate(_read_list(value))]
    elif value[:1] == b"{":
        items = [("document", value)]
    else:
        raise MalformedError("the document is neither an object nor a list")
    spans: list[tuple[str, bytes]] = []
    for place, item in items:
        if trace := _as_trace(item):
            yield from _cut_trace(trace, "" if len(items) == 1 else place)
        else:
            spans.append((place, item))
    for start in range(0, len(spans), _SPANS):
        yield _batch(spans[start : start + _SPANS])


def _as_trace(value: bytes) -> _Trace | None:
    if b'"spans"' not in value:
        return None
    try:
        return _read_trace(value)
    except msgspec.ValidationError:
        return None


def _cut_trace(trace: _Trace, place: str) -> Iterator[Piece]:
    prefix = f"{place}, " if place else ""
    spans = [(f"{prefix}span {number}", bytes(raw)) for number, raw in enumerate(trace.spans)]
    for start in range(0, max(len(spans), 1), _SPANS):
        part = spans[start : start + _SPANS]
        if trace.trace_id is msgspec.UNSET:
            yield _batch(part)
            continue
        whole = msgspec.structs.replace(trace, spans=[msgspec.Raw(raw) for _, raw in part])
        yield Piece(_encode(whole), is_trace=True, places=[where for where, _ in part])


def _batch(spans: list[tuple[str, bytes]]) -> Piece:
    body = b"[" + b",".join(raw for _, raw in spans) + b"]"
    return Piece(body, is_trace=False, places=[place for place, _ in spans])
