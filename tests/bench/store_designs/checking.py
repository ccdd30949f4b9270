"""`check` compares every design with an oracle that collapses all rows by argMax."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aggregates import BY_MODEL, HOURLY, collapse_all
from clickhouse_connect.driver.client import Client
from collapse import NARROW, OF_PROJECT, by_argmax
from designs import Design
from engine import Rows, ask, open_engine
from generator import FIRST, LAST_DAY, UNTIL
from pages import FAILED, NEWEST, NEWEST_FIRST, OF_MODEL, OF_USER, TRACE_ROW, Filter
from search import INDEXED_SUBSTRING, LIMIT, SUBSTRING, WORD, search
from texts import CJK_PHRASE, COMMON_WORD, RARE_WORD

from questions import questions

__all__ = ["check"]

_ONE_DAY_ONLY = (
    f"cityHash64(trace_id) NOT IN (SELECT trace_hash FROM trace_seen WHERE {OF_PROJECT} "
    "GROUP BY trace_hash HAVING min(day)<max(day))"
)
_SEARCHED = ("trace_id", "span_id", "started_at", "input", "output")


def check(folder: Path, designs: Sequence[Design], *, with_text: Sequence[Design]) -> None:
    """Print one line for each question of each design.

    The first design's rows feed the oracle. Questions named "naive" are wrong on purpose.
    """
    client = open_engine(folder)
    right = _oracle(client, designs[0])
    for design in designs:
        for name, question in questions(client, design, lambda: "").items():
            kind = name.split()[0].rstrip("'s")
            if kind in right:
                _compare(f"{design.letter} {name}", question(), right[kind])
    for design in designs:
        if design in with_text:
            _check_searches(client, design)
    client.close()


def _oracle(client: Client, design: Design) -> dict[str, Rows]:
    pages = {"2": NEWEST, "3": FAILED, "4": OF_USER, "5": OF_MODEL}
    aggregates = {"6a": (HOURLY, LAST_DAY), "6b": (HOURLY, FIRST), "7": (BY_MODEL, FIRST)}
    return {number: _true_page(client, design, wanted) for number, wanted in pages.items()} | {
        number: collapse_all(client, design, aggregate, since, UNTIL)
        for number, (aggregate, since) in aggregates.items()
    }


def _true_page(client: Client, design: Design, wanted: Filter) -> Rows:
    since = "" if wanted.since is None else f"AND started >= toDateTime({wanted.since},'UTC')"
    sql = (
        f"{TRACE_ROW} FROM {by_argmax(design, NARROW)} GROUP BY trace_id "
        f"HAVING {wanted.on_traces} {since} {NEWEST_FIRST}"
    )
    return ask(client, sql, **wanted.values)


def _check_searches(client: Client, design: Design) -> None:
    collapsed = by_argmax(design, _SEARCHED)
    for name, condition, text, asked in (
        ("word rare", WORD, RARE_WORD, WORD),
        ("word common", WORD, COMMON_WORD, WORD),
        ("CJK", SUBSTRING, CJK_PHRASE, INDEXED_SUBSTRING),
    ):
        found = search(client, design, asked, text)
        newest = ask(
            client,
            f"SELECT trace_id, span_id, started_at FROM {collapsed} WHERE {condition} "
            f"ORDER BY started_at DESC, trace_id, span_id LIMIT {LIMIT}",
            q=text,
        )
        _compare(f"{design.letter} search {name}", [row[:3] for row in found], newest)
        if design.letter == "B":
            _check_final_with_index(client, design, name, condition, text)


def _check_final_with_index(
    client: Client, design: Design, name: str, condition: str, text: str
) -> None:
    """Compare FINAL with the text index, apart from the traces that FINAL cannot collapse."""
    summed = "SELECT count(), sum(cityHash64(trace_id, span_id)) FROM"
    where = f"({condition}) AND {_ONE_DAY_ONLY}"
    collapsed = by_argmax(design, _SEARCHED)
    right = ask(client, f"{summed} {collapsed} WHERE {where}", q=text)
    found = ask(client, f"{summed} {design.table} FINAL WHERE {OF_PROJECT} AND {where}", q=text)
    _compare(f"{design.letter} FINAL + text index {name} {right[0][0]}", found, right)


def _compare(name: str, found: Rows, right: Rows) -> None:
    verdict = "same" if _comparable(found) == _comparable(right) else "DIFFERENT"
    print(f"| check | {name} | {verdict} | {len(found)} vs {len(right)} rows |", flush=True)


def _comparable(rows: Rows) -> list[tuple[object, ...]]:
    """Sort sets and round sums, whose order of adding is the engine's own."""
    return [
        tuple(
            sorted(value)
            if isinstance(value, list | tuple)
            else round(value, 6)
            if isinstance(value, float)
            else value
            for value in row
        )
        for row in rows
    ]
