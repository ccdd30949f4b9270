"""What a filter means, said once more in plain Python: `TraceFilter` over spans in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prela_core.errors import InvalidError
from prela_core.model import to_micros
from prela_core.store import Order, StoredSpan, TraceFilter, TraceSummary
from prela_core.store.summary import summarise
from prela_core.store.words import split_words
from prela_core.testing.asking import trace_meets
from prela_core.testing.texts import has_attribute, holds_word
from prela_core.wire.words import status_of

__all__ = [
    "check",
    "describes",
    "order_value",
    "spans_with_words",
]

_SPAN_TEXTS = (
    "service_name",
    "name",
    "model",
    "user_id",
    "session_id",
    "agent_name",
    "environment",
)


def describes(where: TraceFilter, spans: Sequence[StoredSpan]) -> bool:
    """Say whether the trace that `spans` make up meets every condition of `where`."""
    return (
        _meets_row(where, summarise(spans))
        and _meets_spans(where, spans)
        and (where.where is None or trace_meets(where.where, spans))
    )


def check(where: TraceFilter) -> None:
    """Refuse, with `InvalidError`, a status that is no word for one and a `q` without words."""
    if where.status is not None:
        _status(where.status)
    if where.q is not None:
        split_words(where.q)


def _meets_row(where: TraceFilter, row: TraceSummary) -> bool:
    started_at = to_micros(row.started_at)
    return (
        (where.status is None or row.status == _status(where.status))
        and (where.min_duration_ms is None or row.duration_ms >= where.min_duration_ms)
        and (where.max_duration_ms is None or row.duration_ms <= where.max_duration_ms)
        and (where.start_time is None or started_at >= where.start_time)
        and (where.end_time is None or started_at < where.end_time)
    )


def _meets_spans(where: TraceFilter, spans: Sequence[StoredSpan]) -> bool:
    for field in _SPAN_TEXTS:
        wanted = getattr(where, field)
        if wanted is not None and all((getattr(span, field) or "") != wanted for span in spans):
            return False
    if where.span_type is not None and all(
        span.span_type != where.span_type.lower() for span in spans
    ):
        return False
    if not all(
        any(has_attribute(span, key, value) for span in spans) for key, value in where.attributes
    ):
        return False
    return where.q is None or bool(spans_with_words(spans, split_words(where.q)))


def _status(word: str) -> str:
    status = status_of(word)
    if status is None or not word:
        raise InvalidError(f"status {word[:40]!r} is not one of success, error, pending")
    return status


def spans_with_words(spans: Iterable[StoredSpan], words: Sequence[str]) -> list[StoredSpan]:
    """Give the spans each of which holds all of `words`, wherever in it."""
    return [span for span in spans if all(holds_word(span, word) for word in words)]


def order_value(row: TraceSummary, order: Order) -> int:
    """Give the whole number by which `order` sorts: microseconds, billionths of a dollar."""
    match order.field:
        case "started_at":
            return to_micros(row.started_at)
        case "duration_ms":
            return round(row.duration_ms * 1000)
        case "cost_usd":
            return round(min(row.cost_usd, 9e9) * 1e9)
        case _:
            return row.span_count
