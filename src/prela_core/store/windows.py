"""Reading the visible spans of windows of time, although versions of a span may start elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from prela_core.store.fragments import HOUR, PROJECT, Query, collapsed, one_of, with_row

__all__ = ["Moved", "Window", "moved_in"]

Moved = Sequence[Any]
"""The hash of a trace with rows in several hours, and those hours (seconds since 1970)."""


@attrs.frozen
class Window:
    """Windows of time, and which traces have rows in several hours of which some are there.

    `moved` are expressions for the hashes of those traces and for all their hours. Where they are
    not known yet, `spans` and `around` ask for them by the same statement, which the engine does
    once.
    """

    windows: list[list[str]]
    moved: tuple[str, str]

    @staticmethod
    def of(since: list[str], until: list[str]) -> Window:
        """Take one window of any length."""
        having = [each.replace(HOUR, "max(hour)") for each in since if each.startswith(HOUR)]
        having += [each.replace(HOUR, "min(hour)") for each in until if each.startswith(HOUR)]
        return Window([[*since, *until]], _asked(_in_several_hours([], having)))

    @staticmethod
    def few_hours(
        windows: list[list[str]],
        moved: Sequence[Moved] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> Window:
        """Take windows of few hours in all; only traces that have a row there are looked at.

        What `moved_in` answered is bound in `parameters`, and need not be asked again.
        """
        if moved is None or parameters is None:
            which = [with_row([PROJECT, one_of(windows)])]
            return Window(windows, _asked(_in_several_hours(which, [])))
        parameters["moved"] = [trace_hash for trace_hash, _ in moved]
        parameters["moved_hours"] = sorted({hour for _, hours in moved for hour in hours})
        return Window(windows, ("{moved:Array(UInt64)}", "{moved_hours:Array(DateTime('UTC'))}"))

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
        hashes, _ = self.moved
        inside = [PROJECT, self._hours(), cut, f"trace_hash NOT IN {hashes}", *scope]
        apart = [self._hours_of_moved(), f"trace_hash IN {hashes}", *scope]
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
        return f"{HOUR} IN {self.moved[1]}"


def moved_in(windows: list[list[str]], parameters: dict[str, Any], *, most: int) -> Query:
    """Give `(trace_hash, hours)` for what `Window.few_hours` takes, of so many traces at most."""
    there = _in_each_hour([with_row([PROJECT, one_of(windows)])])
    return Query(
        f"SELECT trace_hash, groupArray(toUnixTimestamp(hour)) AS hours FROM {there}"
        f" GROUP BY trace_hash HAVING length(hours) > 1 LIMIT {int(most)}",
        parameters,
    )


def _asked(moved: str) -> tuple[str, str]:
    return f"(SELECT arrayJoin({moved}.1))", f"(SELECT arrayJoin({moved}.2))"


def _in_several_hours(which: list[str], having: list[str]) -> str:
    """Give the hashes of traces with rows in several hours, and all those hours.

    Two traces of one hash are only taken for one in several hours. The engine takes the value of a
    subquery in brackets once for a statement, so that all who ask have the same.
    """
    return (
        "(SELECT (groupArray(trace_hash), groupUniqArrayArray(hours)) FROM"
        " (SELECT trace_hash, groupArray(hour) AS hours FROM"
        f" {_in_each_hour(which)} GROUP BY trace_hash"
        f" HAVING {' AND '.join(['length(hours) > 1', *having])}))"
    )


def _in_each_hour(which: list[str]) -> str:
    where = " AND ".join([PROJECT, *which])
    return f"(SELECT trace_hash, {HOUR} AS hour FROM spans WHERE {where} GROUP BY trace_hash, hour)"
