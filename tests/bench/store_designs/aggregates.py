"""Sums and percentiles over a window, collapsed in each way that the designs allow."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from clickhouse_connect.driver.client import Client
from collapse import OF_PROJECT, by_argmax, by_limit, listed
from designs import Design
from engine import Rows, ask
from generator import DAY

__all__ = [
    "BY_MODEL",
    "HOURLY",
    "Aggregate",
    "Way",
    "by_suspect_hashes",
    "by_suspects",
    "collapse_all",
    "final",
    "naive",
]

_IN_WINDOW = (
    "started_at >= toDateTime({lo:UInt32},'UTC') AND started_at < toDateTime({hi:UInt32},'UTC')"
)
_ON_DAYS = "toDate(started_at) BETWEEN toDate({lo:UInt32}) AND toDate({hi:UInt32})"


@attrs.frozen
class Aggregate:
    """A question over a source of spans, and the columns that it reads."""

    select: str
    columns: tuple[str, ...]
    group: str

    def over(self, source: str) -> str:
        """Give the whole statement."""
        return f"{self.select} FROM {source} {self.group}"

    @property
    def columns_and_start(self) -> tuple[str, ...]:
        if "started_at" in self.columns:
            return self.columns
        return (*self.columns, "started_at")


HOURLY = Aggregate(
    "SELECT toStartOfHour(started_at) AS h, service_name, count() AS n, "
    "quantileExact(0.95)(duration_ms) AS p95",
    ("service_name", "duration_ms", "started_at"),
    "GROUP BY h, service_name ORDER BY h, service_name",
)
BY_MODEL = Aggregate(
    "SELECT model, count(), sum(input_tokens), sum(output_tokens), round(sum(cost_usd),4)",
    ("model", "input_tokens", "output_tokens", "cost_usd"),
    "WHERE model!='' GROUP BY model ORDER BY model",
)

Way = Callable[[Client, Design, Aggregate, int, int], Rows]
"""A way to collapse spans that start in [since, until), epoch seconds."""


def final(client: Client, design: Design, aggregate: Aggregate, since: int, until: int) -> Rows:
    """Let the engine collapse by the key: exact when the key is the span's identity (A, E)."""
    source = (
        f"(SELECT {listed(aggregate.columns)} FROM {design.table} FINAL "
        f"WHERE {OF_PROJECT} AND {_IN_WINDOW})"
    )
    return ask(client, aggregate.over(source), lo=since, hi=until)


def collapse_all(
    client: Client, design: Design, aggregate: Aggregate, since: int, until: int
) -> Rows:
    """Collapse everything and only then cut: exact on any key."""
    source = f"(SELECT * FROM {by_argmax(design, aggregate.columns_and_start)} WHERE {_IN_WINDOW})"
    return ask(client, aggregate.over(source), lo=since, hi=until)


def by_suspects(
    client: Client, design: Design, aggregate: Aggregate, since: int, until: int
) -> Rows:
    """Take FINAL inside days, and apart from it the traces that `trace_days` has on several."""
    short = until - since < 5 * DAY
    suspects = ask(client, _ACROSS_WINDOW if short else _ON_SEVERAL_DAYS, lo=since, hi=until)
    # `identity` keeps the cut away from the pruning of parts: only whole days may prune.
    cut = _IN_WINDOW.replace("started_at", "identity(started_at)")
    source = _in_two_halves(design, aggregate, cut, "trace_id", "{suspects:Array(String)}")
    ids = sorted({trace_id for (trace_id,) in suspects}) or [""]
    return ask(client, aggregate.over(source), lo=since, hi=until, suspects=ids)


def by_suspect_hashes(
    client: Client, design: Design, aggregate: Aggregate, since: int, until: int
) -> Rows:
    """Take FINAL inside days, and apart from it the traces that `trace_seen` has on several.

    They are known by hash: a collision only makes one more suspect.
    """
    suspects = ask(client, _SEEN_ON_SEVERAL_DAYS, lo=since, hi=until)
    source = _in_two_halves(design, aggregate, _IN_WINDOW, "trace_hash", "{suspects:Array(UInt64)}")
    hashes = [trace_hash for (trace_hash,) in suspects] or [0]
    return ask(client, aggregate.over(source), lo=since, hi=until, suspects=hashes)


def naive(client: Client, design: Design, aggregate: Aggregate, since: int, until: int) -> Rows:
    """Cut before collapsing, as if no start ever moved: fast, and WRONG."""
    of_window = f"{OF_PROJECT} AND {_IN_WINDOW}"
    if design.letter == "B":
        source = f"(SELECT {listed(aggregate.columns)} FROM {design.table} FINAL WHERE {of_window})"
    else:
        source = by_limit(design, of_window, aggregate.columns)
    return ask(client, aggregate.over(source), lo=since, hi=until)


_ON_SEVERAL_DAYS = f"""
    SELECT trace_id FROM trace_days WHERE {OF_PROJECT}
    GROUP BY trace_id HAVING min(day) < max(day)"""

_ACROSS_WINDOW = f"""
    SELECT trace_id FROM trace_days WHERE {OF_PROJECT}
    AND (day < toDate({{lo:UInt32}}) OR day > toDate({{hi:UInt32}}))
    AND trace_id IN (SELECT trace_id FROM trace_days WHERE {OF_PROJECT}
        AND day BETWEEN toDate({{lo:UInt32}}) AND toDate({{hi:UInt32}}))"""

_SEEN_ON_SEVERAL_DAYS = f"""
    SELECT trace_hash FROM trace_seen WHERE {OF_PROJECT} GROUP BY trace_hash
    HAVING min(day) < max(day)
    AND max(day) >= toDate({{lo:UInt32}}) AND min(day) <= toDate({{hi:UInt32}})"""


def _in_two_halves(
    design: Design, aggregate: Aggregate, cut: str, column: str, suspects: str
) -> str:
    columns = listed(aggregate.columns_and_start)
    apart = by_limit(
        design, f"{OF_PROJECT} AND {column} IN {suspects}", aggregate.columns_and_start
    )
    return (
        f"(SELECT {columns} FROM {design.table} FINAL WHERE {OF_PROJECT} AND {_ON_DAYS} "
        f"AND {cut} AND {column} NOT IN {suspects} "
        f"UNION ALL SELECT {columns} FROM {apart} WHERE {_IN_WINDOW})"
    )
