"""OTLP of any length, cut into bodies that a gateway takes.

A file may hold the requests of a day, and each span is of some resource and scope: what is cut
off gets these again. Nothing of a span is looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from prela_core.errors import InvalidError, MalformedError
from prela_core.wire.otlp import in_camel_case
from prela_core.wire.protobuf_frames import field, messages

__all__ = ["cut_json", "cut_protobuf", "is_framed", "is_protobuf", "read_frames"]

_SPANS = 1000
_BYTES = 4 * 1024 * 1024

_Part = tuple[bytes, bytes, Sequence[bytes]]
"""A resource, a scope and spans of theirs, none of them decoded."""

# Fields of the messages in opentelemetry/proto/trace/v1, by their numbers.
_RESOURCE_SPANS = 1
_RESOURCE, _SCOPE_SPANS, _SCHEMA_URL = 1, 2, 3
_SCOPE, _SPAN = 1, 2
_OF_RESOURCE_SPANS = frozenset({_RESOURCE, _SCOPE_SPANS, _SCHEMA_URL})
_BEGINS = frozenset({b"\n", b"\x12", b"\x1a"})
"""How a field of those begins that has a length."""
_GOES_ON = bytes(range(0x80, 0x100))
"""What of a length is not its last byte."""

_SIZE = 4
"""Bytes of the length before each message, the highest first, as the OpenTelemetry collector's
file exporter writes it with `format: proto`."""


class _ScopeSpans(msgspec.Struct, rename="camel"):
    scope: msgspec.Raw = msgspec.Raw(b"null")
    spans: list[msgspec.Raw] | None = None


class _ResourceSpans(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw = msgspec.Raw(b"null")
    scope_spans: list[_ScopeSpans] | None = None


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] | None = None


_read_request = msgspec.json.Decoder(_Request).decode


def cut_json(body: bytes) -> Iterator[tuple[bytes, int]]:
    """Cut a request into bodies, each with the number of its spans.

    Raises `InvalidError` for what has another shape.
    """
    try:
        request = _read_request(in_camel_case(body))
    except msgspec.ValidationError as error:
        raise InvalidError(f"this is OTLP of the wrong shape: {error}") from None
    yield from _cut(
        (
            (bytes(each.resource), bytes(group.scope), [bytes(span) for span in group.spans])
            for each in request.resource_spans or ()
            for group in each.scope_spans or ()
            if group.spans
        ),
        _json_part,
        _json_body,
    )


def cut_protobuf(body: bytes) -> Iterator[tuple[bytes, int]]:
    """Cut a request, else as `cut_json`. Raises `MalformedError` for what is none."""
    yield from _cut(_protobuf_parts(body), _protobuf_part, b"".join)


def is_protobuf(head: bytes, whole: Callable[[], bytes]) -> bool:
    """Say whether what begins with `head` is a request in protobuf, and no text.

    Both may begin with an empty line. `whole` gives all of it, and is asked when it may be so.
    """
    size = len(head) - len(head[1:].lstrip(_GOES_ON)) + 1
    if not head.startswith(b"\n") or head[size : size + 1] not in _BEGINS:
        return False
    try:
        body = whole()
        return all(
            outer == _RESOURCE_SPANS and inner in _OF_RESOURCE_SPANS
            for outer, start, end in messages(body, 0, len(body))
            for inner, _, _ in messages(body, start, end)
        )
    except MalformedError:
        return False


def is_framed(head: bytes) -> bool:
    """Say whether what begins with `head` are requests in protobuf, each after its length."""
    return head[:1] == b"\0" and head[_SIZE : _SIZE + 1] == b"\n"


def read_frames(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Read requests, each after its length; `MalformedError` when the last is cut off."""
    while size := read(_SIZE):
        length = int.from_bytes(size, "big")
        message = read(length)
        if len(size) < _SIZE or len(message) < length:
            raise MalformedError("the last request is cut off")
        yield message


def _cut(
    parts: Iterable[_Part],
    encode: Callable[[_Part], bytes],
    join: Callable[[list[bytes]], bytes],
) -> Iterator[tuple[bytes, int]]:
    body: list[bytes] = []
    count = size = 0
    for resource, scope, spans in parts:
        waiting: list[bytes] = []
        size += len(resource) + len(scope)
        for span in spans:
            if count and (count == _SPANS or size + len(span) > _BYTES):
                body += [encode((resource, scope, waiting))] if waiting else []
                yield join(body), count
                body, waiting = [], []
                count, size = 0, len(resource) + len(scope)
            waiting.append(span)
            count += 1
            size += len(span)
        body.append(encode((resource, scope, waiting)))
    if count:
        yield join(body), count


def _json_part(part: _Part) -> bytes:
    resource, scope, spans = part
    inner = b'{"scope":' + scope + b',"spans":[' + b",".join(spans) + b"]}"
    return b'{"resource":' + resource + b',"scopeSpans":[' + inner + b"]}"


def _json_body(parts: list[bytes]) -> bytes:
    return b'{"resourceSpans":[' + b",".join(parts) + b"]}"


def _protobuf_part(part: _Part) -> bytes:
    resource, scope, spans = part
    inner = field(_SCOPE, scope) + b"".join(field(_SPAN, span) for span in spans)
    return field(_RESOURCE_SPANS, field(_RESOURCE, resource) + field(_SCOPE_SPANS, inner))


def _protobuf_parts(body: bytes) -> Iterator[_Part]:
    for first, last in _inside(body, 0, len(body), _RESOURCE_SPANS):
        # A message that comes twice where one is meant is to be merged: so is what is joined.
        resource = b"".join(body[at:to] for at, to in _inside(body, first, last, _RESOURCE))
        for start, end in _inside(body, first, last, _SCOPE_SPANS):
            scope = b"".join(body[at:to] for at, to in _inside(body, start, end, _SCOPE))
            yield resource, scope, [body[at:to] for at, to in _inside(body, start, end, _SPAN)]


def _inside(body: bytes, start: int, end: int, number: int) -> Iterator[tuple[int, int]]:
    return ((at, to) for one, at, to in messages(body, start, end) if one == number)
