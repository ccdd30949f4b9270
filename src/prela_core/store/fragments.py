"""What the store's statements are made of: the values they bind, and the pieces they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from prela_core.store.conditions import Condition

__all__ = [
    "HOUR",
    "MICROS",
    "ONE_TRACE",
    "PROJECT",
    "SCATTERED",
    "SHARED",
    "Query",
    "begun_in",
    "collapsed",
    "has_row",
    "hours_of_traces",
    "one_of",
    "scope_of",
    "since_of",
    "until_of",
    "with_columns",
    "with_row",
]

MICROS = "toUnixTimestamp64Micro({0})"
_MOMENT = "fromUnixTimestamp64Micro({{{0}:Int64}}, 'UTC')"
PROJECT = "project_id = {project:String}"
HOUR = "toStartOfHour(started_at)"
"""The part of the table's key that tells when."""


_HOURS_OF_TRACE = (
    f"SELECT {HOUR} AS hour FROM spans WHERE {PROJECT}"
    " AND trace_hash = cityHash64({trace:String}) GROUP BY trace_hash, hour"
)
ONE_TRACE = ("trace_id = {trace:String}", f"{HOUR} IN ({_HOURS_OF_TRACE})")
"""Narrows a reading to the trace bound as `trace`, where in the key it is.

Another trace of the same hash only adds hours. `located` is for several.
"""

SHARED: Mapping[str, int] = MappingProxyType(
    {
        "merge_tree_min_rows_for_concurrent_read": 4096,
        "merge_tree_min_bytes_for_concurrent_read": 1 << 20,
    }
)
"""Settings with which several threads read a few thousand rows with their texts.

The engine would leave them to one; of narrow columns, or of rows far apart, one is quicker.
"""
SCATTERED: Mapping[str, int] = MappingProxyType({"max_read_buffer_size_local_fs": 1 << 14})
"""Settings with which narrow columns of rows far apart are read: no more than they are."""


@attrs.frozen
class Query:
    """A statement and the values it binds as `{name:Type}`; its answer is rows, or columns.

    An answer that is true in all of its columns may be kept for so many seconds as `stays` says:
    for as long as the store is open where what it tells of does not go away, and some seconds where
    it does so seldom and nothing but speed depends on it.

    The engine's `settings` may be others for it.

    `meanwhile` are questions that the same plan will ask in all likelihood, as these very objects:
    they may be answered while this one is.
    """

    sql: str
    parameters: dict[str, Any]
    by_column: bool = False
    stays: float = 0.0
    settings: Mapping[str, int] = attrs.field(factory=dict)
    meanwhile: tuple[Query, ...] = ()


def collapsed(columns: Iterable[str], scope: list[str]) -> str:
    """Read the visible version of each span. `scope` must take all versions of a span or none."""
    where = " AND ".join([PROJECT, *scope])
    return (
        f"(SELECT {', '.join(columns)} FROM spans WHERE {where}"
        " ORDER BY version DESC LIMIT 1 BY trace_id, span_id)"
    )


def scope_of(
    since: list[str],
    until: list[str],
    conditions: Sequence[Condition],
) -> list[str]:
    """Narrow a reading to the traces that may start in the window and meet the conditions."""
    within = [PROJECT, *since, *until]
    scope = [has_row(within), *hours_of_traces(within)] if since or until else []
    return scope + [has_row([PROJECT, *since, f"({each.sql})"]) for each in conditions]


def has_row(clauses: list[str]) -> str:
    """Say that the trace has a row, of any version, that meets all of `clauses`."""
    return f"trace_id IN (SELECT trace_id FROM spans WHERE {' AND '.join(clauses)})"


def begun_in(since: list[str], until: list[str], clauses: list[str]) -> str:
    """Say of a trace, one with a row that meets all of `clauses`, that it has one in a window.

    In which hours they have rows is known without reading those; only the last hour of the window
    is looked at by row.
    """
    hours = [each for each in since if each.startswith(HOUR)]
    last, at = until
    before = [PROJECT, *hours, last.replace("<=", "<")]
    if clauses:
        before.append(with_row(clauses))
    then = [PROJECT, *since, last.replace("<=", "="), at]
    return (
        f"trace_hash IN (SELECT trace_hash FROM spans WHERE {' AND '.join(before)}"
        " GROUP BY trace_hash UNION ALL"
        f" SELECT trace_hash FROM spans WHERE {' AND '.join(then)})"
    )


def since_of(lo: int | None, parameters: dict[str, Any], name: str = "lo") -> list[str]:
    """Say that a row starts at `lo` (microseconds) or later, bound as `name`; None says nothing."""
    if lo is None:
        return []
    parameters[name] = lo
    moment = _MOMENT.format(name)
    return [f"{HOUR} >= toStartOfHour({moment})", f"started_at >= {moment}"]


def until_of(hi: int | None, parameters: dict[str, Any], name: str = "hi") -> list[str]:
    """Say that a row starts at `hi` (microseconds) or earlier, bound as `name`."""
    if hi is None:
        return []
    parameters[name] = hi
    moment = _MOMENT.format(name)
    return [f"{HOUR} <= toStartOfHour({moment})", f"started_at <= {moment}"]


def with_columns(columns: Iterable[str], conditions: Iterable[Condition]) -> list[str]:
    """Add to `columns` those that `conditions` look at, each once."""
    wanted = dict.fromkeys(columns)
    for condition in conditions:
        wanted |= dict.fromkeys(condition.columns)
    return list(wanted)


def one_of(windows: list[list[str]]) -> str:
    """Say that a row is in one of `windows`: each `since_of` and `until_of`."""
    return "({})".format(
        " OR ".join(f"({' AND '.join(each)})" if each else "1" for each in windows)
    )


def hours_of_traces(clauses: list[str]) -> list[str]:
    """Narrow a reading to the hours of the traces that have a row which meets all of `clauses`."""
    there = f"SELECT {HOUR} AS hour FROM spans WHERE {PROJECT} AND {with_row(clauses)}"
    return [f"{HOUR} IN ({there} GROUP BY hour)"]


def with_row(clauses: list[str]) -> str:
    """Say the same as `has_row` by the hash of the trace, and so of another one of that hash."""
    return f"trace_hash IN (SELECT trace_hash FROM spans WHERE {' AND '.join(clauses)})"
