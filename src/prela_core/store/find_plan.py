"""What the store does to find spans of whatever traces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from prela_core.ask import Subject, is_relative
from prela_core.errors import MalformedError
from prela_core.store.cursors import decode_cursor, encode_cursor, first_asked, question_digest
from prela_core.store.filters import PageRequest, SpanFilter, SpanOrder
from prela_core.store.find_queries import found_candidates, found_keys, spans_by_key
from prela_core.store.located import Located, Place, locate, locate_proposed
from prela_core.store.pages import Row, Walk, ask, walk_newest
from prela_core.store.plans import LookBack, Plan, look_with
from prela_core.store.queries import newest_hour
from prela_core.store.results import Page, StoredSpan
from prela_core.store.rows import spans_from_rows

__all__ = ["find_spans", "key_of_text", "text_of_key"]

Key = tuple[str, str]
"""The ids of a trace and of a span in it."""


def find_spans(
    project_id: str, where: SpanFilter, order: SpanOrder, page: PageRequest, look_back: LookBack
) -> Plan[Page[StoredSpan]]:
    """List spans: first which, by the columns asked about alone, then what they hold."""
    digest = question_digest("find_spans", project_id, where, order)
    asked_at = first_asked(page.cursor, look_back.now) if is_relative(where.where) else None
    after = None if page.cursor is None else decode_cursor(page.cursor, digest)
    where = where.at(look_back.now if asked_at is None else asked_at)
    lo, hi = where.start_time, None if where.end_time is None else where.end_time - 1
    limit = page.offset + page.limit + 1
    position = None if after is None else (after[0], *key_of_text(after[1]))
    if order is SpanOrder.NEWEST and after is not None:
        hi = after[0] if hi is None else min(hi, after[0])

    places: list[Place] = []

    def compute(proposed: Sequence[Row] | None, lo: int | None) -> Walk:
        known = None
        if proposed is not None:
            known = yield from locate_proposed(project_id, proposed)
            places.extend(known.pairs)
        return (
            yield found_keys(
                project_id, where, order, known=known, lo=lo, hi=hi, after=position, limit=limit
            )
        )

    if order is SpanOrder.NEWEST:
        now, sought = yield from look_with(look_back, where, Subject.SPAN, hi)
        found = yield from walk_newest(
            lambda lo, count: ask(
                found_candidates(project_id, where, lo=lo, hi=hi, limit=count, sought=sought)
            ),
            compute,
            start_of=lambda row: int(row[-1]),
            now=now,
            floor=lo,
            limit=limit,
            newest=partial(newest_hour, project_id),
        )
    else:
        found = yield from compute(None, lo)
    keys = [(row[0], row[1]) for row in found[page.offset : page.offset + page.limit]]
    rows: list[Sequence[Any]] = []
    if keys:
        ids = dict.fromkeys(trace_id for trace_id, _ in keys)
        known = Located(places).only(ids)
        if len({trace_id for _, trace_id in known.pairs}) < len(ids):
            known = yield from locate(project_id, list(ids))
        rows = yield spans_by_key(project_id, known, keys)
    spans = {(span.trace_id, span.span_id): span for span in spans_from_rows(rows)}
    more = len(found) == limit
    last = found[page.offset + page.limit - 1] if more else None
    return Page(
        items=[spans[key] for key in keys if key in spans],
        next_cursor=None
        if last is None
        else encode_cursor(digest, int(last[-1]), text_of_key((last[0], last[1])), asked_at),
    )


def text_of_key(key: Key) -> str:
    """Write a key as one text, for a cursor."""
    return msgspec.json.encode(key).decode()


def key_of_text(text: str) -> Key:
    """Read what `text_of_key` wrote; raises `MalformedError` for anything else."""
    try:
        return msgspec.json.decode(text, type=Key)
    except msgspec.MsgspecError as error:
        raise MalformedError("the cursor is not one of ours; start without it") from error
