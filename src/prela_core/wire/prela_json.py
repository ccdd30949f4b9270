"""Prela JSON: the three bodies that clients post, decoded to records or to reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from prela_core.compiled import compiled
from prela_core.errors import InvalidError, MalformedError, TooLargeError
from prela_core.model import SpanRecord, TraceRecord, id_fault
from prela_core.wire.decoded import Decoded, Rejected
from prela_core.wire.json_frames import has_longer_list
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import (
    RejectedSpanError,
    WireSpan,
    check_depth,
    normalise,
    read_loose_span,
    said_in,
)
from prela_core.wire.repair import drop_non_finite, plain_text
from prela_core.wire.timestamps import parse_timestamp

__all__ = ["decode_batch", "decode_span", "decode_trace", "read_leniently"]

T = TypeVar("T")

_compiled = compiled("prela_json")

_MANY = 4
"""So many objects for each span that is allowed at most don't fill the memory."""


class _WireTrace(msgspec.Struct):
    trace_id: msgspec.Raw = msgspec.Raw()
    service_name: msgspec.Raw = msgspec.Raw()
    started_at: msgspec.Raw = msgspec.Raw()
    attributes: msgspec.Raw = msgspec.Raw()
    metadata: msgspec.Raw = msgspec.Raw()
    spans: list[WireSpan] | None = None
    resourceSpans: msgspec.Raw = msgspec.Raw()  # noqa: N815 - OTLP's own spelling


class _LooseTrace(_WireTrace):
    spans: list[msgspec.Raw] | None = None  # type: ignore[assignment] # the second, slower look


class _WireBatch(msgspec.Struct):
    spans: list[WireSpan]


class _LooseBatch(_WireBatch):
    spans: list[msgspec.Raw]  # type: ignore[assignment] # likewise


_Sent = WireSpan | msgspec.Raw | SpanRecord
"""A span of a list: decoded, or still to be, or a record already."""

_span = msgspec.json.Decoder(WireSpan)
_spans = msgspec.json.Decoder(list[WireSpan])
_loose_spans = msgspec.json.Decoder(list[msgspec.Raw])
_batch = msgspec.json.Decoder(_WireBatch)
_loose_batch = msgspec.json.Decoder(_LooseBatch)
_trace = msgspec.json.Decoder(_WireTrace)
_loose_trace = msgspec.json.Decoder(_LooseTrace)


def decode_span(body: bytes, *, received_at: int, limits: Limits) -> Decoded:
    """Read the body of `POST /v1/spans`: one span.

    Raises `MalformedError` for what is not JSON and `InvalidError` for a span that can't be
    taken.
    """
    body = plain_text(body)
    if _compiled and (record := _compiled.one(body, received_at, limits)):
        return Decoded([record], [], [], 1)
    span = read_leniently(body, _span.decode, read_loose_span)
    return _decoded([span], received_at=received_at, limits=limits)


def decode_batch(body: bytes, *, received_at: int, limits: Limits) -> Decoded:
    """Read the body of `POST /v1/batch`: a list of spans, or an object with `spans`.

    Spans that can't be taken are in `rejected`. Raises `MalformedError` for what is not JSON,
    `TooLargeError` for too many spans, and `InvalidError` when none of them can be taken.
    """
    body = plain_text(body)
    spans: Sequence[_Sent] | None = None
    if _compiled:
        spans = _compiled.batch(body, received_at, limits)
    if spans is None:
        spans = _spans_of_batch(body, limits)
    return _decoded(spans, received_at=received_at, limits=limits)


def decode_trace(body: bytes, *, received_at: int, limits: Limits) -> Decoded:
    """Read the body of `POST /v1/traces`: a trace with its spans.

    Raises as `decode_batch` does. Of what the trace says about itself only its id, service
    name, metadata and attributes are kept.
    """
    body = plain_text(body)
    trace, spans = _trace_apart(body, received_at, limits) or _trace_in_one(body, limits)
    trace_id = _claim(trace.trace_id)
    if trace_id is None and trace.resourceSpans:
        raise InvalidError("this is OTLP, not a trace of Prela JSON")
    if fault := id_fault(trace_id):
        raise InvalidError(
            f"trace_id {fault}", [{"pointer": "/trace_id", "detail": f"trace_id {fault}"}]
        )
    service_name = _service_of(trace, limits)
    decoded = _decoded(
        spans,
        trace_id=trace_id,
        service_name=service_name,
        received_at=received_at,
        limits=limits,
    )
    decoded.trace_id = trace_id
    record = _trace_record(trace, trace_id, service_name, received_at, limits)
    if record.metadata != b"{}" or record.attributes != b"{}" or not decoded.spans:
        decoded.traces.append(record)
    return decoded


def _spans_of_batch(body: bytes, limits: Limits) -> Sequence[_Sent]:
    if body.lstrip()[:1] == b"[":
        return _read_list(body, 1, limits, _spans.decode, _loose_spans.decode)
    return _read_list(body, 2, limits, _batch.decode, _loose_batch.decode).spans


def _trace_in_one(body: bytes, limits: Limits) -> tuple[_WireTrace, Sequence[_Sent]]:
    trace = _read_list(body, 2, limits, _trace.decode, _loose_trace.decode)
    return trace, trace.spans or []


