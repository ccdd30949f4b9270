"""What Prela is about: spans, events, traces and their ids."""

from __future__ import annotations

from prela_core.model.ids import MAX_ID_LENGTH, id_fault, new_span_id, new_trace_id
from prela_core.model.record import Flag, SpanBatch, SpanRecord, TraceRecord
from prela_core.model.span import Span, SpanEvent, SpanLink, SpanType, Status
from prela_core.model.times import EPOCH, from_micros, to_micros, to_rfc3339

__all__ = [
    "EPOCH",
    "MAX_ID_LENGTH",
    "Flag",
    "Span",
    "SpanBatch",
    "SpanEvent",
    "SpanLink",
    "SpanRecord",
    "SpanType",
    "Status",
    "TraceRecord",
    "from_micros",
    "id_fault",
    "new_span_id",
    "new_trace_id",
    "to_micros",
    "to_rfc3339",
]
