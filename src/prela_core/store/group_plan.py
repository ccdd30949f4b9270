"""How the lists of services, models, users and the like are asked for, page by page."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from prela_core.model import from_micros
from prela_core.store.cursors import Position, decode_cursor, encode_cursor, question_digest
from prela_core.store.filters import PageRequest
from prela_core.store.fragments import MICROS, Query
from prela_core.store.groups import GroupOrder, GroupQuery, GroupSummary
from prela_core.store.metric_queries import aggregates, source
from prela_core.store.results import Page

__all__ = ["groups", "groups_query"]

Row = Sequence[Any]

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


def groups(
    project_id: str, asked: GroupQuery, page: PageRequest
) -> Generator[Query, list[Row], Page[GroupSummary]]:
    """List the groups of `asked`; the plan of `Reader.groups`."""
    digest = question_digest("groups", project_id, asked)
    after = None if page.cursor is None else decode_cursor(page.cursor, digest)
    found = yield groups_query(
        project_id, asked, after=after, offset=page.offset, limit=page.limit + 1
    )
    shown = found[: page.limit]
    return Page(
        items=[_summary(row) for row in shown],
        next_cursor=encode_cursor(digest, int(shown[-1][-1]), shown[-1][0])
        if len(found) > page.limit
        else None,
    )


def groups_query(
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


def _summary(row: Row) -> GroupSummary:
    name, spans, traces, errors, tokens_in, tokens_out, cost, first, last, _ = row
    return GroupSummary(
        name=name,
        span_count=spans,
        trace_count=traces,
        error_count=errors,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cost_usd=int(cost) / 10**9,
        first_seen=from_micros(first),
        last_seen=from_micros(last),
    )
