"""Questions as SQL: values in, `Query` out. No value is ever part of the text.

Two shapes make up everything. `candidates` proposes traces from rows of any version, and so
may propose too many, never too few. `rows` computes traces exactly: it reads every version
of every span of the given traces, keeps the one with the largest version, and only then
filters. `plans` in this room puts the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from prela_core.store.conditions import Condition, span_conditions, trace_conditions
from prela_core.store.filters import Order, TraceFilter
from prela_core.store.rows import SPAN_FIELDS
from prela_core.store.summary import AGGREGATING_TYPES
from prela_core.store.words import SEARCHED_FIELDS

__all__ = [
    "HIT_FIELDS",
    "ROW_FIELDS",
    "Query",
    "announced",
    "candidates",
    "hit_candidates",
    "hits",
    "metadata_of",
    "rows",
    "spans_of",
]


@attrs.frozen
class Query:
    """A statement and the values it binds as `{name:Type}`."""

    sql: str
    parameters: dict[str, Any]


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

HIT_FIELDS = (
    "trace_id",
    "span_id",
    "span_type",
    "service_name",
    "status",
    *SEARCHED_FIELDS,
    "micros",
)
"""The columns of `hits`."""

_MICROS = "toUnixTimestamp64Micro({0})"
_MOMENT = "fromUnixTimestamp64Micro({{{0}:Int64}}, 'UTC')"
_TRACE = "project_id = {project:String}"
_LEAF = f"span_type NOT IN ({', '.join(repr(word) for word in AGGREGATING_TYPES)})"
_ROW_COLUMNS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "service_name",
    "span_type",
    "started_at",
    "ended_at",
    "status",
    "model",
    "input_tokens",
    "output_tokens",
    "cost_usd",
)
# The order by which a trace's first span is found: roots before others, then by start.
_HEAD = "(parent_span_id != '', started_at, span_id)"
_SPENT = f"""countIf({_LEAF} AND (isNotNull(input_tokens) OR isNotNull(output_tokens)
            OR isNotNull(cost_usd))) > 0"""
_ROW = f"""
    SELECT
        trace_id,
        argMin(service_name, {_HEAD}) AS service,
        min(toUnixTimestamp64Micro(started_at)) AS first_micros,
        countIf(isNull(ended_at)) AS running,
        if(running = 0, max(ifNull(toUnixTimestamp64Micro(ended_at), 0)), NULL) AS end_micros,
        max(greatest(toUnixTimestamp64Micro(started_at),
            ifNull(toUnixTimestamp64Micro(ended_at), 0))) AS last_micros,
        countIf(status = 'error') AS errors,
        multiIf(errors > 0, 'error', running > 0, 'pending', 'success') AS trace_status,
        if(countIf(parent_span_id = '') > 0, argMin(span_id, {_HEAD}), '') AS root,
        argMin(name, {_HEAD}) AS head_name,
        count() AS spans,
        {_SPENT} AS leaves_spent,
        if(leaves_spent, sumIf(ifNull(input_tokens, 0), {_LEAF}),
            sum(ifNull(input_tokens, 0))) AS tokens_in,
        if(leaves_spent, sumIf(ifNull(output_tokens, 0), {_LEAF}),
            sum(ifNull(output_tokens, 0))) AS tokens_out,
        if(leaves_spent, sumIf(ifNull(cost_usd, 0), {_LEAF}),
            sum(ifNull(cost_usd, 0))) AS cost,
        arraySort(groupUniqArrayIf(model, model != '')) AS models"""

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
) -> Query:
    """Propose traces that may start in `lo <= start <= hi` (microseconds) and meet `where`.

    Rows are `(trace_id, bound)`, the largest bound first: no trace starts after its bound, so
    whoever has not been proposed starts no later than the last bound. Why nobody is left out:
    a trace that meets a condition on spans does so by a visible row, which starts no earlier
    than the trace; and the row at which a trace starts lies between `lo` and `hi` itself.
    """
    conditions = span_conditions(where)
    parameters: dict[str, Any] = {"project": project_id, "limit": limit}
    since, until = _since(lo, parameters), _until(hi, parameters)
    clauses = [_TRACE, *since]
    bound = f"max({_MICROS.format('started_at')})"
    if conditions:
        first, *others = conditions
        clauses.append(f"({first.sql})")
        parameters |= first.parameters
        for other in others:
            clauses.append(_having_row([_TRACE, *since, f"({other.sql})"]))
            parameters |= other.parameters
        if until:
            clauses.append(_having_row([_TRACE, *since, *until]))
            bound = f"least({bound}, {{hi:Int64}})"
    else:
        clauses += until
    return Query(
        f"SELECT trace_id, {bound} AS bound FROM spans WHERE {' AND '.join(clauses)}"
        " GROUP BY trace_id ORDER BY bound DESC, trace_id DESC LIMIT {limit:UInt64}",
        parameters,
    )


def rows(
    project_id: str,
    where: TraceFilter,
    order: Order,
    *,
    ids: Sequence[str] | None,
    lo: int | None,
    hi: int | None,
    after: tuple[int, str] | None,
    limit: int,
) -> Query:
    """Compute traces exactly, filter, order and cut them; columns are `ROW_FIELDS`.

    Only traces among `ids` are computed; with None, all that can meet `where` are.
    `after` is the position of the last row of the page before: order value and trace id.
    The last column is the order value.
    """
    conditions = span_conditions(where)
    clauses, parameters = trace_conditions(where)
    parameters |= {"project": project_id, "limit": limit}
    for condition in conditions:
        parameters |= condition.parameters
        clauses.append(f"countIf({condition.sql}) > 0")
    since, until = _since(lo, parameters), _until(hi, parameters)
    if lo is not None:
        clauses.append("first_micros >= {lo:Int64}")
    if hi is not None:
        clauses.append("first_micros <= {hi:Int64}")
    value = _ORDER_VALUES[order.field]
    direction, sign = ("DESC", "<") if order.descending else ("ASC", ">")
    if after is not None:
        clauses.append(f"(order_value, trace_id) {sign} ({{after:Int64}}, {{after_id:String}})")
        parameters |= {"after": after[0], "after_id": after[1]}
    scope = _scope(ids, since, until, conditions, parameters)
    columns = _with(_ROW_COLUMNS, conditions)
    having = f"\n    HAVING {' AND '.join(clauses)}" if clauses else ""
    return Query(
        f"SELECT {', '.join(ROW_FIELDS)}, order_value FROM ({_ROW},\n        {value} AS order_value"
        f"\n    FROM {_collapsed(columns, scope)}\n    GROUP BY trace_id{having}"
        f"\n    ORDER BY order_value {direction}, trace_id {direction}"
        "\n    LIMIT {limit:UInt64})",
        parameters,
    )


def hit_candidates(
    project_id: str, where: TraceFilter, *, lo: int | None, hi: int | None, limit: int
) -> Query:
    """Propose traces with a row of any version, started between `lo` and `hi`, with the words.

    Rows are `(trace_id, bound)` as those of `candidates`: no hit in the trace is newer.
    """
    parameters: dict[str, Any] = {"project": project_id, "limit": limit}
    clauses = [_TRACE, *_since(lo, parameters), *_until(hi, parameters)]
    for condition in span_conditions(TraceFilter(q=where.q)):
        clauses.append(f"({condition.sql})")
        parameters |= condition.parameters
    clauses += _may_meet(attrs.evolve(where, q=None), parameters)
    return Query(
        f"SELECT trace_id, max({_MICROS.format('started_at')}) AS bound FROM spans"
        f" WHERE {' AND '.join(clauses)}"
        " GROUP BY trace_id ORDER BY bound DESC, trace_id DESC LIMIT {limit:UInt64}",
        parameters,
    )


def hits(
    project_id: str,
    where: TraceFilter,
    *,
    ids: Sequence[str] | None,
    lo: int | None,
    after: tuple[int, str] | None,
    limit: int,
) -> Query:
    """Find in each trace that meets `where` the newest visible span with all of its words.

    Only hits that started at `lo` or later and stand after the position `after` are given,
    newest first. Columns are `HIT_FIELDS`; the last one is the span's start in microseconds.
    """
    conditions = span_conditions(TraceFilter(q=where.q))
    parameters: dict[str, Any] = {"project": project_id, "limit": limit}
    clauses = [f"({condition.sql})" for condition in conditions]
    for condition in conditions:
        parameters |= condition.parameters
    clauses += _meets(attrs.evolve(where, q=None), ids, parameters)
    since = _since(lo, parameters)
    scope = _scope(ids, since, [], conditions, parameters)
    outer = ["1", *since]
    if after is not None:
        outer.append("(micros, trace_id) < ({after:Int64}, {after_id:String})")
        parameters |= {"after": after[0], "after_id": after[1]}
    source = _collapsed(_with((*HIT_FIELDS[:-1], "started_at"), conditions), scope)
    return Query(
        f"SELECT {', '.join(HIT_FIELDS)} FROM"
        f" (SELECT *, {_MICROS.format('started_at')} AS micros FROM {source}"
        f" WHERE {' AND '.join(clauses)} ORDER BY micros DESC, span_id LIMIT 1 BY trace_id)"
        f" WHERE {' AND '.join(outer)} ORDER BY micros DESC, trace_id DESC"
        " LIMIT {limit:UInt64}",
        parameters,
    )


def spans_of(
    project_id: str, trace_id: str, *, after: tuple[int, str] | None, offset: int, limit: int
) -> Query:
    """Give the spans of one trace by start, then by id; columns are `SPAN_FIELDS`."""
    parameters: dict[str, Any] = {
        "project": project_id,
        "trace": trace_id,
        "offset": offset,
        "limit": limit,
    }
    moments = ("started_at", "ended_at", "created_at")
    shown = ", ".join(
        f"{_MICROS.format('seen.' + name)} AS {name}"
        if name in moments
        else f"seen.{name} AS {name}"
        for name in SPAN_FIELDS
    )
    where = "1"
    if after is not None:
        position = f"({_MICROS.format('seen.started_at')}, seen.span_id)"
        where = f"{position} > ({{after:Int64}}, {{after_id:String}})"
        parameters |= {"after": after[0], "after_id": after[1]}
    source = _collapsed(SPAN_FIELDS, ["trace_id = {trace:String}"])
    return Query(
        f"SELECT {shown} FROM {source} AS seen WHERE {where}"
        " ORDER BY seen.started_at, seen.span_id LIMIT {limit:UInt64} OFFSET {offset:UInt64}",
        parameters,
    )


def metadata_of(project_id: str, ids: Sequence[str]) -> Query:
    """Give `(trace_id, metadata)` for those of `ids` that were announced with any."""
    return Query(
        "SELECT trace_id, argMax(metadata, version) FROM trace_announcements"
        f" WHERE {_TRACE} AND trace_id IN {{ids:Array(String)}} GROUP BY trace_id",
        {"project": project_id, "ids": list(ids)},
    )


def announced(project_id: str, trace_id: str) -> Query:
    """Give `(service_name, started_at, metadata)` of one announced trace."""
    return Query(
        "SELECT argMax(service_name, version), argMax(toUnixTimestamp64Micro(started_at), version),"
        f" argMax(metadata, version) FROM trace_announcements WHERE {_TRACE}"
        " AND trace_id = {trace:String} GROUP BY trace_id",
        {"project": project_id, "trace": trace_id},
    )


def _collapsed(columns: Iterable[str], scope: list[str]) -> str:
    """Read the visible version of each span. `scope` must take all versions of a span or none."""
    where = " AND ".join([_TRACE, *scope])
    return (
        f"(SELECT {', '.join(columns)} FROM spans WHERE {where}"
        " ORDER BY version DESC LIMIT 1 BY trace_id, span_id)"
    )


def _scope(
    ids: Sequence[str] | None,
    since: list[str],
    until: list[str],
    conditions: Sequence[Condition],
    parameters: dict[str, Any],
) -> list[str]:
    """Narrow a reading to `ids`, or to whatever may start in the window and meet the conditions."""
    if ids is not None:
        parameters["ids"] = list(ids)
        return ["trace_id IN {ids:Array(String)}"]
    scope = [_having_row([_TRACE, *since, *until])] if since or until else []
    return scope + [_having_row([_TRACE, *since, f"({each.sql})"]) for each in conditions]


def _may_meet(where: TraceFilter, parameters: dict[str, Any]) -> list[str]:
    """Narrow to traces that have rows of any version as `where` asks for: too many, never too few.

    Times and conditions are met by rows of their own, for a trace may meet them by different
    spans; only that nothing of a trace is older than its start holds for all of them. A start
    time alone narrows nothing here: whoever looks for rows looks no further back.
    """
    conditions = span_conditions(where)
    if where.end_time is None and not conditions:
        return []
    since = _since(where.start_time, parameters, "start")
    scope = []
    if where.end_time is not None:
        until = _until(where.end_time - 1, parameters, "last")
        scope.append(_having_row([_TRACE, *since, *until]))
    for condition in conditions:
        parameters |= condition.parameters
        scope.append(_having_row([_TRACE, *since, f"({condition.sql})"]))
    return scope


def _meets(where: TraceFilter, ids: Sequence[str] | None, parameters: dict[str, Any]) -> list[str]:
    """Narrow to traces (among `ids`, where given) that meet `where`, by their visible spans."""
    conditions = span_conditions(where)
    clauses, values = trace_conditions(where)
    clauses += [f"countIf({condition.sql}) > 0" for condition in conditions]
    since = _since(where.start_time, parameters, "start")
    if since:
        clauses.append("first_micros >= {start:Int64}")
    if where.end_time is not None:
        clauses.append("first_micros <= {last:Int64}")
        parameters["last"] = where.end_time - 1
    if not clauses:
        return []
    parameters |= values
    for condition in conditions:
        parameters |= condition.parameters
    if ids is not None:
        scope = ["trace_id IN {ids:Array(String)}"]
    else:
        scope = _may_meet(where, parameters) or [_having_row([_TRACE, *since])]
    source = _collapsed(_with(_ROW_COLUMNS, conditions), scope)
    computed = f"{_ROW} FROM {source} GROUP BY trace_id HAVING {' AND '.join(clauses)}"
    return [f"trace_id IN (SELECT trace_id FROM ({computed}))"]


def _having_row(clauses: list[str]) -> str:
    return f"trace_id IN (SELECT trace_id FROM spans WHERE {' AND '.join(clauses)})"


def _since(lo: int | None, parameters: dict[str, Any], name: str = "lo") -> list[str]:
    if lo is None:
        return []
    parameters[name] = lo
    moment = _MOMENT.format(name)
    return [f"toDate(started_at) >= toDate({moment})", f"started_at >= {moment}"]


def _until(hi: int | None, parameters: dict[str, Any], name: str = "hi") -> list[str]:
    if hi is None:
        return []
    parameters[name] = hi
    moment = _MOMENT.format(name)
    return [f"toDate(started_at) <= toDate({moment})", f"started_at <= {moment}"]


def _with(columns: Iterable[str], conditions: Iterable[Condition]) -> list[str]:
    wanted = dict.fromkeys(columns)
    for condition in conditions:
        wanted |= dict.fromkeys(condition.columns)
    return list(wanted)
