"""Measures from cells: which hours they are known for, and what is read beside them.

An hour's cells are a function of all rows of the traces that have a row in it. They are true as
of a moment: everything that was stored before it was seen. What was stored later says by itself
which hours it changes (`cell_queries.changed`), and those are computed from the spans, as is every
hour that has no cells. So nothing depends on cells being there. (docs/decisions/0019-cells.md)
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from typing import Any

import attrs

from prela_core.store.cell_queries import (
    COVERED,
    DIMENSIONS,
    EVERY,
    HOUR,
    LAST,
    PARTS,
    changed,
    moved_beside,
    of_cells,
    states,
)
from prela_core.store.fragments import Query
from prela_core.store.metric_queries import parts_of, point_parts
from prela_core.store.metric_sums import add_up, together
from prela_core.store.metrics import Bucket, MetricQuery

__all__ = ["Known", "known_hours", "may_serve", "points"]

Row = Sequence[Any]
Stretch = tuple[int | None, int | None]

_MOST_WINDOWS = 24
"""With more pieces between the cells, all is read from the spans."""
_MOST_MOVED = 20_000
"""As many traces in several hours are looked up where they are needed instead of being told."""


@attrs.frozen
class Known:
    """The hours whose cells are right, but for what was stored or deleted since `covered`.

    `cells` gives the generation of each and the fields it has cells by: none, where no span
    starts. `void_until` are the marks by hour, `computed_at` says when each was computed, be its
    cells void or not. `covered` is None before the first look.
    """

    cells: Mapping[int, tuple[int, Collection[str]]]
    void_until: Mapping[int, int]
    computed_at: Mapping[int, int]
    covered: int | None


def known_hours(found: Iterable[Row]) -> Known:
    """Read the rows of `cell_queries.states`."""
    found = list(found)
    marks = {hour: int(moment) for kind, hour, moment, *_ in found if kind == 1}
    everything = marks.get(EVERY, 0)
    cells = {
        hour: (int(made), frozenset(fields))
        for kind, hour, moment, made, fields in found
        if kind == 0 and int(moment) >= max(marks.get(hour, 0), everything)
    }
    computed_at = {hour: int(moment) for kind, hour, moment, *_ in found if kind == 0}
    return Known(cells, marks, computed_at, marks.get(COVERED))


def may_serve(asked: MetricQuery) -> bool:
    """Say whether cells can tell what is asked, of the hours that they are known for."""
    parts = parts_of([*asked.measures, asked.ranked_by])
    return (
        asked.where is None
        and (not asked.by or (len(asked.by) == 1 and asked.by[0] in DIMENSIONS))
        and asked.bucket is not Bucket.MINUTE
        and set(parts) <= set(PARTS)
    )


def points(
    project_id: str, asked: MetricQuery, oldest: int
) -> Generator[Query, list[Row], list[Row] | None]:
    """Give what `metric_queries.pointed` asks for with the help of cells; None without.

    Cells of hours that start before `oldest` (microseconds) are not used: retention takes spans
    away there.
    """
    first = -(-max(asked.start_time or 0, oldest, 0) // HOUR)
    last = LAST if asked.end_time is None else min(asked.end_time // HOUR, LAST)
    known = known_hours((yield states(project_id, first, last))) if first < last else None
    if known is None or known.covered is None:
        return None
    field = asked.by[0].value if asked.by else ""
    usable = {
        hour: generation
        for hour, (generation, fields) in known.cells.items()
        if first <= hour < last and (not fields or field in fields)
    }
    if not usable:
        return None
    looks = changed(project_id, known.covered)
    reads = of_cells(project_id, asked, sorted(usable.items()), [])
    # What is stored changes hours that have no cells yet, more often than not.
    beside = yield from _beside(project_id, asked, usable, meanwhile=(looks, reads))
    void = {row[0] for row in (yield looks)}
    if void and not void.isdisjoint({EVERY, *usable}):
        usable = {} if EVERY in void else {hour: usable[hour] for hour in usable.keys() - void}
        reads = of_cells(project_id, asked, sorted(usable.items()), []) if usable else reads
        beside = yield from _beside(project_id, asked, usable)
    if not usable or beside is None:
        return None
    windows, moved = beside
    if not windows:
        return (yield reads)
    if not _may_be_put_together(asked):
        return (yield of_cells(project_id, asked, sorted(usable.items()), windows, moved))
    others = yield of_cells(project_id, asked, [], windows, moved)
    return _put_together(asked, [*(yield reads), *others])


def _beside(
    project_id: str,
    asked: MetricQuery,
    usable: Mapping[int, int],
    meanwhile: tuple[Query, ...] = (),
) -> Generator[Query, list[Row], tuple[list[Stretch], list[Row] | None] | None]:
    """Give where spans are to be read, and which traces moved there; None for too many pieces."""
    hi = None if asked.end_time is None else asked.end_time - 1
    windows = _between(sorted(usable), asked.start_time, hi)
    if len(windows) > _MOST_WINDOWS or not usable:
        return None
    if not windows:
        return windows, []
    if not _may_be_put_together(asked):
        meanwhile = meanwhile[:1]
    looks_up = moved_beside(project_id, windows, most=_MOST_MOVED)
    moved = yield attrs.evolve(looks_up, meanwhile=meanwhile)
    return windows, moved if len(moved) < _MOST_MOVED else None


def _may_be_put_together(asked: MetricQuery) -> bool:
    """Say whether what cells hold and what spans beside them hold tell what both do."""
    return asked.bucket is Bucket.HOUR or add_up(point_parts(asked))


def _put_together(asked: MetricQuery, found: Sequence[Row]) -> list[Row]:
    parts, size = point_parts(asked), len(asked.by) + 1
    points: dict[tuple[Any, ...], list[Row]] = {}
    for row in found:
        points.setdefault(tuple(row[:size]), []).append(row[size:])
    whole: list[Row] = []
    for where, rows in points.items():
        if len(rows) == 1:
            whole.append([*where, *rows[0]])
        else:
            both = together([dict(zip(parts, row, strict=True)) for row in rows])
            whole.append([*where, *(both[part] for part in parts)])
    return whole


def _between(hours: Sequence[int], lo: int | None, hi: int | None) -> list[Stretch]:
    """Give the stretches of `lo` to `hi` that are outside of all `hours`, which are in order."""
    windows: list[Stretch] = []
    for hour in hours:
        if lo is None or lo < hour * HOUR:
            windows.append((lo, hour * HOUR - 1))
        lo = (hour + 1) * HOUR
    if hi is None or lo is None or lo <= hi:
        windows.append((lo, hi))
    return windows
