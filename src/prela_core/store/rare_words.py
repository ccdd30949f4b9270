"""The traces with a rare word: by its newest rows, and from the parts that hold those.

The index tells before anything is read which parts of the table hold the word, and how often. Parts
are mostly apart in time, so that the newest of them have all that a page shows. Of what the index
does not know, nearly always nothing, it is asked beside the reading of what was found.
(docs/decisions/0030-rare-words.md)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prela_core.store.filters import TraceFilter
from prela_core.store.fragments import Query
from prela_core.store.located import proposed_by
from prela_core.store.pages import Row, Walk, ask, newest_first, walk_newest
from prela_core.store.search_queries import newest_rows, other_candidates
from prela_core.store.word_index import Narrowing

__all__ = ["propose_rare", "walk_rare"]

_GROWTH = 4


def walk_rare(
    project_id: str,
    where: TraceFilter,
    narrowing: Narrowing,
    compute: Callable[..., Walk],
    *,
    start_of: Callable[[Row], int],
    hi: int | None,
    limit: int,
    first: int,
) -> Walk:
    """Collect the `limit` newest hits, exactly, where few rows can hold the words.

    As `walk_newest`, whose `compute` may be told here what is asked afterwards.
    """
    floor = where.start_time  # the only bound that the walk has

    def other(count: int) -> Query:
        return other_candidates(project_id, where, narrowing, lo=floor, hi=hi, limit=count)

    def propose(_: int | None, count: int) -> Walk:
        return propose_rare(project_id, where, narrowing, lo=floor, hi=hi, wanted=count)

    # After what the index knows: what is merged between the two is seen twice, and not never.
    others = other(first)

    def propose_other(_: int | None, count: int) -> Walk:
        return ask(others if count == first else other(count))

    found: list[Row] = []
    for proposed, meanwhile in ((propose, (others,)), (propose_other, ())):
        rows = yield from walk_newest(
            proposed,
            partial(compute, meanwhile=meanwhile),
            start_of=start_of,
            now=None,
            floor=floor,
            limit=limit,
            first=first,
            one_each=True,
        )
        known = {row[0] for row in found}
        found += [row for row in rows if row[0] not in known]
    return newest_first(found, start_of)[:limit]


def propose_rare(
    project_id: str,
    where: TraceFilter,
    narrowing: Narrowing,
    *,
    lo: int | None,
    hi: int | None,
    wanted: int,
) -> Walk:
    """Propose `wanted` traces, or all there are, from the parts that the index knows."""
    most = wanted + wanted // 4  # a trace may have several rows

    def rows_of(most: int, among: list[str] | None = None) -> Walk:
        return (
            yield newest_rows(project_id, where, narrowing, lo=lo, hi=hi, most=most, among=among)
        )

    newest = narrowing.newest(most, hi) if where == TraceFilter(q=where.q) else None
    if newest is not None:
        among, since = newest
        found = proposed_by(row for row in (yield from rows_of(most, among)) if row[2] >= since)
        if len(found) >= wanted:
            return found[:wanted]
    while True:
        rows = yield from rows_of(most)
        found = proposed_by(rows)
        if len(found) >= wanted or len(rows) < most:
            return found[:wanted]
        most *= _GROWTH
