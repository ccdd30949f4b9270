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

from prela_core.errors import InputError, MalformedError, TooLargeError
from prela_core.model import SpanRecord
from prela_core.wire.decoded import Decoded, Rejected
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError
from prela_core.wire.otlp_noise import ScopeFilter, adopt
from prela_core.wire.otlp_origin import Origin, Resource, Scope, origin_of, resource_of
from prela_core.wire.otlp_span import OtlpSpan, otlp_record, span_key
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

_SHARED = 2
"""How many times the bound on a body the attributes of resources may take, over all spans."""
_GROWTH = 4
"""How many times the bound on a body its spans may take as records: what is two bytes of protobuf
may be fifty of JSON."""
_LEAST_EVENT = 32
"""Bytes of the bound on a body for each event and link. Exporters write more, for a name and a
moment; what has fewer is made to keep us busy with empty ones, in spans that are refused too."""

_SHOWN = 128
"""Characters of an id that an answer repeats."""

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
    from prela_core.wire.otlp_protobuf import groups, read_span  # noqa: PLC0415 - heavy

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
    room = _SHARED * limits.body // max(total, 1)
    collected = _Collected(received_at, limits)
    origins = _Origins(room, limits)
    for group in groups:
        drops = dropped.drops(group.scope.name)
        origin = origins.of(group)
        for raw in group.spans:
            collected.add(raw, read, origin, drops=drops)
    if collected.undecodable and collected.undecodable == total:
        raise MalformedError(collected.rejected[0].reason)
    if collected.dropped:
        adopt(collected.taken, collected.dropped)
    return Decoded(collected.taken, [], collected.rejected, total)


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
            self._resource = self._of_resource(group.resource)
        if isinstance(self._resource, RejectedSpanError):
            return self._resource
        try:
            return origin_of(self._resource, group.scope, room=self._room, limits=self._limits)
        except RejectedSpanError as error:
            return error

    def _of_resource(self, attributes: Mapping[str, Any]) -> Resource | RejectedSpanError:
        try:
            return resource_of(attributes, room=self._room, limits=self._limits)
        except RejectedSpanError as error:
            return error


@attrs.define
class _Collected:
    """What has become of the spans of a request so far; `dropped` has the parents by both ids."""

    received_at: int
    limits: Limits
    taken: list[SpanRecord] = attrs.field(factory=list)
    rejected: list[Rejected] = attrs.field(factory=list)
    dropped: dict[tuple[str, str], str] = attrs.field(factory=dict)
    undecodable: int = 0
    index: int = 0
    size: int = 0
    events: int = 0

    def add(
        self,
        raw: Any,
        read: Callable[[Any], OtlpSpan],
        origin: Origin | RejectedSpanError,
        *,
        drops: bool,
    ) -> None:
        span_id = None
        try:
            span = read(raw)
            span_id = span.span_id.hex()[:_SHOWN] or None
            self._count_events(span)
            if drops:
                self.dropped[span_key(span)] = span.parent_span_id.hex()
            elif isinstance(origin, RejectedSpanError):
                self._refuse(span_id, str(origin))
            else:
                self._take(
                    otlp_record(span, origin, received_at=self.received_at, limits=self.limits)
                )
        except RejectedSpanError as error:
            self._refuse(span_id, str(error))
        except MalformedError as error:
            self.undecodable += 1
            self._refuse(span_id, str(error))
        except RecursionError:
            self._refuse(span_id, "the span nests too deeply")
        self.index += 1

    def _count_events(self, span: OtlpSpan) -> None:
        self.events += len(span.events) + len(span.links)
        most = self.limits.body // _LEAST_EVENT
        if self.events > most:
            raise TooLargeError(f"over {most:,} events and links in one request; send it in parts")

    def _take(self, record: SpanRecord) -> None:
        self.taken.append(record)
        self.size += len(record.attributes) + len(record.events) + len(record.links)
        most = _GROWTH * self.limits.body
        if self.size > most:
            raise TooLargeError(f"the spans take over {most:,} bytes as JSON; send them in parts")

    def _refuse(self, span_id: str | None, reason: str) -> None:
        self.rejected.append(Rejected(self.index, span_id, reason))
