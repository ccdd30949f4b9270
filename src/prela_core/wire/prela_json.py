"""Prela JSON: the three bodies that clients post, decoded to records or to reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from prela_core.errors import InvalidError, MalformedError, TooLargeError
from prela_core.model import SpanRecord, TraceRecord, id_fault
from prela_core.wire.decoded import Decoded, Rejected
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import RejectedSpanError, WireSpan, check_depth, normalise
from prela_core.wire.repair import drop_non_finite, plain_text
from prela_core.wire.timestamps import parse_timestamp

__all__ = ["decode_batch", "decode_span", "decode_trace", "read_leniently"]

T = TypeVar("T")


class _WireTrace(msgspec.Struct):
    trace_id: Any = None
    service_name: Any = None
    started_at: Any = None
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
    span = read_leniently(plain_text(body), _span.decode)
    return _decoded([span], received_at=received_at, limits=limits)


def decode_batch(body: bytes, *, received_at: int, limits: Limits) -> Decoded:
    """Read the body of `POST /v1/batch`: a list of spans, or an object with `spans`.

    Spans that can't be taken are in `rejected`. Raises `MalformedError` for what is not JSON,
    `TooLargeError` for too many spans, and `InvalidError` when none of them can be taken.
    """
    body = plain_text(body)
    spans: Sequence[WireSpan | msgspec.Raw]
    if body.lstrip()[:1] == b"[":
        spans = read_leniently(body, _spans.decode, _loose_spans.decode)
    else:
        spans = read_leniently(body, _batch.decode, _loose_batch.decode).spans
    return _decoded(spans, received_at=received_at, limits=limits)


def decode_trace(body: bytes, *, received_at: int, limits: Limits) -> Decoded:
    """Read the body of `POST /v1/traces`: a trace with its spans.

    Raises as `decode_batch` does. Of what the trace says about itself only its id, service
    name, metadata and attributes are kept.
    """
    trace = read_leniently(plain_text(body), _trace.decode, _loose_trace.decode)
    if trace.trace_id is None and trace.resourceSpans:
        raise InvalidError("this is OTLP, not a trace of Prela JSON")
    if fault := id_fault(trace.trace_id):
        raise InvalidError(
            f"trace_id {fault}", [{"pointer": "/trace_id", "detail": f"trace_id {fault}"}]
        )
    service_name = trace.service_name if isinstance(trace.service_name, str) else ""
    decoded = _decoded(
        trace.spans or [],
        trace_id=trace.trace_id,
        service_name=service_name[: limits.name_chars],
        received_at=received_at,
        limits=limits,
    )
    decoded.trace_id = trace.trace_id
    record = _trace_record(trace, service_name[: limits.name_chars], received_at, limits)
    if record.metadata != b"{}" or record.attributes != b"{}" or not decoded.spans:
        decoded.traces.append(record)
    return decoded


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
    spans: Sequence[WireSpan | msgspec.Raw],
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
        span_id = None
        try:
            if not isinstance(sent, WireSpan):
                sent = _span.decode(sent)  # noqa: PLW2901 - the same span, now decoded
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


def _shown(span_id: Any) -> str | None:
    return span_id[:128] if isinstance(span_id, str) else None


def _trace_record(
    trace: _WireTrace, service_name: str, received_at: int, limits: Limits
) -> TraceRecord:
    try:
        started_at = parse_timestamp(trace.started_at)
    except InvalidError:
        started_at = received_at
    return TraceRecord(
        trace_id=trace.trace_id,
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
