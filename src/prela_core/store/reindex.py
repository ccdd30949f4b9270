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

from prela_core.store.fragments import HOUR, PROJECT, Query, since_of, until_of
from prela_core.store.places import BEHIND, START, UP_TO, Place, behind, up_to
from prela_core.store.queries import SHOWN_SPAN
from prela_core.store.rows import SPAN_COLUMNS, Rewritten, reread, spans_from_rows
from prela_core.store.within import TEXT_BYTES

__all__ = ["ReindexScope", "Reindexed", "days", "groups", "reindex", "rows_of_group"]

Row = Sequence[Any]

_GROUP_BYTES = 16 * 1024 * 1024
"""How much text to hold at once: spans differ in size by a factor of a thousand."""
_ROW_BYTES = 2_000
"""What a row is taken to hold beside its long texts."""

_DAY = f"toDate({HOUR}) = toDate({{day:UInt16}})"


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
    for project_id, day, count in there:
        after, seen = START, 0
        for *upto, _ in ask(groups(scope, project_id, day)):
            end = upto[0], upto[1], upto[2]
            rows = ask(rows_of_group(scope, project_id, day, after=after, upto=end))
            stored = spans_from_rows([row[:-1] for row in rows])
            found = [
                reread(project_id, span, row[-1]) for span, row in zip(stored, rows, strict=True)
            ]
            if new := [each for each in found if each is not None]:
                write(new)
            seen += len(rows)
            looked_at += len(rows)
            changed += len(new)
            after = end
            yield Reindexed(total, looked_at, changed)
        # Rows that a merge would drop were counted, but not looked at.
        total += seen - count
        yield Reindexed(total, looked_at, changed)


def days(scope: ReindexScope) -> Query:
    """Give `(project_id, day, rows)`: the leading parts of the table's key, in its order."""
    parameters: dict[str, Any] = {}
    clauses = _clauses(scope, parameters)
    if scope.project_id is not None:
        clauses = [PROJECT, *clauses]
        parameters["project"] = scope.project_id
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return Query(
        f"SELECT project_id, toUInt16(toDate({HOUR})) AS day, count() FROM spans"
        f"{where} GROUP BY project_id, day ORDER BY project_id, day",
        parameters,
    )


def groups(scope: ReindexScope, project_id: str, day: int) -> Query:
    """Cut one part of the key into groups of about `_GROUP_BYTES`: their last keys, in order.

    Rows are `(hour, trace_id, span_id, number)`. The rows of one key are never cut apart.
    """
    parameters: dict[str, Any] = {
        "project": project_id,
        "day": day,
        "row_bytes": _ROW_BYTES,
        "group_bytes": _GROUP_BYTES,
    }
    clauses = [PROJECT, _DAY, *_clauses(scope, parameters)]
    return Query(
        "SELECT max(key).1, max(key).2, max(key).3, number FROM"
        f" (SELECT (toUnixTimestamp({HOUR}), trace_id, span_id) AS key,"
        f" intDiv(sum({TEXT_BYTES} + {{row_bytes:UInt64}}) OVER (ORDER BY key),"
        " {group_bytes:UInt64}) AS number"
        f" FROM spans WHERE {' AND '.join(clauses)})"
        " GROUP BY number ORDER BY number",
        parameters,
    )


def rows_of_group(
    scope: ReindexScope,
    project_id: str,
    day: int,
    *,
    after: Place,
    upto: Place,
) -> Query:
    """Give the rows of one part of the key behind one place and up to another.

    The columns are `SPAN_FIELDS`, then the version. Of rows with the same key it is the one that
    is left by a merge. A row that a version in another hour beats is among them: it stays
    beaten when it is read again.
    """
    parameters: dict[str, Any] = {
        "project": project_id,
        "day": day,
        **behind(after),
        **up_to(upto),
    }
    clauses = [
        PROJECT,
        _DAY,
        *BEHIND,
        *UP_TO,
        *_clauses(scope, parameters),
    ]
    return Query(
        f"SELECT {SHOWN_SPAN}, seen.version FROM"
        f" (SELECT {', '.join(SPAN_COLUMNS)}, version FROM spans"
        f" WHERE {' AND '.join(clauses)}"
        f" ORDER BY version DESC LIMIT 1 BY {HOUR}, trace_id, span_id) AS seen",
        parameters,
    )


def _clauses(scope: ReindexScope, parameters: dict[str, Any]) -> list[str]:
    end = None if scope.end_time is None else scope.end_time - 1
    return since_of(scope.start_time, parameters) + until_of(end, parameters)
