"""OTLP as protobuf, as far as it is compiled: what is usual in a request, and nothing else.

What a resource and a scope come to is kept, since a sender repeats the same bytes of both in every
request.
"""

from __future__ import annotations

from functools import lru_cache

from prela_core.compiled import compiled
from prela_core.wire.decoded import Decoded
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError
from prela_core.wire.otlp_collected import Collected
from prela_core.wire.otlp_noise import ScopeFilter
from prela_core.wire.otlp_origin import (
    Origin,
    Resource,
    origin_or_why,
    resource_or_why,
    room_for_shared,
)
from prela_core.wire.otlp_protobuf import read_resource, read_scope, read_span

__all__ = ["decode_quickly"]

_KEPT = 64
_LARGEST_KEPT = 4096
"""Bytes of a resource and its scope. Hundreds of attributes of a letter each may take a hundred
times as many once they are read, so all that is kept stays below 30 MB."""

_compiled = compiled("otlp")

_Shared = tuple[str, Origin | RejectedSpanError]


def decode_quickly(
    body: bytes, *, received_at: int, limits: Limits, dropped: ScopeFilter
) -> Decoded | None:
    """Read a request; None where nothing is compiled, or the request as a whole is unusual.

    Spans that are unusual are read one by one as ever. Raises what `decode_otlp_protobuf` does.
    """
    if _compiled is None:
        return None
    groups = _compiled.split(body, limits.spans)
    if groups is None:
        return None
    total = sum([len(spans) for _, _, spans in groups])
    origins = _Origins(room_for_shared(total, limits), limits)
    shared = [origins.of(resource, scope) for resource, scope, _ in groups]
    collected = Collected(received_at, limits)
    for (_, _, spans), (scope_name, origin) in zip(groups, shared, strict=True):
        drops = dropped.drops(scope_name)
        made = None
        if not drops and not isinstance(origin, RejectedSpanError):
            made = _compiled.records(
                spans,
                origin,
                received_at,
                limits,
                collected.most_size - collected.size,
                collected.most_events - collected.events,
            )
        if made is None:
            for raw in spans:
                collected.add(raw, read_span, origin, drops=drops)
        elif not made.left:
            collected.put_all(made.records, events=made.all_events, size=made.size)
        else:
            for at, (record, events) in enumerate(zip(made.records, made.events, strict=True)):
                if record is None:
                    collected.add(spans[at], read_span, origin, drops=False)
                else:
                    collected.put(record, events)
    return collected.decoded(total)


class _Origins:
    """Gives name of the scope and origin of each group, from what is kept if it is there.

    A resource is read once for all of its scopes, of which there may be as many as spans.
    """

    def __init__(self, room: int, limits: Limits) -> None:
        self._room = room
        self._limits = limits
        self._read: bytes | None = None
        self._resource: Resource | RejectedSpanError

    def of(self, resource: bytes, scope: bytes) -> _Shared:
        if len(resource) + len(scope) <= _LARGEST_KEPT:
            return _kept(resource, scope, self._room, self._limits)
        if self._read is not resource:
            self._read = resource
            self._resource = _resource(resource, self._room, self._limits)
        return _beside(self._resource, scope, self._room, self._limits)


@lru_cache(maxsize=_KEPT)
def _kept(resource: bytes, scope: bytes, room: int, limits: Limits) -> _Shared:
    return _beside(_kept_resource(resource, room, limits), scope, room, limits)


def _beside(
    resource: Resource | RejectedSpanError, raw: bytes, room: int, limits: Limits
) -> _Shared:
    scope = read_scope(raw)
    return scope.name, origin_or_why(resource, scope, room=room, limits=limits)


def _resource(raw: bytes, room: int, limits: Limits) -> Resource | RejectedSpanError:
    return resource_or_why(read_resource(raw), room=room, limits=limits)


_kept_resource = lru_cache(maxsize=_KEPT)(_resource)
