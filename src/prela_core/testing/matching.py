"""What a filter means, said once more in plain Python: `TraceFilter` over spans in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from prela_core.errors import InvalidError
from prela_core.model import to_micros
from prela_core.store import Order, StoredSpan, TraceFilter, TraceSummary, decode_raw
from prela_core.store.summary import summarise
from prela_core.store.words import (
    SEARCHED_FIELDS,
    SEARCHED_JSON,
    fold,
    json_spelling,
    split_words,
)
from prela_core.wire.words import status_of

__all__ = ["check", "describes", "order_value", "spans_with_words", "text_of"]

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
    return _meets_row(where, summarise(spans)) and _meets_spans(where, spans)


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
        any(_has_attribute(span, key, value) for span in spans) for key, value in where.attributes
    ):
        return False
    return where.q is None or bool(spans_with_words(spans, split_words(where.q)))


def _status(word: str) -> str:
    status = status_of(word)
    if status is None or not word:
        raise InvalidError(f"status {word[:40]!r} is not one of success, error, pending")
    return status


def _has_attribute(span: StoredSpan, key: str, value: str) -> bool:
    """Compare a text as it is, anything else as JSON in whatever spelling."""
    held = msgspec.json.decode(span.attributes, type=dict[str, Raw]).get(key)
    if held is None:
        return False
    decoded = decode_raw(held)
    if isinstance(decoded, str):
        return decoded == value
    try:
        wanted = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    return _one_spelling(decoded) == _one_spelling(wanted)


def _one_spelling(value: Any) -> bytes:
    return msgspec.json.encode(_whole(value))


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    return value


def spans_with_words(spans: Iterable[StoredSpan], words: Sequence[str]) -> list[StoredSpan]:
    """Give the spans each of which holds all of `words`, wherever in it."""
    return [span for span in spans if all(_holds(span, word) for word in words)]


def _holds(span: StoredSpan, word: str) -> bool:
    return any(
        fold(json_spelling(word) if field in SEARCHED_JSON else word) in fold(text_of(span, field))
        for field in SEARCHED_FIELDS
    )


def text_of(span: StoredSpan, field: str) -> str:
    """Give the text of one of the `SEARCHED_FIELDS`; "" when the span has none."""
    value = getattr(span, field)
    return bytes(value).decode() if isinstance(value, Raw) else value or ""


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
