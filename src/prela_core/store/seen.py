"""The visible version of each span that starts in a window, of however many.

Repeats that keep their day share the table's whole key, so that `FINAL` leaves one of them. Only a
span that moved to another day is not collapsed by that, and its trace has rows on two days. Such
traces, the suspects, are few; they are left out of the first half and collapsed by key in the
second, wherever they are. docs/decisions/0001-store-schema.md says why that is right in any state
of merging.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from prela_core.store.fragments import PROJECT, since_of, until_of

__all__ = ["Window", "seen_once"]


@attrs.frozen
class Window:
    """The moments `lo <= start <= hi` in microseconds, either of them None for no bound."""

    lo: int | None
    hi: int | None

    def clauses(self, parameters: dict[str, Any]) -> list[str]:
        """Say that a row starts in the window."""
        return [*since_of(self.lo, parameters), *until_of(self.hi, parameters)]

    def days(self, parameters: dict[str, Any]) -> list[str]:
        """Say that a row starts on a day that the window touches."""
        return [*since_of(self.lo, parameters)[:1], *until_of(self.hi, parameters)[:1]]


def seen_once(
    columns: Iterable[str],
    window: Window,
    parameters: dict[str, Any],
    *,
    narrow: str | None = None,
    whole_traces: bool = False,
) -> str:
    """Read `columns` of the visible spans that start in `window`.

    A version that starts in the window and has been beaten by one that does not is not read.
    `narrow` is a condition on traces, which takes all rows of one or none. With `whole_traces`,
    of every trace with a row in the window all spans are read, and perhaps some of others.
    """
    listed = ", ".join(dict.fromkeys([*columns, "started_at"]))
    scope = [PROJECT, *([narrow] if narrow else [])]
    within = window.days(parameters) if whole_traces else window.clauses(parameters)
    suspects = _suspects(window)
    plain = " AND ".join([*scope, *within, f"trace_hash NOT IN ({suspects})"])
    moved = " AND ".join([*scope, f"trace_hash IN ({suspects})"])
    after = f" WHERE {' AND '.join(within)}" if within and not whole_traces else ""
    return (
        f"(SELECT {listed} FROM spans FINAL WHERE {plain} UNION ALL SELECT * FROM"
        f" (SELECT {listed} FROM spans WHERE {moved}"
        f" ORDER BY version DESC LIMIT 1 BY trace_id, span_id){after})"
    )


def _suspects(window: Window) -> str:
    """Give the traces with rows on several days, of which some may start in the window."""
    clauses = ["toDate(min(first_hour)) != toDate(max(last_hour))"]
    moment = "toDate(fromUnixTimestamp64Micro({{{}:Int64}}, 'UTC'))"
    if window.lo is not None:
        clauses.append(f"toDate(max(last_hour)) >= {moment.format('lo')}")
    if window.hi is not None:
        clauses.append(f"toDate(min(first_hour)) <= {moment.format('hi')}")
    return (
        f"SELECT trace_hash FROM trace_hours WHERE {PROJECT}"
        f" GROUP BY trace_hash HAVING {' AND '.join(clauses)}"
    )
