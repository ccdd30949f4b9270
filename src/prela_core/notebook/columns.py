"""Which columns people see of what was found; the frames have all there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from prela_core.store import GroupSummary, SearchHit, StoredSpan, TraceSummary
from prela_core.text import figures
from prela_core.text.glyphs import UNICODE
from prela_core.text.table import Column

__all__ = ["group_columns", "hit_columns", "span_columns", "trace_columns"]

_TONES = {"success": "good", "error": "bad", "pending": "warn"}
_SHORT_ID = 8
_MODELS = 3


def trace_columns(traces: Sequence[TraceSummary], now: datetime) -> list[Column]:
    """Give the columns of a list of traces."""
    return [
        _status(traces),
        _ids("trace", [each.trace_id for each in traces]),
        Column("name", [each.name or "(no name)" for each in traces], flexible=True),
        Column("service", [each.service_name for each in traces], flexible=True),
        _started(traces, now),
        _numbers("time", traces, _trace_time),
        _numbers("spans", traces, lambda each: figures.count(each.span_count)),
        *_failed(traces),
        *_if_any(_numbers("tokens", traces, lambda each: _tokens(_all_tokens(each)))),
        *_if_any(_numbers("cost", traces, lambda each: _dollars(each.cost_usd))),
        *_if_any(Column("models", [_models(each.models) for each in traces], flexible=True)),
    ]


def span_columns(spans: Sequence[StoredSpan], now: datetime) -> list[Column]:
    """Give the columns of a list of spans."""
    return [
        _status(spans),
        Column("type", [each.span_type for each in spans]),
        Column("name", [each.name or "(no name)" for each in spans], flexible=True),
        *_if_any(Column("model", [each.model or "" for each in spans], flexible=True)),
        _started(spans, now),
        _numbers("time", spans, _span_time),
        *_if_any(_numbers("tokens", spans, lambda each: _tokens(_all_tokens(each)))),
        *_if_any(_numbers("cost", spans, lambda each: _dollars(each.cost_usd))),
        _ids("span", [each.span_id for each in spans]),
        *_if_any(Column("message", [each.status_message or "" for each in spans], flexible=True)),
    ]


def hit_columns(hits: Sequence[SearchHit], now: datetime) -> list[Column]:
    """Give the columns of what a search found."""
    return [
        _status(hits),
        _ids("trace", [each.trace_id for each in hits]),
        Column("span", [each.name or "(no name)" for each in hits], flexible=True),
        _started(hits, now),
        Column("in", [each.field for each in hits]),
        Column("text", [each.excerpt for each in hits], flexible=True),
    ]


def group_columns(groups: Sequence[GroupSummary], now: datetime) -> list[Column]:
    """Give the columns of a list of services, models or the like."""
    return [
        Column("name", [each.name for each in groups], flexible=True),
        _numbers("traces", groups, lambda each: figures.count(each.trace_count)),
        _numbers("spans", groups, lambda each: figures.count(each.span_count)),
        *_failed(groups),
        *_if_any(_numbers("tokens", groups, lambda each: _tokens(_all_tokens(each)))),
        *_if_any(_numbers("cost", groups, lambda each: _dollars(each.cost_usd))),
        Column(
            "last seen",
            [figures.ago(each.last_seen, now) for each in groups],
            whole=[figures.moment(each.last_seen) for each in groups],
        ),
    ]


def _status(items: Sequence[Any]) -> Column:
    marks = [UNICODE.status(each.status) for each in items]
    tones = [_TONES.get(each.status, "") for each in items]
    return Column("", marks, tones=tones, whole=[each.status for each in items])


def _ids(title: str, ids: Sequence[str]) -> Column:
    """Show ids as far as they tell each other apart."""
    distinct = set(ids)
    length = _SHORT_ID
    longest = max(map(len, distinct), default=0)
    while length < longest and len({each[:length] for each in distinct}) < len(distinct):
        length += 1
    return Column(title, [each[:length] for each in ids], whole=ids)


def _started(items: Sequence[Any], now: datetime) -> Column:
    return Column(
        "started",
        [figures.ago(each.started_at, now) for each in items],
        whole=[figures.moment(each.started_at) for each in items],
    )


def _numbers(title: str, items: Sequence[Any], text: Callable[[Any], str]) -> Column:
    return Column(title, [text(each) for each in items], right=True)


def _failed(traces: Sequence[TraceSummary | GroupSummary]) -> list[Column]:
    texts = [figures.count(each.error_count) if each.error_count else "" for each in traces]
    return _if_any(Column("failed", texts, right=True, tones=["bad"] * len(texts)))


def _if_any(column: Column) -> list[Column]:
    return [column] if any(column.cells) else []


def _trace_time(trace: TraceSummary) -> str:
    running = trace.status == "pending"
    return "running" if running else figures.duration(trace.duration_ms)


def _span_time(span: StoredSpan) -> str:
    return "running" if span.ended_at is None else figures.duration(span.duration_ms)


def _all_tokens(item: Any) -> int:
    return (item.input_tokens or 0) + (item.output_tokens or 0)


def _tokens(number: int) -> str:
    return figures.tokens(number) if number else ""


def _dollars(usd: float | None) -> str:
    return figures.dollars(usd) if usd else ""


def _models(models: Sequence[str]) -> str:
    more = len(models) - _MODELS
    return ", ".join(models[:_MODELS]) + (f" +{more}" if more > 0 else "")
