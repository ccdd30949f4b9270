"""The statements of deleting: what is meant, what there is of it, and its going.

The text of a mutation is kept by the engine with its values filled in; that it names the deletion
is how a worker that was started anew finds the one that is still being done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import attrs

from prela_core.store import queries
from prela_core.store.deletion_log import SPANS_SEEN, STEP_COLUMNS, TRACES_SEEN, Step
from prela_core.store.deletions import DeletionRequest
from prela_core.store.filters import Order
from prela_core.store.fragments import PROJECT, Query, since_of, until_of

__all__ = [
    "COUNTED",
    "TABLES",
    "Scope",
    "counts",
    "cutoffs",
    "deletes",
    "deletion_ids",
    "erases",
    "fixes",
    "kills",
    "mutations",
    "steps_of",
    "takes_step",
    "tombstones",
    "unfinished",
]

TABLES = ("spans", "trace_announcements")
"""The tables that hold what was received of a trace, in the order they are deleted from."""

COUNTED = (SPANS_SEEN, TRACES_SEEN, *TABLES)
"""The names of what `counts` counts."""

_RECEIVED = "created_at <= fromUnixTimestamp64Micro({asked_at:Int64}, 'UTC')"
_ASKED_AT = "fromUnixTimestamp64Micro({asked_at:Int64}, 'UTC')"
_UNLIMITED = 2**62
_MUTATION = " AND position(command, {deletion:String}) > 0"
_MASK = "APPLY DELETED MASK"


@attrs.frozen
class Scope:
    """Which rows a deletion is about, as a condition over any of `TABLES`."""

    sql: str
    parameters: dict[str, Any]

    @classmethod
    def of_step(cls, step: Step) -> Scope:
        """Give the rows of a deletion that was asked."""
        # Always true, but it stands in the text of the mutation.
        traces = "{deletion:String} != ''"
        if not step.is_everything:
            traces = (
                f"trace_id IN (SELECT trace_id FROM deleted_traces WHERE {PROJECT}"
                " AND deletion_id = {deletion:String})"
            )
        return cls(
            f"{PROJECT} AND {traces} AND {_RECEIVED}",
            {
                "project": step.project_id,
                "deletion": step.deletion_id,
                "asked_at": step.asked_at,
            },
        )

    @classmethod
    def of_request(cls, request: DeletionRequest) -> Scope:
        """Give the rows of a deletion that would be asked."""
        meant = _meant(request)
        return cls(
            f"{PROJECT} AND {f'trace_id IN ({meant.sql})' if meant else '1'} AND {_RECEIVED}",
            {"project": request.project_id, "asked_at": request.asked_at}
            | (meant.parameters if meant else {}),
        )


def fixes(request: DeletionRequest) -> Query | None:
    """Write down the traces that are meant; None when all are."""
    meant = _meant(request)
    if meant is None:
        return None
    return Query(
        "INSERT INTO deleted_traces (project_id, trace_id, deletion_id, asked_at)"
        f" SELECT {{project:String}}, trace_id, {{deletion:String}}, {_ASKED_AT}"
        f" FROM ({meant.sql})",
        meant.parameters
        | {
            "project": request.project_id,
            "deletion": request.deletion_id,
            "asked_at": request.asked_at,
        },
    )


def takes_step(step: Step) -> Query:
    """Write a step down."""
    return Query(
        "INSERT INTO deletions"
        " (project_id, deletion_id, asked_at, is_everything, said, at, state, sweep, counts)"
        f" SELECT {{project:String}}, {{deletion:String}}, {_ASKED_AT}, {{everything:UInt8}},"
        " {said:String}, fromUnixTimestamp64Micro({at:Int64}, 'UTC'), {state:String},"
        " {sweep:UInt16}, mapFromArrays({names:Array(String)}, {counts:Array(UInt64)})",
        {
            "project": step.project_id,
            "deletion": step.deletion_id,
            "asked_at": step.asked_at,
            "everything": int(step.is_everything),
            "said": step.said,
            "at": step.at,
            "state": step.state.value,
            "sweep": step.sweep,
            "names": list(step.counts),
            "counts": list(step.counts.values()),
        },
    )


def unfinished() -> Query:
    """Give `(project_id, deletion_id)` of what is to be done, the oldest first."""
    return Query(
        "SELECT project_id, deletion_id FROM deletions GROUP BY project_id, deletion_id"
        " HAVING countIf(state = 'done') = 0 ORDER BY min(asked_at), deletion_id",
        {},
    )


def deletion_ids(
    project_id: str, *, after: tuple[int, str] | None, offset: int, limit: int
) -> Query:
    """Give `(deletion_id, asked_at)` of a project's deletions, the newest first."""
    parameters: dict[str, Any] = {"project": project_id, "limit": limit, "offset": offset}
    having = ""
    if after is not None:
        having = " HAVING (micros, deletion_id) < ({after:Int64}, {after_id:String})"
        parameters |= {"after": after[0], "after_id": after[1]}
    return Query(
        "SELECT deletion_id, max(toUnixTimestamp64Micro(asked_at)) AS micros FROM deletions"
        f" WHERE {PROJECT} GROUP BY deletion_id{having}"
        " ORDER BY micros DESC, deletion_id DESC LIMIT {limit:UInt64} OFFSET {offset:UInt64}",
        parameters,
    )


