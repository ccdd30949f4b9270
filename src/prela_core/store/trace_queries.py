"""Questions about one trace of whatever size: the engine holds no more of it than is answered.

`queries` collapses versions by sorting all rows of what is asked about, which is the quickest for
few; of a long trace it would hold all spans to answer with some of them, or with one row. First is
asked how many rows a trace has, and in which hours, which the others are told: looking those up is
much of what a question about a small trace takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prela_core.store.fragments import HOUR, MICROS, ONE_TRACE, PROJECT, Query, collapsed
from prela_core.store.queries import ROW_FIELDS, SHOWN_SPAN
from prela_core.store.rows import SPAN_COLUMNS, SPAN_FIELDS
from prela_core.store.trace_row import ROW, ROW_COLUMNS

__all__ = ["GROUP_FIELDS", "all_of", "extent_of", "group_of", "row_of"]

GROUP_FIELDS = (*SPAN_FIELDS, "looked_at", "end_micros", "end_id")
"""The columns of `group_of`; the last three say the same for each span."""

_POSITION = f"({MICROS.format('started_at')}, span_id)"
_HERE = [
    ONE_TRACE[0],
    f"{HOUR} IN {{hours:Array(DateTime('UTC'))}}",
]
_MOVED = (
    f"(SELECT span_id FROM spans WHERE {' AND '.join([PROJECT, *_HERE])}"
    f" GROUP BY span_id HAVING min({HOUR}) < max({HOUR}))"
)


def extent_of(project_id: str, trace_id: str) -> Query:
    """Give how many rows, of any version, a trace has, and the hours (seconds) they start in."""
    return Query(
        f"SELECT count(), groupUniqArray(toUnixTimestamp({HOUR})) FROM spans"
        f" WHERE {' AND '.join([PROJECT, *ONE_TRACE])}",
        {"project": project_id, "trace": trace_id},
    )


def all_of(project_id: str, trace_id: str, hours: Sequence[int]) -> Query:
    """Give all spans of a small trace by start, then by id: `SPAN_FIELDS`, column by column."""
    return Query(
        f"SELECT {SHOWN_SPAN} FROM {collapsed(SPAN_COLUMNS, _HERE)} AS seen"
        " ORDER BY seen.started_at, seen.span_id",
        _parameters(project_id, trace_id, hours),
        by_column=True,
    )


def group_of(
    project_id: str,
    trace_id: str,
    hours: Sequence[int],
    *,
    after: tuple[int, str] | None,
    limit: int,
) -> Query:
    """Give the spans that the next `limit` rows of a trace are versions of: `GROUP_FIELDS`.

    Rows, of any version, are those behind `after` by start and id: `looked_at` is how many there
    are, `end_micros` and `end_id` the place of the last of them. A span's visible version may
    stand elsewhere: before `after`, or behind the end, where another group finds it. Up to the
    end no span is missing. The answer is column by column, by start, then by id.
    """
    parameters = _parameters(project_id, trace_id, hours) | {"limit": limit}
    clauses = [PROJECT, *_HERE]
    if after is not None:
        clauses.append(f"{_POSITION} > ({{after:Int64}}, {{after_id:String}})")
        parameters |= {"after": after[0], "after_id": after[1]}
    rows = (
        f"(SELECT {_POSITION} AS position, span_id FROM spans WHERE {' AND '.join(clauses)}"
        " ORDER BY started_at, span_id LIMIT {limit:UInt64})"
    )
    last = f"(SELECT (count(), max(position)) FROM {rows})"
    seen = collapsed(SPAN_COLUMNS, [*_HERE, f"span_id IN (SELECT span_id FROM {rows})"])
    return Query(
        f"SELECT {SHOWN_SPAN}, {last}.1 AS looked_at, {last}.2.1 AS end_micros,"
        f" {last}.2.2 AS end_id FROM {seen} AS seen ORDER BY seen.started_at, seen.span_id",
        parameters,
        by_column=True,
    )


def row_of(project_id: str, trace_id: str, hours: Sequence[int]) -> Query:
    """Compute a trace's row; columns are `ROW_FIELDS`.

    Rows of a span that share their hour share the whole key, so that `FINAL` leaves the highest
    as it reads in order of the key. Only spans with rows in several hours are collapsed apart.
    """
    columns = ", ".join(ROW_COLUMNS)
    inside = " AND ".join([PROJECT, *_HERE])
    seen = f"SELECT {columns} FROM spans FINAL WHERE {inside}"
    if len(hours) > 1:
        apart = collapsed(ROW_COLUMNS, [*_HERE, f"span_id IN {_MOVED}"])
        seen += f" AND span_id NOT IN {_MOVED} UNION ALL SELECT * FROM {apart}"
    return Query(
        f"SELECT {', '.join(ROW_FIELDS)} FROM ({ROW}\n    FROM ({seen})\n    GROUP BY trace_id)",
        _parameters(project_id, trace_id, hours),
    )


def _parameters(project_id: str, trace_id: str, hours: Sequence[int]) -> dict[str, Any]:
    return {"project": project_id, "trace": trace_id, "hours": list(hours)}
