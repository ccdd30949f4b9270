"""Reading stored spans again, by tables that have changed since they were stored.

Nothing is updated in place. A span whose typed columns read otherwise now is inserted once more,
whole, with the next version, which takes the old row's place for readers at once and in any merge
(`versions.reread_version`). So it may be killed at any moment and started again, beside a worker
that inserts; run again, it finds nothing to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from prela_core.store.fragments import MICROS, PROJECT, Query, since_of, until_of
from prela_core.store.rows import SPAN_FIELDS, Rewritten, reread, span_from_row

__all__ = ["ReindexScope", "Reindexed", "days", "reindex", "rows_of_day"]

Row = Sequence[Any]

_FIRST_GROUP = 500
_LARGEST_GROUP = 5_000
_GROUP_BYTES = 16 * 1024 * 1024
"""How much text to hold at once, about: spans differ in size by a factor of a thousand."""

_MOMENTS = ("started_at", "ended_at", "created_at")
_TEXTS = [SPAN_FIELDS.index(name) for name in ("attributes", "events", "input", "output")]
_TRACE_ID, _SPAN_ID = SPAN_FIELDS.index("trace_id"), SPAN_FIELDS.index("span_id")


@attrs.frozen(kw_only=True)
class ReindexScope:
    """Which spans to read again: all, or those of one project, or of a time.

    They start at `start_time` or later and before `end_time`, in microseconds since 1970.
    """

    project_id: str | None = None
    start_time: int | None = None
    end_time: int | None = None


@attrs.frozen
class Reindexed:
    """How far it is: `looked_at` rows of `total`, of which `changed` read otherwise now.

    `total` is an estimate until the end, when it is `looked_at`.
    """

    total: int
    looked_at: int
    changed: int


def reindex(
    scope: ReindexScope,
    ask: Callable[[Query], list[Row]],
    write: Callable[[Sequence[Rewritten]], None],
) -> Iterator[Reindexed]:
    """Read the rows that `ask` answers again and `write` those that changed, in groups.

    Yields how far it is before the first group and after each, when it is written.
    """
    there = ask(days(scope))
    total, looked_at, changed = sum(row[2] for row in there), 0, 0
    yield Reindexed(total, looked_at, changed)
    limit = _FIRST_GROUP
    for project_id, day, count in there:
        after: tuple[str, str] | None = None
        seen = 0
        while True:
            rows = ask(rows_of_day(scope, project_id, day, after=after, limit=limit))
            found = [reread(project_id, *_stored(row)) for row in rows]
            if new := [each for each in found if each is not None]:
                write(new)
            seen += len(rows)
            looked_at += len(rows)
            changed += len(new)
            if len(rows) < limit:
                break
            yield Reindexed(total, looked_at, changed)
            after = rows[-1][_TRACE_ID], rows[-1][_SPAN_ID]
            limit = _next_limit(limit, rows)
        # Rows that a merge would drop were counted, but not looked at.
        total += seen - count
        yield Reindexed(total, looked_at, changed)


def _stored(row: Row) -> tuple[Any, int]:
    *values, version = row
    return span_from_row(dict(zip(SPAN_FIELDS, values, strict=True))), version


def _next_limit(limit: int, rows: Sequence[Row]) -> int:
    size = sum(len(row[at]) for row in rows for at in _TEXTS) // len(rows) + 1
    return max(min(2 * limit, _GROUP_BYTES // size, _LARGEST_GROUP), 10)


def days(scope: ReindexScope) -> Query:
    """Give `(project_id, day, rows)`: the leading parts of the table's key, in its order."""
    parameters: dict[str, Any] = {}
    clauses = _clauses(scope, parameters)
    if scope.project_id is not None:
        clauses = [PROJECT, *clauses]
        parameters["project"] = scope.project_id
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return Query(
        "SELECT project_id, toUInt16(toDate(started_at)) AS day, count() FROM spans"
        f"{where} GROUP BY project_id, day ORDER BY project_id, day",
        parameters,
    )


def rows_of_day(
    scope: ReindexScope,
    project_id: str,
    day: int,
    *,
    after: tuple[str, str] | None,
    limit: int,
) -> Query:
    """Give the rows of one part of the key after a trace and span id, in order.

    The columns are `SPAN_FIELDS`, then the version. Of rows with the same key it is the one that
    is left by a merge. A row that a version on another day beats is among them: it stays
    beaten when it is read again.
    """
    parameters: dict[str, Any] = {"project": project_id, "day": day, "limit": limit}
    clauses = [PROJECT, "toDate(started_at) = toDate({day:UInt16})", *_clauses(scope, parameters)]
    if after is not None:
        clauses += [
            "trace_id >= {after_trace:String}",
            "(trace_id > {after_trace:String} OR span_id > {after_span:String})",
        ]
        parameters |= {"after_trace": after[0], "after_span": after[1]}
    shown = ", ".join(
        f"{MICROS.format('seen.' + name)} AS {name}" if name in _MOMENTS else f"seen.{name}"
        for name in SPAN_FIELDS
    )
    return Query(
        f"SELECT {shown}, seen.version FROM (SELECT {', '.join(SPAN_FIELDS)}, version FROM spans"
        f" WHERE {' AND '.join(clauses)}"
        " ORDER BY project_id, toDate(started_at), trace_id, span_id, version DESC"
        " LIMIT 1 BY trace_id, span_id LIMIT {limit:UInt64}) AS seen"
        " ORDER BY seen.trace_id, seen.span_id",
        parameters,
    )


def _clauses(scope: ReindexScope, parameters: dict[str, Any]) -> list[str]:
    end = None if scope.end_time is None else scope.end_time - 1
    return since_of(scope.start_time, parameters) + until_of(end, parameters)