def _trace_apart(
    body: bytes, received_at: int, limits: Limits
) -> tuple[_WireTrace, Sequence[_Sent]] | None:
    """Read a trace and its spans, which need to know of it, one after the other."""
    if not (_compiled and (parts := _compiled.apart(body))):
        return None
    without_spans, place = parts
    trace = read_leniently(without_spans, _trace.decode)
    trace_id = _claim(trace.trace_id)
    if id_fault(trace_id):
        return None
    spans = _compiled.of_trace(
        body, place, trace_id, _service_of(trace, limits), received_at, limits
    )
    return None if spans is None else (trace, spans)


def _read_list(
    body: bytes,
    level: int,
    limits: Limits,
    decode: Callable[[bytes], T],
    decode_loosely: Callable[[bytes], T],
) -> T:
    """Read leniently what has its list of spans at `level`, unless that is too long to decode."""

    def check_length(body: bytes) -> None:
        if has_longer_list(body, level, limits.spans):
            raise TooLargeError(f"over {limits.spans:,} spans in one request; send them in parts")

    def bounded(body: bytes) -> T:
        check_length(body)
        return decode_loosely(body)

    many = _MANY * limits.spans
    if len(body) > many and body.count(b"{") > many:
        check_length(body)
    return read_leniently(body, decode, bounded)


def _claim(raw: msgspec.Raw) -> Any:
    """Give what a trace says in one field; what can't be read stays `Raw`."""
    try:
        return said_in(raw)
    except msgspec.ValidationError:
        return raw


def _service_of(trace: _WireTrace, limits: Limits) -> str:
    name = _claim(trace.service_name)
    return name[: limits.name_chars] if isinstance(name, str) else ""


def read_leniently(body: bytes, *decoders: Callable[[bytes], T]) -> T:
    """Decode with the first decoder that can, mending Python's liberties once if need be.

    `body` has been through `plain_text`. Raises `MalformedError` for what is not JSON, and
    `InvalidError` for what has none of the decoders' shapes.
    """
    mended = False
    refusal: msgspec.ValidationError | None = None
    for decode in decoders:
        while True:
            try:
                return decode(body)
            except msgspec.ValidationError as error:
                refusal = error
                break
            except RecursionError:
                raise MalformedError("the body nests too deeply") from None
            except msgspec.DecodeError as error:
                if mended or not (b"NaN" in body or b"Infinity" in body):
                    raise MalformedError(_sentence(error)) from None
                body, mended = drop_non_finite(body), True
    raise InvalidError(f"the body has the wrong shape: {refusal}") from None


def _sentence(error: msgspec.DecodeError) -> str:
    return f"the body is not valid JSON: {str(error).removeprefix('JSON is malformed: ')[:200]}"


def _decoded(
    spans: Sequence[_Sent],
    *,
    received_at: int,
    limits: Limits,
    trace_id: Any = None,
    service_name: str = "",
) -> Decoded:
    if len(spans) > limits.spans:
        raise TooLargeError(
            f"{len(spans):,} spans in one request; at most {limits.spans:,} are taken"
        )
    taken: list[SpanRecord] = []
    rejected: list[Rejected] = []
    for index, sent in enumerate(spans):
        if isinstance(sent, SpanRecord):
            taken.append(sent)
            continue
        span_id = None
        try:
            if not isinstance(sent, WireSpan):
                sent = _read_span(sent)  # noqa: PLW2901 - the same span, now decoded
            span_id = sent.span_id
            record = normalise(
                sent,
                trace_id=trace_id,
                service_name=service_name,
                received_at=received_at,
                limits=limits,
            )
        except RejectedSpanError as error:
            rejected.append(Rejected(index, _shown(span_id), str(error)))
        except RecursionError:
            rejected.append(Rejected(index, _shown(span_id), "the span nests too deeply"))
        except msgspec.ValidationError as error:
            rejected.append(Rejected(index, None, f"the span has the wrong shape: {error}"))
        else:
            taken.append(record)
    if rejected and not taken:
        raise InvalidError(
            rejected[0].reason
            if len(rejected) == 1
            else f"none of the {len(rejected)} spans can be taken; the first: {rejected[0].reason}",
            [
                {"pointer": f"/spans/{each.index}" if len(spans) > 1 else "", "detail": each.reason}
                for each in rejected[:100]
            ],
        )
    return Decoded(taken, [], rejected, len(spans))


def _read_span(raw: msgspec.Raw) -> WireSpan:
    try:
        return _span.decode(raw)
    except msgspec.ValidationError:
        return read_loose_span(raw)


def _shown(span_id: Any) -> str | None:
    return span_id[:128] if isinstance(span_id, str) else None


def _trace_record(
    trace: _WireTrace, trace_id: str, service_name: str, received_at: int, limits: Limits
) -> TraceRecord:
    try:
        started_at = parse_timestamp(_claim(trace.started_at))
    except InvalidError:
        started_at = received_at
    return TraceRecord(
        trace_id=trace_id,
        service_name=service_name,
        started_at=started_at,
        metadata=_said(trace.metadata, limits),
        attributes=_said(trace.attributes, limits),
    )


def _said(raw: msgspec.Raw, limits: Limits) -> bytes:
    # What a trace says of itself is an extra: when it can't be kept, its spans still are.
    value = bytes(raw)
    if value[:1] != b"{" or len(value) > limits.attributes:
        return b"{}"
    try:
        check_depth(value, "metadata", limits)
    except RejectedSpanError:
        return b"{}"
    return value
