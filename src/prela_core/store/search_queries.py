"""Searches as SQL, in the two shapes of `queries`: propose too many, then find exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from prela_core.ask import Subject
from prela_core.store.asked import may_hold, trace_holds
from prela_core.store.conditions import Condition, span_conditions, trace_conditions
from prela_core.store.filters import TraceFilter
from prela_core.store.fragments import (
    MICROS,
    PROJECT,
    SCATTERED,
    SHARED,
    Query,
    begun_in,
    collapsed,
    has_row,
    scope_of,
    since_of,
    until_of,
    with_columns,
)
from prela_core.store.located import PROPOSED_BY_FEW, TRACE_HASH, Located
from prela_core.store.trace_row import ROW, ROW_COLUMNS
from prela_core.store.within import columns_of
from prela_core.store.word_index import Narrowing, known_rows, possible_rows, unknown_rows
from prela_core.store.words import SEARCHED_FIELDS

__all__ = [
    "HIT_FIELDS",
    "hit_candidates",
    "hit_of_each",
    "hits",
    "newest_rows",
    "other_candidates",
]

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
_HIT_COLUMNS = columns_of(HIT_FIELDS[:-1])


def hit_candidates(
    project_id: str,
    where: TraceFilter,
    *,
    lo: int | None,
    hi: int | None,
    limit: int,
    narrowing: Narrowing | None = None,
) -> Query:
    """Propose traces with a row of any version, started between `lo` and `hi`, with the words.

    Rows are as those of `candidates`: no hit in the trace is newer.
    With a `narrowing` some may be proposed without the words.
    """
    parameters: dict[str, Any] = {"limit": limit}
    clauses, words = _where_words_are(project_id, where, lo, hi, parameters)
    if narrowing is None:
        parameters |= words.parameters
        source = f"spans WHERE {' AND '.join([*clauses, f'({words.sql})'])}"
    else:
        source = possible_rows(narrowing, clauses, words, parameters)
    return _candidates(source, parameters)


def newest_rows(
    project_id: str,
    where: TraceFilter,
    narrowing: Narrowing,
    *,
    lo: int | None,
    hi: int | None,
    most: int,
    among: Sequence[str] | None = None,
) -> Query:
    """Give the `most` newest rows that may hold the words, of parts that the `narrowing` knows.

    There are more where others start with the last of them: traces come by start and then by id,
    and the rows of one moment are in no order. A row is the id of its trace, the hash of that, and
    its start. What `where` asks of the trace is met, or may be. Of the parts only those `among`
    which are given are looked at, or all.
    """
    parameters: dict[str, Any] = {"most": most}
    clauses, words = _where_words_are(project_id, where, lo, hi, parameters)
    rows = known_rows(narrowing, clauses, words, parameters, among=among)
    return Query(
        f"SELECT trace_id, {TRACE_HASH}, {MICROS.format('started_at')} FROM ({rows}"
        # Cut here, the reading gives no more ids than these.
        " ORDER BY started_at DESC LIMIT {most:UInt64} WITH TIES)",
        parameters,
        settings=SCATTERED,
    )


def other_candidates(
    project_id: str,
    where: TraceFilter,
    narrowing: Narrowing,
    *,
    lo: int | None,
    hi: int | None,
    limit: int,
) -> Query:
    """Propose traces as `hit_candidates`, in parts that the `narrowing` does not know."""
    parameters: dict[str, Any] = {"limit": limit}
    clauses, words = _where_words_are(project_id, where, lo, hi, parameters)
    return _candidates(f"({unknown_rows(narrowing, clauses, words, parameters)})", parameters)


def _candidates(source: str, parameters: dict[str, Any]) -> Query:
    return Query(
        f"SELECT trace_id, max({MICROS.format('started_at')}) AS bound, {PROPOSED_BY_FEW}"
        f" FROM {source} GROUP BY trace_id ORDER BY bound DESC, trace_id DESC"
        " LIMIT {limit:UInt64}",
        parameters,
        settings=SHARED,
    )


def _where_words_are(
    project_id: str,
    where: TraceFilter,
    lo: int | None,
    hi: int | None,
    parameters: dict[str, Any],
) -> tuple[list[str], Condition]:
    """Say which rows may be of traces that `where` asks for, and which of them hold the words."""
    parameters["project"] = project_id
    clauses = [PROJECT, *since_of(lo, parameters), *until_of(hi, parameters)]
    (words,) = span_conditions(TraceFilter(q=where.q))
    clauses += _may_meet(attrs.evolve(where, q=None), parameters)
    return clauses, words


def hits(
    project_id: str,
    where: TraceFilter,
    *,
    lo: int | None,
    after: tuple[int, str] | None,
    limit: int,
) -> Query:
    """Find in each trace that meets `where` the newest visible span with all of its words.

    Only hits that started at `lo` or later and stand after the position `after` are given,
    newest first. Columns are `HIT_FIELDS`; the last one is the span's start in microseconds.
    """
    parameters: dict[str, Any] = {"project": project_id, "limit": limit}
    scope = scope_of(since_of(lo, parameters), [], span_conditions(TraceFilter(q=where.q)))
    found = _hit_of_each(where, None, scope, parameters)
    outer = ["1"] if lo is None else ["micros >= {lo:Int64}"]
    if after is not None:
        outer.append("(micros, trace_id) < ({after:Int64}, {after_id:String})")
        parameters |= {"after": after[0], "after_id": after[1]}
    return Query(
        f"SELECT {', '.join(_HIT_COLUMNS)}, micros FROM ({found}) WHERE {' AND '.join(outer)}"
        " ORDER BY micros DESC, trace_id DESC LIMIT {limit:UInt64}",
        parameters,
    )


def hit_of_each(project_id: str, where: TraceFilter, known: Located) -> Query:
    """Find that span in each of the `known` traces, in no order: as `hits`."""
    parameters: dict[str, Any] = {"project": project_id}
    sql = _hit_of_each(where, known, known.clauses(parameters), parameters)
    return Query(sql, parameters, settings=SHARED)


def _hit_of_each(
    where: TraceFilter, known: Located | None, scope: list[str], parameters: dict[str, Any]
) -> str:
    conditions = span_conditions(TraceFilter(q=where.q))
    clauses = [f"({condition.sql})" for condition in conditions]
    for condition in conditions:
        parameters |= condition.parameters
    clauses += _meets(attrs.evolve(where, q=None), known, parameters)
    source = collapsed(with_columns((*_HIT_COLUMNS, "started_at"), conditions), scope)
    return (
        f"SELECT {', '.join(_HIT_COLUMNS)}, {MICROS.format('started_at')} AS micros"
        f" FROM {source} WHERE {' AND '.join(clauses)}"
        " ORDER BY micros DESC, span_id LIMIT 1 BY trace_id"
    )


def _may_meet(where: TraceFilter, parameters: dict[str, Any]) -> list[str]:
    """Narrow to traces that have rows of any version as `where` asks for: too many, never too few.

    Times and conditions are met by rows of their own, for a trace may meet them by different
    spans; only that nothing of a trace is older than its start holds for all of them. A start
    time alone narrows nothing here: whoever looks for rows looks no further back.
    """
    conditions = span_conditions(where) + may_hold(where.where, Subject.TRACE)
    if where.end_time is None and not conditions:
        return []
    since = since_of(where.start_time, parameters, "start")
    scope = []
    if where.end_time is not None:
        until = until_of(where.end_time - 1, parameters, "last")
        scope.append(begun_in(since, until, []))
    for condition in conditions:
        parameters |= condition.parameters
        scope.append(has_row([PROJECT, *since, f"({condition.sql})"]))
    return scope


def _meets(where: TraceFilter, known: Located | None, parameters: dict[str, Any]) -> list[str]:
    """Narrow to traces (of the `known`, where given) that meet `where`, by their visible spans."""
    conditions = span_conditions(where)
    clauses, values = trace_conditions(where)
    clauses += [f"countIf({condition.sql}) > 0" for condition in conditions]
    since = since_of(where.start_time, parameters, "start")
    if since:
        clauses.append("first_micros >= {start:Int64}")
    if where.end_time is not None:
        clauses.append("first_micros <= {last:Int64}")
        parameters["last"] = where.end_time - 1
    if not clauses and where.where is None:
        return []
    parameters |= values
    if known is not None:
        scope = known.clauses(parameters)
    else:
        scope = _may_meet(where, parameters) or [has_row([PROJECT, *since])]
    if where.where is not None:
        asked = trace_holds(where.where, scope)
        clauses.append(f"({asked.sql})")
        conditions.append(asked)
    for condition in conditions:
        parameters |= condition.parameters
    source = collapsed(with_columns(ROW_COLUMNS, conditions), scope)
    computed = f"{ROW} FROM {source} GROUP BY trace_id HAVING {' AND '.join(clauses)}"
    return [f"trace_id IN (SELECT trace_id FROM ({computed}))"]
