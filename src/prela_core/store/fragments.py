"""What the store's statements are made of: the values they bind, and the pieces they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from prela_core.store.conditions import Condition

__all__ = [
    "HOUR",
    "MICROS",
    "ONE_TRACE",
    "PROJECT",
    "Query",
    "Window",
    "begun_in",
    "collapsed",
    "has_row",
    "hours_of",
    "hours_of_traces",
    "one_of",
    "scope_of",
    "since_of",
    "until_of",
    "with_columns",
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

Another trace of the same hash only adds hours. `hours_of` is for several, and takes longer to plan.
"""


@attrs.frozen
class Query:
    """A statement and the values it binds as `{name:Type}`; its answer is rows, or columns.

    An answer that is true in all of its columns may be kept for so many seconds as `stays` says:
    for as long as the store is open where what it tells of does not go away, and some seconds where
    it does so seldom and nothing but speed depends on it.
    """

    sql: str
    parameters: dict[str, Any]
    by_column: bool = False
    stays: float = 0.0


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
        return hours_of("{ids:Array(String)}")
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
        before.append(_with_row(clauses))
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


@attrs.frozen
class Window:
    """Windows of time, and which traces have rows in several hours of which some are there.

    `spans` and `around` tell of them by the same statement, which the engine asks once.
    """

    windows: list[list[str]]
    moved: str

    @staticmethod
    def of(since: list[str], until: list[str]) -> Window:
        """Take one window of any length."""
        having = [each.replace(HOUR, "max(hour)") for each in since if each.startswith(HOUR)]
        having += [each.replace(HOUR, "min(hour)") for each in until if each.startswith(HOUR)]
        return Window([[*since, *until]], _in_several_hours([], having))

    @staticmethod
    def few_hours(windows: list[list[str]]) -> Window:
        """Take windows of few hours in all; only traces that have a row there are looked at."""
        return Window(windows, _in_several_hours([_with_row([PROJECT, one_of(windows)])], []))

    def spans(self, columns: Iterable[str], scope: list[str]) -> str:
        """Read the visible version of each span that starts in the windows and meets `scope`.

        A version that starts there and has been beaten by one that does not is not read. Rows of a
        span that share their hour share the whole key, so that `FINAL` leaves the highest. Only
        the few traces that have rows in several hours are collapsed apart, wherever those are.
        `scope` must take all versions of a span or none.
        """
        shown = list(dict.fromkeys([*columns, "started_at"]))
        cut = one_of(
            [
                [
                    each.replace("started_at", "identity(started_at)")
                    for each in window
                    if not each.startswith(HOUR)
                ]
                for window in self.windows
            ]
        )
        in_several = f"(SELECT arrayJoin({self.moved}.1))"
        inside = [PROJECT, self._hours(), cut, f"trace_hash NOT IN {in_several}", *scope]
        apart = [self._hours_of_moved(), f"trace_hash IN {in_several}", *scope]
        return (
            f"(SELECT {', '.join(shown)} FROM spans FINAL WHERE {' AND '.join(inside)}"
            f" UNION ALL SELECT * FROM {collapsed(shown, apart)} WHERE {one_of(self.windows)})"
        )

    def around(self) -> str:
        """Narrow a reading of traces that have a row in the windows to where the others can be."""
        return f"({self._hours()} OR {self._hours_of_moved()})"

    def _hours(self) -> str:
        # A part or granule may be passed over by whole hours only: versions of a span share theirs.
        return one_of([[each for each in w if each.startswith(HOUR)] for w in self.windows])

    def _hours_of_moved(self) -> str:
        return f"{HOUR} IN (SELECT arrayJoin({self.moved}.2))"


def one_of(windows: list[list[str]]) -> str:
    """Say that a row is in one of `windows`: each `since_of` and `until_of`."""
    return "({})".format(
        " OR ".join(f"({' AND '.join(each)})" if each else "1" for each in windows)
    )


def hours_of(ids: str) -> list[str]:
    """Narrow a reading to traces, an expression for their ids, where in the key those are."""
    there = (
        f"(SELECT hour, id FROM (SELECT trace_hash, {HOUR} AS hour FROM spans WHERE {PROJECT}"
        f" AND trace_hash IN (SELECT cityHash64(arrayJoin({ids}))) GROUP BY trace_hash, hour)"
        f" AS known INNER JOIN (SELECT arrayJoin({ids}) AS id, cityHash64(id) AS trace_hash)"
        " AS asked USING (trace_hash))"
    )
    return [f"trace_id IN {ids}", f"({HOUR}, trace_id) IN {there}"]


def hours_of_traces(clauses: list[str]) -> list[str]:
    """Narrow a reading to the hours of the traces that have a row which meets all of `clauses`."""
    there = f"SELECT {HOUR} AS hour FROM spans WHERE {PROJECT} AND {_with_row(clauses)}"
    return [f"{HOUR} IN ({there} GROUP BY hour)"]


def _with_row(clauses: list[str]) -> str:
    return f"trace_hash IN (SELECT trace_hash FROM spans WHERE {' AND '.join(clauses)})"


def _in_several_hours(which: list[str], having: list[str]) -> str:
    """Give the hashes of traces with rows in several hours, and all those hours.

    Two traces of one hash are only taken for one in several hours. The engine takes the value of a
    subquery in brackets once for a statement, so that all who ask have the same.
    """
    return (
        "(SELECT (groupArray(trace_hash), groupUniqArrayArray(hours)) FROM"
        " (SELECT trace_hash, groupArray(hour) AS hours FROM"
        f" (SELECT trace_hash, {HOUR} AS hour FROM spans WHERE {' AND '.join([PROJECT, *which])}"
        " GROUP BY trace_hash, hour) GROUP BY trace_hash"
        f" HAVING {' AND '.join(['length(hours) > 1', *having])}))"
    )
