"""A trace's row, computed from its spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import fsum

import attrs
from msgspec import Raw

from prela_core.model import Status
from prela_core.store.results import OpenTrace, StoredSpan, TraceDetail, TraceSummary

__all__ = [
    "AGGREGATING_TYPES",
    "EMPTY_METADATA",
    "counted",
    "detail",
    "open_whole",
    "summarise",
    "summarise_empty",
    "total",
]

AGGREGATING_TYPES = ("agent", "chain")
"""Types of span that repeat the tokens and cost of their children."""

EMPTY_METADATA = Raw(b"{}")

_SUMMARY_FIELDS = tuple(field.name for field in attrs.fields(TraceSummary))


def summarise(spans: Sequence[StoredSpan], metadata: Raw = EMPTY_METADATA) -> TraceSummary:
    """Compute the row of the trace that `spans` (one version of each, at least one) make up.

    The rules are those of `TraceSummary`; the store's SQL follows the same ones, and the
    contract suite holds the two together.
    """
    by_start = sorted(spans, key=lambda span: (span.started_at, span.span_id))
    roots = [span for span in by_start if span.parent_span_id is None]
    head = roots[0] if roots else by_start[0]
    started_at = by_start[0].started_at
    last = max(max(span.started_at, span.ended_at or span.started_at) for span in spans)
    ended = [span.ended_at for span in spans if span.ended_at is not None]
    running = len(ended) < len(spans)
    errors = sum(span.status == Status.ERROR for span in spans)
    paying = counted(spans)
    return TraceSummary(
        trace_id=head.trace_id,
        service_name=head.service_name,
        started_at=started_at,
        completed_at=None if running else max(ended),
        duration_ms=(last - started_at) / timedelta(milliseconds=1),
        status=_status(errors=errors, running=running),
        root_span_id=roots[0].span_id if roots else None,
        name=head.name,
        span_count=len(spans),
        error_count=errors,
        input_tokens=sum(span.input_tokens or 0 for span in paying),
        output_tokens=sum(span.output_tokens or 0 for span in paying),
        cost_usd=total(span.cost_usd or 0.0 for span in paying),
        models=sorted({span.model for span in spans if span.model}),
        metadata=metadata,
    )


def total(numbers: Iterable[float]) -> float:
    """Add numbers, to the same sum in whatever order they come."""
    each = list(numbers)
    try:
        return fsum(each)
    except (OverflowError, ValueError):  # more than there are numbers for
        return float(sum(each))


def summarise_empty(
    trace_id: str, service_name: str, started_at: datetime, metadata: Raw
) -> TraceSummary:
    """Give the row of a trace that was announced, but none of whose spans has arrived."""
    return TraceSummary(
        trace_id=trace_id,
        service_name=service_name,
        started_at=started_at,
        completed_at=None,
        duration_ms=0.0,
        status=Status.PENDING,
        root_span_id=None,
        name="",
        span_count=0,
        error_count=0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=0.0,
        models=[],
        metadata=metadata,
    )


def open_whole(trace: TraceDetail, size: int) -> OpenTrace:
    """Open a trace that is there as a whole, in groups of `size` spans."""
    summary = TraceSummary(**{name: getattr(trace, name) for name in _SUMMARY_FIELDS})
    spans = trace.spans
    groups = (spans[at : at + size] for at in range(0, len(spans), size))
    return OpenTrace(summary=summary, groups=groups)


def detail(summary: TraceSummary, spans: list[StoredSpan]) -> TraceDetail:
    """Put a trace's row and its spans together."""
    shared = {name: getattr(summary, name) for name in _SUMMARY_FIELDS}
    return TraceDetail(**shared, spans=spans)


def _status(*, errors: int, running: bool) -> str:
    if errors:
        return Status.ERROR.value
    return Status.PENDING.value if running else Status.SUCCESS.value


def counted(spans: Sequence[StoredSpan]) -> Sequence[StoredSpan]:
    """Give those spans of a trace whose tokens and cost make up those of the trace."""
    leaves = [span for span in spans if span.span_type not in AGGREGATING_TYPES]
    spent = any(
        span.input_tokens is not None or span.output_tokens is not None or span.cost_usd is not None
        for span in leaves
    )
    return leaves if spent else spans
