"""Spans of whatever traces, found by looking at each."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence

from prela_core.model import to_micros
from prela_core.store import Page, PageRequest, SpanFilter, SpanOrder, StoredSpan
from prela_core.store.cursors import decode_cursor, encode_cursor, first_asked, question_digest
from prela_core.store.find_plan import key_of_text, text_of_key
from prela_core.testing.asking import span_meets

__all__ = ["found_spans"]


def found_spans(
    traces: Iterable[Sequence[StoredSpan]],
    *,
    project_id: str,
    where: SpanFilter,
    order: SpanOrder,
    page: PageRequest,
    now: int,
) -> Page[StoredSpan]:
    """Give a page of the spans of `traces` that `where` describes, asked for at `now`."""
    digest = question_digest("find_spans", project_id, where, order)
    asked_at = first_asked(page.cursor, now)
    where = where.at(asked_at)
    found = [
        (_order_value(span, order), (span.trace_id, span.span_id), span)
        for spans in traces
        for span in spans
        if span_meets(where, span, spans)
    ]
    found.sort(key=lambda each: each[:2], reverse=order.descending)
    if page.cursor is not None:
        value, text = decode_cursor(page.cursor, digest)
        after = value, key_of_text(text)
        past = operator.lt if order.descending else operator.gt
        found = [each for each in found if past(each[:2], after)]
    shown = found[page.offset : page.offset + page.limit]
    items = [span for *_, span in shown]
    if len(found) <= page.offset + page.limit:
        return Page(items=items)
    value, key, _ = shown[-1]
    return Page(items=items, next_cursor=encode_cursor(digest, value, text_of_key(key), asked_at))


def _order_value(span: StoredSpan, order: SpanOrder) -> int:
    """Give the whole number by which `order` sorts; a cost that is not known comes last."""
    match order.field:
        case "started_at":
            return to_micros(span.started_at)
        case "duration_ms":
            return round(max(min(span.duration_ms, 9e15), -9e15) * 1000)
        case _ if span.cost_usd is None:
            return -1 if order.descending else 2**63 - 1
        case _:
            return round(min(span.cost_usd, 9e9) * 1e9)
