"""Proposing the traces with a rare word: by its newest rows, and from the parts that hold those.

The index tells before anything is read which parts of the table hold the word, and how often. Parts
are mostly apart in time, so that the newest of them have all that a page shows.
(docs/decisions/0030-rare-words.md)
"""

from __future__ import annotations

from prela_core.store.filters import TraceFilter
from prela_core.store.pages import Walk
from prela_core.store.search_queries import rare_candidates
from prela_core.store.word_index import Narrowing

__all__ = ["propose_rare"]

_GROWTH = 4


def propose_rare(
    project_id: str,
    where: TraceFilter,
    narrowing: Narrowing,
    *,
    lo: int | None,
    hi: int | None,
    wanted: int,
) -> Walk:
    """Propose `wanted` traces, or all there are, as `hit_candidates`, where rows are few."""
    most = wanted + wanted // 4  # a trace may have several rows

    def rows_of(most: int, among: list[str] | None = None) -> Walk:
        return (
            yield rare_candidates(
                project_id, where, narrowing, lo=lo, hi=hi, most=most, among=among
            )
        )

    newest = narrowing.newest(most, hi) if where == TraceFilter(q=where.q) else None
    if newest is not None:
        among, since = newest
        found = [row for row in (yield from rows_of(most, among)) if row[1] >= since]
        if len(found) >= wanted:
            return found[:wanted]
    while True:
        found = yield from rows_of(most)
        if len(found) >= wanted or sum(row[-1] for row in found) < most:
            return found[:wanted]
        most *= _GROWTH
