"""What spans of one resource and one instrumentation scope share, written once for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from prela_core.model import Flag
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError, check_depth
from prela_core.wire.trim import trim_object

__all__ = [
    "Origin",
    "Resource",
    "Scope",
    "origin_or_why",
    "resource_or_why",
    "room_for_shared",
]

_LEAST = 256
_MOST = 64 * 1024
_SHARED = 2
"""How many times the bound on a body the attributes of resources may take, over all spans."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@attrs.frozen
class Scope:
    """The instrumentation scope of spans: the library that made them."""

    name: str = ""
    version: str = ""
    attributes: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Resource:
    """What spans of one resource share, cut to what each of them may hold of it."""

    service_name: str
    attributes: Mapping[str, msgspec.Raw]
    flags: int


@attrs.frozen
class Origin:
    """The attributes that every span gets from its resource and its scope.

    `fragment` is them as the inside of a JSON object, to be put into the bytes of a span's own.
    """

    service_name: str
    attributes: dict[str, msgspec.Raw]
    fragment: bytes
    flags: int


def room_for_shared(spans: int, limits: Limits) -> int:
    """Say how many bytes each of so many spans may hold of its resource and scope."""
    return min(max(_SHARED * limits.body // max(spans, 1), _LEAST), _MOST)


def resource_or_why(
    attributes: Mapping[str, Any], *, room: int, limits: Limits
) -> Resource | RejectedSpanError:
    """Put the attributes of a resource in our spelling, in at most `room` bytes or so.

    They are repeated on every span: without a bound, one long attribute of a resource and many
    short spans would fill the memory. They are cut before they meet a scope, since there may be
    as many scopes as spans. For what nests too deeply it gives the error of its spans.
    """
    try:
        return _resource(attributes, room, limits)
    except RejectedSpanError as error:
        return error


def origin_or_why(
    resource: Resource | RejectedSpanError, scope: Scope, *, room: int, limits: Limits
) -> Origin | RejectedSpanError:
    """Put a scope beside its resource, both in `room` bytes; gives errors likewise."""
    if isinstance(resource, RejectedSpanError):
        return resource
    try:
        return _origin(resource, scope, room, limits)
    except RejectedSpanError as error:
        return error


def _resource(attributes: Mapping[str, Any], room: int, limits: Limits) -> Resource:
    service = attributes.get("service.name")
    raw, flags = _cut(
        {f"resource.{key}": value for key, value in attributes.items() if key != "service.name"},
        room=room,
        limits=limits,
    )
    return Resource(service if isinstance(service, str) else "", _decode(raw), flags)


def _origin(resource: Resource, scope: Scope, room: int, limits: Limits) -> Origin:
    shared: dict[str, Any] = {}
    if scope.name:
        shared["otel.scope.name"] = scope.name
    if scope.version:
        shared["otel.scope.version"] = scope.version
    for key, value in scope.attributes.items():
        shared.setdefault(f"otel.scope.{key}", value)
    raw, flags = _cut({**shared, **resource.attributes}, room=room, limits=limits)
    return Origin(resource.service_name, _decode(raw), raw[1:-1], flags | resource.flags)


def _cut(shared: Mapping[str, Any], *, room: int, limits: Limits) -> tuple[bytes, int]:
    raw = _encode(shared)
    check_depth(raw, "the attributes of the resource or the scope", limits)
    raw, cut = trim_object(
        raw, attrs.evolve(limits, attributes=room, value=min(room, limits.value))
    )
    return raw, Flag.TRUNCATED.value if cut else 0
