"""Reading the visible spans of windows of time, although versions of a span may start elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from prela_core.store.fragments import HOUR, PROJECT, collapsed, one_of, with_row

__all__ = ["Window"]


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
        return Window(windows, _in_several_hours([with_row([PROJECT, one_of(windows)])], []))

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
