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
from prela_core.store.metric_queries import parts_of
from prela_core.store.metrics import Bucket, MetricQuery

__all__ = ["Known", "known_hours", "may_serve", "points"]

Row = Sequence[Any]

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
    if first >= last:
        return None
    known = known_hours((yield states(project_id, first, last)))
    if not known.cells or known.covered is None:
        return None
    field = asked.by[0].value if asked.by else ""
    usable = {
        hour: generation
        for hour, (generation, fields) in known.cells.items()
        if first <= hour < last and (not fields or field in fields)
    }
    if not usable:
        return None

    hi = None if asked.end_time is None else asked.end_time - 1
    windows = _between(sorted(usable), asked.start_time, hi)
    looks = changed(project_id, known.covered)
    moved = None
    if windows and len(windows) <= _MOST_WINDOWS:
        # What is stored changes hours that have no cells yet, more often than not.
        moved = yield attrs.evolve(
            moved_beside(project_id, windows, most=_MOST_MOVED), meanwhile=(looks,)
        )
    void = {row[0] for row in (yield looks)}
    if EVERY in void:
        return None
    if not void.isdisjoint(usable):
        usable = {hour: usable[hour] for hour in usable.keys() - void}
        windows, moved = _between(sorted(usable), asked.start_time, hi), None
    if not usable or len(windows) > _MOST_WINDOWS:
        return None
    cells = sorted(usable.items())
    if windows and moved is None:
        moved = yield moved_beside(project_id, windows, most=_MOST_MOVED)
    if moved is not None and len(moved) == _MOST_MOVED:
        moved = None
    return (yield of_cells(project_id, asked, cells, windows, moved))


def _between(
    hours: Sequence[int], lo: int | None, hi: int | None
) -> list[tuple[int | None, int | None]]:
    """Give the stretches of `lo` to `hi` that are outside of all `hours`, which are in order."""
    windows: list[tuple[int | None, int | None]] = []
    for hour in hours:
        if lo is None or lo < hour * HOUR:
            windows.append((lo, hour * HOUR - 1))
        lo = (hour + 1) * HOUR
    if hi is None or lo is None or lo <= hi:
        windows.append((lo, hi))
    return windows
