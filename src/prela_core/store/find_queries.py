"""Lists of spans as SQL, in the two shapes of `queries`: propose too many, then find exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prela_core.ask import Subject
from prela_core.store.asked import may_hold, relatives_may_hold, span_holds
from prela_core.store.filters import SpanFilter, SpanOrder
from prela_core.store.fragments import (
    MICROS,
    PROJECT,
    Query,
    collapsed,
    has_row,
    scope_of,
    since_of,
    until_of,
    with_columns,
)
from prela_core.store.located import PROPOSED, Located
from prela_core.store.queries import SHOWN_SPAN
from prela_core.store.rows import SPAN_COLUMNS
from prela_core.store.sought import Sought

__all__ = ["found_candidates", "found_keys", "spans_by_key"]

_KEYS = ("trace_id", "span_id", "started_at")
_INT64 = 2**63 - 1


def found_candidates(
    project_id: str,
    where: SpanFilter,
    *,
    lo: int | None,
    hi: int | None,
    limit: int,
    sought: Sought | None = None,
) -> Query:
    """Propose traces with a row of any version that may meet `where`, started in `lo` to `hi`.

    Rows are as those of `queries.candidates`: no span of it that meets
    `where` starts after the bound. What is `sought` must be needed by `where`.
    """
    parameters: dict[str, Any] = {"project": project_id, "limit": limit}
    clauses = [PROJECT, *since_of(lo, parameters), *until_of(hi, parameters)]
    if sought is not None:
        clauses.append(sought.clause(lo, parameters))
    for condition in may_hold(where.where, Subject.SPAN):
        clauses.append(f"({condition.sql})")
        parameters |= condition.parameters
    for condition in relatives_may_hold(where.where):
        clauses.append(has_row([PROJECT, f"({condition.sql})"]))
        parameters |= condition.parameters
    return Query(
        f"SELECT trace_id, max({MICROS.format('started_at')}) AS bound, {PROPOSED} FROM spans"
        f" WHERE {' AND '.join(clauses)}"
        " GROUP BY trace_id ORDER BY bound DESC, trace_id DESC LIMIT {limit:UInt64}",
        parameters,
    )


def found_keys(
    project_id: str,
    where: SpanFilter,
    order: SpanOrder,
    *,
    known: Located | None,
    lo: int | None,
    hi: int | None,
    after: tuple[int, str, str] | None,
    limit: int,
) -> Query:
    """Find the visible spans that meet `where`, in order: `(trace_id, span_id, order_value)`.

    Only the `known` traces are looked at; with None, all that can meet `where`. `after` is where
    the last row of the page before stands, as those columns, the value first.
    """
    parameters: dict[str, Any] = {"project": project_id, "limit": limit}
    since, until = since_of(lo, parameters), until_of(hi, parameters)
    own, near = may_hold(where.where, Subject.SPAN), relatives_may_hold(where.where)
    if known is not None:
        scope = known.clauses(parameters)
    else:
        scope = scope_of(since, until, own)
        # Those around a span may have started before the window.
        scope += [has_row([PROJECT, f"({each.sql})"]) for each in near]
        for condition in (*own, *near):
            parameters |= condition.parameters
    clauses = ["1", *since, *until]
    held = [span_holds(where.where, scope)] if where.where is not None else []
    for condition in held:
        clauses.append(f"({condition.sql})")
        parameters |= condition.parameters
    direction, sign = ("DESC", "<") if order.descending else ("ASC", ">")
    if after is not None:
        clauses.append(
            f"(order_value, trace_id, span_id) {sign}"
            " ({after:Int64}, {after_trace:String}, {after_span:String})"
        )
        parameters |= dict(zip(("after", "after_trace", "after_span"), after, strict=True))
    value, reads = _order_value(order)
    source = collapsed(dict.fromkeys((*with_columns(_KEYS, held), *reads)), scope)
    return Query(
        f"SELECT trace_id, span_id, {value} AS order_value FROM {source}"
        f" WHERE {' AND '.join(clauses)}"
        f" ORDER BY order_value {direction}, trace_id {direction}, span_id {direction}"
        " LIMIT {limit:UInt64}",
        parameters,
    )


def spans_by_key(project_id: str, known: Located, keys: Sequence[tuple[str, str]]) -> Query:
    """Give the visible spans of `keys`, pairs of a trace's id and a span's; as `SPAN_FIELDS`.

    `known` tells where their traces are.
    """
    parameters: dict[str, Any] = {
        "project": project_id,
        "span_ids": list(dict.fromkeys(span_id for _, span_id in keys)),
    }
    scope = [*known.clauses(parameters), "span_id IN {span_ids:Array(String)}"]
    return Query(f"SELECT {SHOWN_SPAN} FROM {collapsed(SPAN_COLUMNS, scope)} AS seen", parameters)


def _order_value(order: SpanOrder) -> tuple[str, tuple[str, ...]]:
    """Give the whole number that is ordered by, and the columns it is made of."""
    match order.field:
        case "started_at":
            return MICROS.format("started_at"), ("started_at",)
        case "duration_ms":
            return (
                "toInt64(round(greatest(least(duration_ms, 9e15), -9e15) * 1000))",
                ("duration_ms",),
            )
        case _:
            last = -1 if order.descending else _INT64
            return (
                f"ifNull(toInt64(round(least(cost_usd, 9e9) * 1e9)), toInt64({last}))",
                ("cost_usd",),
            )
