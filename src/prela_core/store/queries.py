"""Questions as SQL: values in, `Query` out. No value is ever part of the text.

Two shapes make up everything. `candidates` proposes traces from rows of any version, and so
may propose too many, never too few. `rows` computes traces exactly: it reads every version
of every span of the given traces, keeps the one with the largest version, and only then
filters. `plans` in this room puts the two together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from prela_core.ask import Subject
from prela_core.store.asked import may_hold, trace_holds
from prela_core.store.conditions import span_conditions, trace_conditions
from prela_core.store.filters import Order, TraceFilter
from prela_core.store.fragments import (
    HOUR,
    MICROS,
    ONE_TRACE,
    PROJECT,
    Query,
    begun_in,
    collapsed,
    has_row,
    scope_of,
    since_of,
    until_of,
    with_columns,
)
from prela_core.store.located import PROPOSED, PROPOSED_BY_FEW, Located
from prela_core.store.rows import OUTLINE_FIELDS, SPAN_COLUMNS, SPAN_FIELDS
from prela_core.store.sought import Sought
from prela_core.store.trace_row import ROW, ROW_COLUMNS
from prela_core.store.within import column_of

__all__ = [
    "LAST_SENT",
    "ROW_FIELDS",
    "SHOWN_SPAN",
    "announced",
    "candidates",
    "has_fewer_rows",
    "has_rows",
    "metadata_of",
    "newest_hour",
    "rows",
    "spans_of",
]


ROW_FIELDS = (
    "trace_id",
    "service",
    "first_micros",
    "end_micros",
    "last_micros",
    "trace_status",
    "root",
    "head_name",
    "spans",
    "errors",
    "tokens_in",
    "tokens_out",
    "cost",
    "models",
)
"""The columns of `rows`."""

_MOMENTS = ("started_at", "ended_at", "created_at")


def _shown(fields: Iterable[str]) -> str:
    return ", ".join(
        f"{MICROS.format('seen.' + name)} AS {name}"
        if name in _MOMENTS
        else f"seen.{column_of(name)} AS {name}"
        for name in fields
    )


SHOWN_SPAN = _shown(SPAN_FIELDS)
"""`SPAN_FIELDS` of a source that is called `seen`, moments as microseconds."""

_OUTLINED_SPAN = _shown(OUTLINE_FIELDS)

_MOST_OF_A_TRACE = 10_000
"""From how many spans on a part of a trace is read as the whole of it would be."""

# An empty object is what announcements without metadata hold.
LAST_SENT = "argMaxIf(metadata, version, length(metadata) > 2)"
_ORDER_VALUES = {
    "started_at": "first_micros",
    "duration_ms": "last_micros - first_micros",
    # Billionths of a dollar: sums of floats differ in their last bits from run to run.
    "cost_usd": "toInt64(round(least(cost, 9e9) * 1e9))",
    "span_count": "toInt64(spans)",
}


def candidates(
    project_id: str,
    where: TraceFilter,
    *,
    lo: int | None,
    hi: int | None,
    limit: int,
    sought: Sought | None = None,
    few: bool = False,
) -> Query:
    """Propose traces that may start in `lo <= start <= hi` (microseconds) and meet `where`.

    With `few`, not many rows start at `lo` or later: all are read at once, which then takes less
    than looking for each condition by itself.

    Rows are `trace_id`, `bound` and `PROPOSED`, the largest bound first: no trace starts after
    its bound, so whoever has not been proposed starts no later than the last bound. Why nobody is
    left out: a trace that meets a condition on spans does so by a visible row, which starts no
    earlier than the trace; and the row at which a trace starts lies between `lo` and `hi` itself.
    """
    conditions = span_conditions(where) + may_hold(where.where, Subject.TRACE)
    parameters: dict[str, Any] = {"project": project_id, "limit": limit}
    since, until = since_of(lo, parameters), until_of(hi, parameters)
    clauses = [PROJECT, *since]
    if sought is not None:
        clauses.append(sought.clause(lo, parameters))
    for condition in conditions:
        parameters |= condition.parameters
    started = MICROS.format("started_at")
    bound, having, said = f"max({started})", "", PROPOSED
    if not conditions:
        clauses += until
    elif few and sought is None and (until or len(conditions) > 1):
        held = [f"countIf({each.sql}) > 0" for each in conditions]
        held += [f"min({started}) <= {{hi:Int64}}"] if until else []
        bound, having = f"maxIf({started}, {conditions[0].sql})", f" HAVING {' AND '.join(held)}"
    else:
        said = PROPOSED_BY_FEW
        first, *others = (f"({each.sql})" for each in conditions)
        clauses += [first, *(has_row([PROJECT, *since, other]) for other in others)]
        if until:
            clauses.append(begun_in(since, until, [PROJECT, *since, first]))
    if conditions and until:
        bound = f"least({bound}, {{hi:Int64}})"
    return Query(
        f"SELECT trace_id, {bound} AS bound, {said} FROM spans WHERE {' AND '.join(clauses)}"
        f" GROUP BY trace_id{having} ORDER BY bound DESC, trace_id DESC LIMIT {{limit:UInt64}}",
        parameters,
    )


def rows(
    project_id: str,
    where: TraceFilter,
    order: Order,
    *,
    known: Located | None,
    lo: int | None,
    hi: int | None,
    after: tuple[int, str] | None,
    limit: int,
) -> Query:
    """Compute traces exactly, filter, order and cut them; columns are `ROW_FIELDS`.

    Only the `known` traces are computed; with None, all that can meet `where` are.
    `after` is the position of the last row of the page before: order value and trace id.
    The last column is the order value.
    """
    conditions = span_conditions(where)
    clauses, parameters = trace_conditions(where)
    parameters |= {"project": project_id, "limit": limit}
    columns = with_columns(ROW_COLUMNS, conditions)
    for condition in conditions:
        parameters |= condition.parameters
        clauses.append(f"countIf({condition.sql}) > 0")
    if known is None:
        narrowing = may_hold(where.where, Subject.TRACE)
        for condition in narrowing:
            parameters |= condition.parameters
        conditions += narrowing
    since, until = since_of(lo, parameters), until_of(hi, parameters)
    if lo is not None:
        clauses.append("first_micros >= {lo:Int64}")
    if hi is not None:
        clauses.append("first_micros <= {hi:Int64}")
    value = _ORDER_VALUES[order.field]
    direction, sign = ("DESC", "<") if order.descending else ("ASC", ">")
    if after is not None:
        clauses.append(f"(order_value, trace_id) {sign} ({{after:Int64}}, {{after_id:String}})")
        parameters |= {"after": after[0], "after_id": after[1]}
    scope = scope_of(since, until, conditions) if known is None else known.clauses(parameters)
    if where.where is not None:
        asked = trace_holds(where.where, scope)
        parameters |= asked.parameters
        clauses.append(f"({asked.sql})")
        columns = with_columns(columns, [asked])
    having = f"\n    HAVING {' AND '.join(clauses)}" if clauses else ""
    return Query(
        f"SELECT {', '.join(ROW_FIELDS)}, order_value FROM ({ROW},\n        {value} AS order_value"
        f"\n    FROM {collapsed(columns, scope)}\n    GROUP BY trace_id{having}"
        f"\n    ORDER BY order_value {direction}, trace_id {direction}"
        "\n    LIMIT {limit:UInt64})",
        parameters,
    )


def spans_of(
    project_id: str,
    trace_id: str,
    *,
    after: tuple[int, str] | None,
    offset: int,
    limit: int,
    bodies: bool = True,
) -> Query:
    """Give the spans of one trace by start, then by id, column by column.

    Columns are `SPAN_FIELDS`, or without `bodies` the `OUTLINE_FIELDS`.
    """
    fields, columns = (SPAN_COLUMNS, SHOWN_SPAN) if bodies else (OUTLINE_FIELDS, _OUTLINED_SPAN)
    parameters: dict[str, Any] = {
        "project": project_id,
        "trace": trace_id,
        "offset": offset,
        "limit": limit,
    }
    scope = [*ONE_TRACE]
    part = " LIMIT {limit:UInt64} OFFSET {offset:UInt64}"
    shown = f"SELECT {columns} FROM {{source}} AS seen ORDER BY seen.started_at, seen.span_id"
    if after is None and not offset and limit >= _MOST_OF_A_TRACE:
        whole = shown.format(source=collapsed(fields, scope)) + part
        return Query(whole, parameters, by_column=True)
    where = ""
    if after is not None:
        position = f"({MICROS.format('started_at')}, span_id)"
        where = f" WHERE {position} > ({{after:Int64}}, {{after_id:String}})"
        parameters |= {"after": after[0], "after_id": after[1]}
    # Which spans are on the page is found by narrow columns, and only theirs are read in full.
    seen = collapsed(("trace_id", "span_id", "version", "started_at"), scope)
    page = f"SELECT span_id, version FROM {seen}{where} ORDER BY started_at, span_id{part}"
    source = collapsed(fields, [*scope, f"(span_id, version) IN ({page})"])
    return Query(shown.format(source=source), parameters, by_column=True)


def has_rows(count: int) -> Query:
    """Say whether all projects have so many rows, which the engine knows without reading them."""
    return Query("SELECT count() >= {count:UInt64} FROM spans", {"count": count}, stays=math.inf)


def has_fewer_rows(count: int) -> Query:
    """Say whether all projects have fewer rows than so many; it may be a minute old."""
    return Query("SELECT count() < {count:UInt64} FROM spans", {"count": count}, stays=60)


def newest_hour(project_id: str, before: int) -> Query:
    """Give the last hour with rows, of any version, at or before a moment (microseconds).

    It is given as its first second since 1970; without such rows there is none.
    """
    parameters: dict[str, Any] = {"project": project_id}
    hour, _ = until_of(before, parameters, "before")
    return Query(
        f"SELECT toUnixTimestamp({HOUR}) FROM spans WHERE {PROJECT} AND {hour}"
        f" ORDER BY project_id DESC, {HOUR} DESC LIMIT 1",
        parameters,
    )


def metadata_of(project_id: str, ids: Sequence[str]) -> Query:
    """Give `(trace_id, metadata)` for those of `ids` that were announced: the last that was sent.

    A trace that is announced without metadata keeps what it had; "" when none was ever sent.
    """
    return Query(
        f"SELECT trace_id, {LAST_SENT} FROM trace_announcements"
        f" WHERE {PROJECT} AND trace_id IN {{ids:Array(String)}} GROUP BY trace_id",
        {"project": project_id, "ids": list(ids)},
    )


def announced(project_id: str, trace_id: str) -> Query:
    """Give `(service_name, started_at, metadata)` of one announced trace."""
    return Query(
        "SELECT argMax(service_name, version), argMax(toUnixTimestamp64Micro(started_at), version),"
        f" {LAST_SENT} FROM trace_announcements WHERE {PROJECT}"
        " AND trace_id = {trace:String} GROUP BY trace_id",
        {"project": project_id, "trace": trace_id},
    )
