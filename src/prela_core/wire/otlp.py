"""OTLP: what its two encodings have in common.

https://opentelemetry.io/docs/specs/otlp/. The encodings are read in modules of their own, which
are imported when such a body comes; protobuf needs the package `opentelemetry-proto`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import msgspec

from prela_core.errors import InputError
from prela_core.wire.decoded import Decoded
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError
from prela_core.wire.otlp_collected import Collected
from prela_core.wire.otlp_noise import ScopeFilter
from prela_core.wire.otlp_origin import (
    Origin,
    Resource,
    Scope,
    origin_or_why,
    resource_or_why,
    room_for_shared,
)
from prela_core.wire.otlp_span import OtlpSpan
from prela_core.wire.prela_json import read_leniently
from prela_core.wire.repair import plain_text

__all__ = [
    "Group",
    "collect",
    "decode_otlp_json",
    "decode_otlp_protobuf",
    "in_camel_case",
    "is_otlp_json",
]

_KEEP_ALL = ScopeFilter()

_FIRST_KEY = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"resource(?:S|_s)pans"')


_SNAKE_KEY = re.compile(rb'"([a-z]+(?:_[a-z]+)+)"(?=\s*:)')


class _Hint(msgspec.Struct):
    trace_id: msgspec.Raw = msgspec.Raw()
    resourceSpans: msgspec.Raw = msgspec.Raw()  # noqa: N815 - OTLP's own spelling
    resource_spans: msgspec.Raw = msgspec.Raw()


_read_hint = msgspec.json.Decoder(_Hint).decode


@attrs.frozen
class Group:
    """Spans of one resource and one scope, not yet decoded; `resource` holds its attributes."""

    resource: Mapping[str, Any]
    scope: Scope
    spans: Sequence[Any]


def is_otlp_json(body: bytes) -> bool:
    """Say whether JSON that may also be a trace of Prela JSON is OTLP: it has `resourceSpans`."""
    if _FIRST_KEY.match(body):
        return True
    if b'"resourceSpans"' not in body and b'"resource_spans"' not in body:
        return False
    try:
        hint = read_leniently(plain_text(body), _read_hint)
    except InputError:
        return False
    return bytes(hint.trace_id) in {b"", b"null"} and bool(
        hint.resourceSpans or hint.resource_spans
    )


def in_camel_case(body: bytes) -> bytes:
    """Give a request whose fields are in snake_case with those of the standard."""
    return _SNAKE_KEY.sub(_camel_key, body) if b'"resource_spans"' in body else body


def _camel_key(match: re.Match[bytes]) -> bytes:
    first, *others = match[1].split(b"_")
    return b'"' + first + b"".join(each.capitalize() for each in others) + b'"'


def decode_otlp_protobuf(
    body: bytes, *, received_at: int, limits: Limits, dropped: ScopeFilter = _KEEP_ALL
) -> Decoded:
    """Read an `ExportTraceServiceRequest` as protobuf.

    Spans that can't be taken are in `rejected`, be it all of them; spans of `dropped` scopes
    are only counted. Raises `MalformedError` for what can't be decoded, and `TooLargeError`.
    """
    from prela_core.wire.otlp_quick import decode_quickly  # noqa: PLC0415 - heavy

    quickly = decode_quickly(body, received_at=received_at, limits=limits, dropped=dropped)
    if quickly is not None:
        return quickly

    from prela_core.wire.otlp_protobuf import groups, read_span  # noqa: PLC0415 - likewise

    return collect(
        groups(body, limits), read_span, received_at=received_at, limits=limits, dropped=dropped
    )


def decode_otlp_json(
    body: bytes, *, received_at: int, limits: Limits, dropped: ScopeFilter = _KEEP_ALL
) -> Decoded:
    """Read an `ExportTraceServiceRequest` as JSON; otherwise as `decode_otlp_protobuf`."""
    from prela_core.wire.otlp_json import groups, read_span  # noqa: PLC0415 - rarely needed

    return collect(
        groups(body, limits), read_span, received_at=received_at, limits=limits, dropped=dropped
    )


def collect(
    groups: Sequence[Group],
    read: Callable[[Any], OtlpSpan],
    *,
    received_at: int,
    limits: Limits,
    dropped: ScopeFilter,
) -> Decoded:
    """Read each span of `groups`, and make records of those that can be taken and are wanted.

    `read` raises `MalformedError` for a span that can't be decoded. One such span is refused like
    any other that is wrong; when there are only such, so is the whole request.
    """
    total = sum(len(group.spans) for group in groups)
    collected = Collected(received_at, limits)
    origins = _Origins(room_for_shared(total, limits), limits)
    for group in groups:
        drops = dropped.drops(group.scope.name)
        origin = origins.of(group)
        for raw in group.spans:
            collected.add(raw, read, origin, drops=drops)
    return collected.decoded(total)


class _Origins:
    """Gives the origin of each group; a resource is written once for all of its scopes."""

    def __init__(self, room: int, limits: Limits) -> None:
        self._room = room
        self._limits = limits
        self._written: Mapping[str, Any] | None = None
        self._resource: Resource | RejectedSpanError

    def of(self, group: Group) -> Origin | RejectedSpanError:
        """Give what the spans of `group` share, or why none of them can be taken."""
        if self._written is not group.resource:
            self._written = group.resource
            self._resource = resource_or_why(group.resource, room=self._room, limits=self._limits)
        return origin_or_why(self._resource, group.scope, room=self._room, limits=self._limits)
