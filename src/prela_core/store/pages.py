"""Newest first without reading everything: windows that widen, candidates that are checked.

The walk is written as a generator that yields queries and is sent their rows, so that it
knows nothing of connections and one test can drive it by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from prela_core.store.fragments import Query

__all__ = ["Row", "Walk", "ask", "newest_first", "walk_newest"]

Row = Sequence[Any]
Walk = Generator[Query, list[Row], list[Row]]

_HOUR_SECONDS = 3600
_HOUR = _HOUR_SECONDS * 1_000_000
_WINDOWS = (_HOUR, 6 * _HOUR, 24 * _HOUR, 7 * 24 * _HOUR)
_GROWTH = 4
_MAX_PROPOSED = 10_000


def walk_newest(
    propose: Callable[[int | None, int], Walk],
    compute: Callable[[Sequence[Row] | None, int | None], Walk],
    *,
    start_of: Callable[[Row], int],
    now: int | None,
    floor: int | None,
    limit: int,
    first: int | None = None,
    one_each: bool = False,
    newest: Callable[[int], Query] | None = None,
) -> Walk:
    """Collect the `limit` newest rows, exactly.

    `propose(lo, k)` finds at most `k` rows of a trace id and a bound that its row's start
    does not exceed, largest bounds first, then largest ids, leaving out only what starts
    before `lo`.
    `compute(proposed, lo)` finds the true rows of these, newest first, none from before `lo`; with
    None, those of all traces that may be meant. Both are cut at a limit of their own.
    `start_of` gives a row's start. `now` and `floor` are microseconds; nothing from before
    `floor` is wanted. With a `now` of None there are no windows, only one look at everything.
    `first` is how many are proposed at first, twice the `limit` unless nearly all are right.
    With `one_each` a trace has one row at most, so that none is computed again in a wider window,
    nor any where too few are proposed to fill a page.
    `newest(before)` asks for the last hour (its first second since 1970) with rows that may start
    before that moment, where there is one: hours without any are passed over.

    A page is done when it is full and its last row stands before everything not looked at: in
    both lists the order is by moment and then by id, and no row stands before its bound.
    """
    found: list[Row] = []
    wanted = first or 2 * limit  # more once few were right: then few are in the next window too
    end, proposed_before = now, 0
    for width in (*_WINDOWS, None):
        lo = _lower_bound(end, width, floor)
        proposed: Sequence[Row] = []
        while True:
            if wanted > _MAX_PROPOSED:  # rare among many: one reading beats naming them all
                found = yield from compute(None, lo)
                break
            proposed = yield from propose(lo, wanted)
            if one_each and len(proposed) < limit and lo != floor:
                break  # too few for a page, whatever they are; a wider window has them as well
            known = {row[0] for row in found} if one_each else set()
            others = [row for row in proposed if row[0] not in known]
            rows = (yield from compute(others, lo)) if others else []
            found = newest_first([*found, *rows], start_of) if known else rows
            complete = len(proposed) < wanted
            if complete or (
                len(found) >= limit
                and (start_of(found[limit - 1]), found[limit - 1][0]) >= _position(proposed[-1])
            ):
                break
            wanted *= _GROWTH
        if len(found) >= limit or lo is None or lo == floor:
            break
        if newest is not None and len(proposed) == proposed_before:
            hours = yield newest(lo)
            end = min(lo, (hours[0][0] + _HOUR_SECONDS) * 1_000_000) if hours else None
        proposed_before = len(proposed)
    return found[:limit]


def ask(query: Query) -> Walk:
    """Walk by one question alone."""
    return (yield query)


def newest_first(rows: list[Row], start_of: Callable[[Row], int]) -> list[Row]:
    """Put rows in the order of a page, by start and then by the id they begin with."""
    return sorted(rows, key=lambda row: (start_of(row), row[0]), reverse=True)


def _lower_bound(end: int | None, width: int | None, floor: int | None) -> int | None:
    """Give where a window begins; where nothing ends or widens it, at `floor`."""
    if end is None or width is None:
        return floor
    return end - width if floor is None else max(end - width, floor)


def _position(proposed: Row) -> tuple[int, str]:
    return int(proposed[1]), proposed[0]
