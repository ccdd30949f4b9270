"""Searching for words, newest first, one hit a trace."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from prela_core.ask import is_relative
from prela_core.errors import InvalidError
from prela_core.model import from_micros
from prela_core.store.cursors import encode_cursor, first_asked, question_digest
from prela_core.store.filters import PageRequest, TraceFilter
from prela_core.store.fragments import Query
from prela_core.store.located import read_proposed
from prela_core.store.pages import Row, Walk, ask, newest_first, walk_newest
from prela_core.store.plans import LookBack, Plan, look_from, position_of
from prela_core.store.queries import newest_hour
from prela_core.store.rare_words import walk_rare
from prela_core.store.results import Page, SearchHit
from prela_core.store.search_queries import HIT_FIELDS, hit_candidates, hit_of_each, hits
from prela_core.store.word_index import look_up
from prela_core.store.words import (
    SEARCHED_FIELDS,
    SEARCHED_JSON,
    excerpt,
    fold,
    json_spelling,
    split_words,
)

__all__ = ["hit_from_texts", "search", "words_of"]

_REPLACED = 3


def search(
    project_id: str, where: TraceFilter, page: PageRequest, look_back: LookBack
) -> Plan[Page[SearchHit]]:
    """Find words, newest first. `look_back` is as for `traces`."""
    words = words_of(where)
    digest = question_digest("search", project_id, where)
    after = position_of(page, digest)
    asked_at = first_asked(page.cursor, look_back.now) if is_relative(where.where) else None
    where = where.at(look_back.now if asked_at is None else asked_at)
    hi = None if after is None else after[0]
    limit = page.offset + page.limit + 1
    now = yield from look_from(look_back, hi, where.end_time)
    narrowing = None
    if now is not None:
        narrowing = yield from look_up(words)

    def compute(
        proposed: Sequence[Row] | None, lo: int | None, meanwhile: tuple[Query, ...] = ()
    ) -> Walk:
        if proposed is None:
            return (yield hits(project_id, where, lo=lo, after=after, limit=limit))
        found = yield from read_proposed(
            project_id, proposed, lambda known: hit_of_each(project_id, where, known), meanwhile
        )
        return newest_first(
            [
                row
                for row in found
                if (lo is None or row[-1] >= lo) and (after is None or (row[-1], row[0]) < after)
            ],
            _start_of,
        )

    # What has the words is a hit unless it was replaced, and each costs the reading of texts.
    first = limit + _REPLACED
    if narrowing is not None and narrowing.is_few:
        found = yield from walk_rare(
            project_id,
            where,
            narrowing,
            compute,
            start_of=_start_of,
            hi=hi,
            limit=limit,
            first=first,
        )
    else:
        found = yield from walk_newest(
            lambda lo, count: ask(
                hit_candidates(project_id, where, lo=lo, hi=hi, limit=count, narrowing=narrowing)
            ),
            compute,
            start_of=_start_of,
            now=now,
            floor=where.start_time,
            limit=limit,
            first=first,
            one_each=True,
            newest=partial(newest_hour, project_id),
        )
    shown = found[page.offset : page.offset + page.limit]
    return Page(
        items=[_hit(row, words) for row in shown],
        next_cursor=encode_cursor(digest, int(shown[-1][-1]), shown[-1][0], asked_at)
        if len(found) == limit
        else None,
    )


def words_of(where: TraceFilter) -> list[str]:
    """Give the words that a search with `where` looks for; raises `InvalidError` for none."""
    if where.q is None:
        raise InvalidError("q is required: the words to search for")
    if where.min_duration_ms is not None or where.max_duration_ms is not None:
        raise InvalidError("a search can't be narrowed by the duration of the trace")
    return split_words(where.q)


def hit_from_texts(
    texts: dict[str, str], words: list[str]
) -> tuple[str, str, list[tuple[int, int]]]:
    """Choose the field that shows the most of `words`, and cut its excerpt and highlights."""
    best: tuple[int, str, list[str]] = (0, SEARCHED_FIELDS[0], words)
    for field in SEARCHED_FIELDS:
        spelled = [json_spelling(word) for word in words] if field in SEARCHED_JSON else words
        lowered = fold(texts[field])
        count = sum(fold(word) in lowered for word in spelled)
        if count > best[0]:
            best = (count, field, spelled)
    _, field, spelled = best
    return field, *excerpt(texts[field], spelled)


def _hit(row: Row, words: list[str]) -> SearchHit:
    values = dict(zip(HIT_FIELDS, row, strict=True))
    field, cut, marks = hit_from_texts(values, words)
    return SearchHit(
        trace_id=values["trace_id"],
        span_id=values["span_id"],
        name=values["name"],
        span_type=values["span_type"],
        service_name=values["service_name"],
        started_at=from_micros(values["micros"]),
        status=values["status"],
        field=field,
        excerpt=cut,
        highlights=marks,
    )


def _start_of(row: Row) -> int:
    return int(row[-1])
