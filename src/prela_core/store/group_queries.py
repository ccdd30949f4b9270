"""The lists of services, models, users and the like as SQL."""

from __future__ import annotations

from typing import Any

from prela_core.store.cursors import Position
from prela_core.store.fragments import MICROS, Query
from prela_core.store.groups import GroupOrder, GroupQuery
from prela_core.store.metric_queries import aggregates, source

__all__ = ["groups_of"]

_PARTS = ("spans", "traces", "errors", "input_tokens", "output_tokens", "cost")
# Beyond what a cursor holds all is one: no project spends nine thousand million dollars.
_MOST = 9 * 10**18
_ORDER_VALUES = {
    GroupOrder.LAST_SEEN: "last_micros",
    GroupOrder.FIRST_SEEN: "first_micros",
    GroupOrder.NAME: "0",
    GroupOrder.MOST_SPANS: "raw_spans",
    GroupOrder.MOST_TRACES: "raw_traces",
    GroupOrder.MOST_ERRORS: "raw_errors",
    GroupOrder.MOST_TOKENS: "raw_input_tokens + raw_output_tokens",
    GroupOrder.DEAREST: f"least(raw_cost, toInt128({_MOST}))",
}


def groups_of(
    project_id: str, asked: GroupQuery, *, after: Position | None, offset: int, limit: int
) -> Query:
    """Give one page of groups: name, `_PARTS`, first and last start, the value that orders."""
    parameters: dict[str, Any] = {"project": project_id, "limit": limit, "offset": offset}
    direction, sign = ("DESC", "<") if asked.order.descending else ("ASC", ">")
    having = ""
    if after is not None:
        having = f" HAVING (order_value, key0) {sign} ({{after:Int64}}, {{after_id:String}})"
        parameters |= {"after": after[0], "after_id": after[1]}
    micros = MICROS.format("started_at")
    return Query(
        f"SELECT toString({asked.by.value}) AS key0, {aggregates(_PARTS)},"
        f" min({micros}) AS first_micros, max({micros}) AS last_micros,"
        f" toInt64({_ORDER_VALUES[asked.order]}) AS order_value"
        f" FROM {source(asked, _PARTS, parameters)} WHERE key0 != '' GROUP BY key0{having}"
        f" ORDER BY order_value {direction}, key0 {direction}"
        " LIMIT {limit:UInt64} OFFSET {offset:UInt64}",
        parameters,
    )
