"""What the store's statements are made of: the values they bind, and the pieces they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from prela_core.store.conditions import Condition

__all__ = [
    "MICROS",
    "PROJECT",
    "Query",
    "collapsed",
    "days_of",
    "has_row",
    "one_of",
    "scope_of",
    "seen_once",
    "seen_within",
    "since_of",
    "until_of",
    "with_columns",
]

MICROS = "toUnixTimestamp64Micro({0})"
_MOMENT = "fromUnixTimestamp64Micro({{{0}:Int64}}, 'UTC')"
PROJECT = "project_id = {project:String}"
_DAY = "toDate(started_at)"


@attrs.frozen
class Query:
    """A statement and the values it binds as `{name:Type}`; its answer is rows, or columns."""

    sql: str
    parameters: dict[str, Any]
    by_column: bool = False


def collapsed(columns: Iterable[str], scope: list[str]) -> str:
    """Read the visible version of each span. `scope` must take all versions of a span or none."""
    where = " AND ".join([PROJECT, *scope])
    return (
        f"(SELECT {', '.join(columns)} FROM spans WHERE {where}"
        " ORDER BY version DESC LIMIT 1 BY trace_id, span_id)"
    )


def scope_of(
    ids: Sequence[str] | None,
    since: list[str],
    until: list[str],
    conditions: Sequence[Condition],
    parameters: dict[str, Any],
) -> list[str]:
    """Narrow a reading to `ids`, or to whatever may start in the window and meet the conditions."""
    if ids is not None:
        parameters["ids"] = list(ids)
        return ["trace_id IN {ids:Array(String)}", *days_of("{ids:Array(String)}")]
    scope = [has_row([PROJECT, *since, *until])] if since or until else []
    return scope + [has_row([PROJECT, *since, f"({each.sql})"]) for each in conditions]


def has_row(clauses: list[str]) -> str:
    """Say that the trace has a row, of any version, that meets all of `clauses`."""
    return f"trace_id IN (SELECT trace_id FROM spans WHERE {' AND '.join(clauses)})"


def since_of(lo: int | None, parameters: dict[str, Any], name: str = "lo") -> list[str]:
    """Say that a row starts at `lo` (microseconds) or later, bound as `name`; None says nothing."""
    if lo is None:
        return []
    parameters[name] = lo
    moment = _MOMENT.format(name)
    return [f"toDate(started_at) >= toDate({moment})", f"started_at >= {moment}"]


def until_of(hi: int | None, parameters: dict[str, Any], name: str = "hi") -> list[str]:
    """Say that a row starts at `hi` (microseconds) or earlier, bound as `name`."""
    if hi is None:
        return []
    parameters[name] = hi
    moment = _MOMENT.format(name)
    return [f"toDate(started_at) <= toDate({moment})", f"started_at <= {moment}"]


def with_columns(columns: Iterable[str], conditions: Iterable[Condition]) -> list[str]:
    """Add to `columns` those that `conditions` look at, each once."""
    wanted = dict.fromkeys(columns)
    for condition in conditions:
        wanted |= dict.fromkeys(condition.columns)
    return list(wanted)


def seen_once(columns: Iterable[str], since: list[str], until: list[str], rows: list[str]) -> str:
    """Read the visible version of each span that starts in a window: `since_of`, `until_of`.

    A version that starts in the window and has been beaten by one that does not is not read.
    Spans of traces without a row, of any version, that meets all of `rows` may be left out.
    Rows of a span that share their day share the whole key, so that `FINAL` leaves the highest.
    Only the few traces that have rows on several days are collapsed apart, wherever those are.
    """
    shown = list(dict.fromkeys([*columns, "started_at"]))
    # A part or granule may be passed over by whole days only: all versions of a span share theirs.
    whole_days = [each for each in (*since, *until) if each.startswith(_DAY)]
    cut = [
        each.replace("started_at", "identity(started_at)")
        for each in (*since, *until)
        if each not in whole_days
    ]
    moved = _on_several_days(since, until)
    scope = [has_row([PROJECT, *rows])] if set(rows) - {*since, *until} else []
    inside = [PROJECT, *whole_days, *cut, f"trace_hash NOT IN {moved}", *scope]
    apart = [f"trace_hash IN {moved}", *scope]
    window = f" WHERE {' AND '.join([*since, *until])}" if since or until else ""
    return (
        f"(SELECT {', '.join(shown)} FROM spans FINAL WHERE {' AND '.join(inside)}"
        f" UNION ALL SELECT * FROM {collapsed(shown, apart)}{window})"
    )


def seen_within(columns: Iterable[str], windows: list[list[str]]) -> str:
    """Read the visible version of each span that starts in one of `windows`, which are few hours.

    As `seen_once`, and it looks at the traces that have a row there only: within `_DAY`s, rows are
    in no order of time.
    """
    shown = list(dict.fromkeys([*columns, "started_at"]))
    inside = one_of(windows)
    days = one_of([[each for each in window if each.startswith(_DAY)] for window in windows])
    there = f"trace_hash IN (SELECT trace_hash FROM spans WHERE {PROJECT} AND {inside})"
    moved = (
        "(SELECT arrayJoin((SELECT groupArray(trace_hash) FROM (SELECT trace_hash FROM spans"
        f" WHERE {PROJECT} AND {there} GROUP BY trace_hash"
        f" HAVING min({_DAY}) < max({_DAY})))))"
    )
    still = collapsed(shown, [days, there, f"trace_hash NOT IN {moved}"])
    apart = collapsed(shown, [has_row([PROJECT, inside, f"trace_hash IN {moved}"])])
    return f"(SELECT * FROM {still} WHERE {inside} UNION ALL SELECT * FROM {apart} WHERE {inside})"


def one_of(windows: list[list[str]]) -> str:
    """Say that a row is in one of `windows`: each `since_of` and `until_of`."""
    return "({})".format(
        " OR ".join(f"({' AND '.join(each)})" if each else "1" for each in windows)
    )


def days_of(ids: str) -> list[str]:
    """Narrow a reading of traces, an expression for their ids, to the days that they are on."""
    found = (
        f"(SELECT (min({_DAY}), max({_DAY})) FROM spans WHERE {PROJECT}"
        f" AND trace_hash IN (SELECT cityHash64(arrayJoin({ids}))))"
    )
    # Said twice, it is asked once.
    return [f"{_DAY} >= ({found}.1)", f"{_DAY} <= ({found}.2)"]


def _on_several_days(since: list[str], until: list[str]) -> str:
    """Give the hashes of traces with rows on several days, of which some may be in the window.

    Two traces of one hash are only taken for one on several days. The engine takes the value of a
    subquery in brackets once for a statement, so that both halves have the same.
    """
    having = [f"min({_DAY}) < max({_DAY})"]
    having += [each.replace(_DAY, f"max({_DAY})") for each in since if each.startswith(_DAY)]
    having += [each.replace(_DAY, f"min({_DAY})") for each in until if each.startswith(_DAY)]
    return (
        "(SELECT arrayJoin((SELECT groupArray(trace_hash) FROM (SELECT trace_hash FROM spans"
        f" WHERE {PROJECT} GROUP BY trace_hash HAVING {' AND '.join(having)}))))"
    )
