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
    "has_row",
    "scope_of",
    "since_of",
    "until_of",
    "with_columns",
]

MICROS = "toUnixTimestamp64Micro({0})"
_MOMENT = "fromUnixTimestamp64Micro({{{0}:Int64}}, 'UTC')"
PROJECT = "project_id = {project:String}"


@attrs.frozen
class Query:
    """A statement and the values it binds as `{name:Type}`."""

    sql: str
    parameters: dict[str, Any]


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
        return ["trace_id IN {ids:Array(String)}"]
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