def steps_of(project_id: str, ids: Sequence[str]) -> Query:
    """Give the steps of deletions, in `STEP_COLUMNS`."""
    return Query(
        f"SELECT {', '.join(STEP_COLUMNS)} FROM deletions"
        f" WHERE {PROJECT} AND deletion_id IN {{ids:Array(String)}} ORDER BY at",
        {"project": project_id, "ids": list(ids)},
    )


def counts(scope: Scope) -> Query:
    """Count what there is: in `COUNTED`, of which the first two are what readers see.

    Of `traces seen` are those that were only announced, too.
    """
    shown = (
        "uniqExactIf((trace_id, span_id), source = 0)",
        "uniqExact(trace_id)",
        *(f"countIf(source = {number})" for number in range(len(TABLES))),
    )
    span_id = {"spans": "span_id"}
    rows = [
        f"SELECT trace_id, {span_id.get(table, repr(''))} AS span_id, {number} AS source"
        f" FROM {table} WHERE {scope.sql}"
        for number, table in enumerate(TABLES)
    ]
    return Query(f"SELECT {', '.join(shown)} FROM ({' UNION ALL '.join(rows)})", scope.parameters)


def deletes(table: str, scope: Scope) -> Query:
    """Have the rows of a table go from every reading; it answers before that is done."""
    return Query(f"DELETE FROM {table} WHERE {scope.sql}", scope.parameters)


def erases(table: str) -> Query:
    """Have the bytes of all deleted rows go; it answers before that is done."""
    return Query(f"ALTER TABLE {table} {_MASK}", {})


def mutations(table: str, deletion_id: str | None) -> Query:
    """Give `(mutation_id, why)` of those that are still being done: of a deletion, or erasing.

    `why` one of them failed when it was tried last; "" when it did not.
    """
    return Query(
        "SELECT mutation_id, latest_fail_reason FROM system.mutations"
        " WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done"
        f"{_MUTATION}",
        {"table": table, "deletion": _MASK if deletion_id is None else deletion_id},
    )


def kills(table: str, mutation_id: str) -> Query:
    """Give up a mutation that fails."""
    return Query(
        "KILL MUTATION WHERE database = currentDatabase() AND table = {table:String}"
        " AND mutation_id = {mutation:String}",
        {"table": table, "mutation": mutation_id},
    )


def cutoffs() -> Query:
    """Give `(project_id, micros)`: until when something that was received is deleted."""
    return Query(
        "SELECT project_id, max(toUnixTimestamp64Micro(asked_at)) FROM deletions"
        " GROUP BY project_id",
        {},
    )


def tombstones(project_id: str, trace_ids: Collection[str]) -> Query:
    """Give `(trace_id, micros)`: until when what was received of these traces is deleted.

    The id "" stands for all traces of the project.
    """
    return Query(
        "SELECT trace_id, max(toUnixTimestamp64Micro(asked_at)) FROM deleted_traces"
        f" WHERE {PROJECT} AND trace_id IN {{ids:Array(String)}} AND deletion_id IN"
        f" (SELECT deletion_id FROM deletions WHERE {PROJECT}) GROUP BY trace_id"
        " UNION ALL SELECT '', max(toUnixTimestamp64Micro(asked_at)) FROM deletions"
        f" WHERE {PROJECT} AND is_everything",
        {"project": project_id, "ids": list(trace_ids)},
    )


def _meant(request: DeletionRequest) -> Query | None:
    """Give the ids of the traces that are meant; None when all are."""
    if request.everything:
        return None
    if request.where is None:
        return Query(
            "SELECT arrayJoin({ids:Array(String)}) AS trace_id",
            {"ids": list(dict.fromkeys(request.trace_ids))},
        )
    where = request.where.at(request.asked_at)
    end = None if where.end_time is None else where.end_time - 1
    found = queries.rows(
        request.project_id,
        where,
        Order.OLDEST,
        known=None,
        lo=where.start_time,
        hi=end,
        after=None,
        limit=_UNLIMITED,
    )
    sql, parameters = f"SELECT trace_id FROM ({found.sql})", found.parameters
    if request.is_about_times:
        clauses = since_of(where.start_time, parameters) + until_of(end, parameters)
        sql += (
            f" UNION DISTINCT SELECT trace_id FROM trace_announcements"
            f" WHERE {' AND '.join([PROJECT, *clauses])}"
            f" AND trace_id NOT IN (SELECT trace_id FROM spans WHERE {PROJECT})"
        )
    return Query(sql, parameters)
