"""Spans cut into requests that a server takes: bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import attrs
import msgspec

from prela_core.model import Span
from prela_core.wire.encode import span_to_json, trace_to_json

__all__ = ["Encoded", "body_of", "encoded", "parts_of"]

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


@attrs.frozen(eq=False)
class Encoded(Generic[T]):
    """A span and what stands for it in a request, which takes `size` bytes there."""

    span: Span
    payload: T
    size: int


def parts_of(
    spans: Iterable[Encoded[T]], *, most: int, most_bytes: int
) -> Iterator[list[Encoded[T]]]:
    """Cut `spans`, in their order, into parts of at most `most` spans and `most_bytes` bytes.

    A span that is larger by itself is a part of its own.
    """
    part: list[Encoded[T]] = []
    size = 0
    for one in spans:
        if part and (len(part) == most or size + one.size > most_bytes):
            yield part
            part, size = [], 0
        part.append(one)
        size += one.size
    if part:
        yield part


def encoded(spans: Iterable[Span]) -> Iterator[Encoded[msgspec.Raw]]:
    """Encode spans as Prela JSON, those of a trace one after the other.

    A span without a service's name gets that of its trace here (the root's, or else the earliest
    there is), so that it does not matter which spans it is sent with.
    """
    by_trace: dict[str, list[Span]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    for group in by_trace.values():
        service_name = _service_of(group)
        for span in group:
            named = span if span.service_name else attrs.evolve(span, service_name=service_name)
            payload = _encode(span_to_json(named))
            yield Encoded(named, msgspec.Raw(payload), len(payload) + 1)


def _service_of(spans: list[Span]) -> str:
    named = [span for span in spans if span.service_name]
    if not named:
        return ""
    first = min(named, key=lambda span: (span.parent_span_id is not None, span.started_at))
    return first.service_name


def body_of(part: list[Encoded[msgspec.Raw]]) -> tuple[str, bytes]:
    """Give the path and the body that send `part`: a trace by itself, else a batch."""
    if len({one.span.trace_id for one in part}) == 1:
        trace = trace_to_json([one.span for one in part], [one.payload for one in part])
        return "/v1/traces", _encode(trace)
    return "/v1/batch", _encode({"spans": [one.payload for one in part]})
