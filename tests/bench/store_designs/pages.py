"""The newest 50 traces: candidates from rows of any version, each computed from its winners.

Why such a page misses nothing and shows nothing wrong: docs/decisions/0001-store-schema.md.
"""

from __future__ import annotations

import attrs
from clickhouse_connect.driver.client import Client
from collapse import OF_PROJECT, ON_DAYS_SEEN, by_limit
from designs import Design
from engine import Rows, ask
from generator import LAST_DAY, RARE_MODEL, RARE_USER, UNTIL

__all__ = [
    "FAILED",
    "NEWEST",
    "NEWEST_FIRST",
    "OF_MODEL",
    "OF_USER",
    "TRACE_ROW",
    "Filter",
    "page_from_days",
    "page_from_spans",
]

LIMIT = 50
_HOURS_BACK = (1, 6, 24, 168, 24 * 400)

TRACE_ROW = """
SELECT trace_id, min(started_at) AS started, max(ended_at) AS ended, count() AS n,
    countIf(status='error') AS errors, countIf(status='pending') AS pending,
    sum(input_tokens) AS itok, sum(output_tokens) AS otok, sum(cost_usd) AS cost,
    groupUniqArrayIf(model, model!='') AS models,
    argMinIf(name, started_at, parent_span_id='') AS root, max(status='error') AS has_err,
    has(groupUniqArray(user_id), {user:String}) AS has_user,
    has(groupUniqArray(model), {model:String}) AS has_model"""
"""A row of the list, computed from collapsed spans; binds `user` and `model`."""

NEWEST_FIRST = f"ORDER BY started DESC, trace_id DESC LIMIT {LIMIT}"


@attrs.frozen
class Filter:
    """One condition of the list in the words of each table, and from when on (epoch seconds).

    On `trace_days` and on spans it may look at one row: a trace that matches has a matching
    winning span, whose own row matches and does not start before the trace.
    """

    on_days: str = "1"
    on_spans: str = "1"
    on_traces: str = "1"
    user: str = ""
    model: str = ""
    since: int | None = None

    @property
    def values(self) -> dict[str, str]:
        return {"user": self.user, "model": self.model}


NEWEST = Filter()
FAILED = Filter("any_error=1", "status='error'", "has_err")
OF_USER = Filter("has(users, {user:String})", "user_id={user:String}", "has_user", user=RARE_USER)
OF_MODEL = Filter(
    "has(models, {model:String})",
    "model={model:String}",
    "has_model",
    model=RARE_MODEL,
    since=LAST_DAY,
)


def page_from_days(client: Client, design: Design, wanted: Filter) -> Rows:
    """Take the candidates from the narrow `trace_days`."""
    candidates = (
        f"SELECT trace_id, max(last) AS u FROM trace_days WHERE {OF_PROJECT} "
        "AND day >= toDate({lo:UInt32}) AND last >= toDateTime({lo:UInt32},'UTC') "
        f"AND {wanted.on_days}"
    )
    return _page(client, design, candidates, wanted)


def page_from_spans(
    client: Client, design: Design, wanted: Filter, *, days_seen: bool = False
) -> Rows:
    """Take the candidates from the spans themselves, all versions.

    `days_seen` reads only the days of the candidates, as `trace_seen` knows them.
    """
    # B's key holds the day, which a condition on the start alone would not use.
    by_day = "toDate(started_at) >= toDate({lo:UInt32}) AND" if design.letter == "B" else ""
    candidates = (
        f"SELECT trace_id, max(started_at) AS u FROM {design.table} WHERE {OF_PROJECT} "
        f"AND {by_day} started_at >= toDateTime({{lo:UInt32}},'UTC') AND {wanted.on_spans}"
    )
    return _page(client, design, candidates, wanted, f"{ON_DAYS_SEEN} AND" if days_seen else "")


def _page(client: Client, design: Design, candidates: str, wanted: Filter, hint: str = "") -> Rows:
    """Widen the window until the page is full.

    `candidates` gives (trace_id, u), with u at or above the trace's true start. A page is done
    when its last row starts after every u that was not looked at.
    """
    of_candidates = f"{OF_PROJECT} AND {hint} trace_id IN {{ids:Array(String)}}"
    propose = f"{candidates} GROUP BY trace_id ORDER BY u DESC LIMIT {{k:UInt32}}"
    compute = (
        f"{TRACE_ROW} FROM {by_limit(design, of_candidates)} GROUP BY trace_id "
        f"HAVING {wanted.on_traces} AND started >= toDateTime({{lo:UInt32}},'UTC') {NEWEST_FIRST}"
    )
    found: Rows = []
    windows = [UNTIL - hours * 3600 for hours in _HOURS_BACK]
    for since in windows if wanted.since is None else [wanted.since]:
        asked = 2 * LIMIT
        while proposed := ask(client, propose, lo=since, k=asked, **wanted.values):
            ids = [trace_id for trace_id, _ in proposed]
            found = ask(client, compute, ids=ids, lo=since, **wanted.values)
            is_full = len(found) == LIMIT and found[-1][1] > proposed[-1][1]
            if len(proposed) < asked or is_full:
                break
            asked *= 4
        if len(found) == LIMIT:
            break
    return found
