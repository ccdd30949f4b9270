"""Known traces and the hours in which they have rows: where in the key of `spans` they stand.

They are looked up by a question of their own. As part of the statement that reads them, the same
takes the engine longer to plan than to do.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import attrs

from prela_core.store.fragments import HOUR, PROJECT, Query

__all__ = ["Located", "hashes_of", "hours_of", "locate"]


@attrs.frozen
class Located:
    """Pairs of an hour, as its first second since 1970, and the id of a trace with a row in it."""

    pairs: list[tuple[int, str]]

    def clauses(self, parameters: dict[str, Any]) -> list[str]:
        """Narrow a reading to these traces; what was stored since may be left out."""
        parameters["places"] = self.pairs
        return [f"({HOUR}, trace_id) IN {{places:Array(Tuple(DateTime('UTC'), String))}}"]


def locate(project_id: str, ids: Sequence[str]) -> Generator[Query, list[Sequence[Any]], Located]:
    """Look up in which hours the traces of `ids` have rows, of any version."""
    if not ids:
        return Located([])
    named: dict[int, list[str]] = {}
    for trace_hash, trace_id in (yield hashes_of(ids)):
        named.setdefault(trace_hash, []).append(trace_id)
    found = yield hours_of(project_id, list(named))
    return Located([(hour, each) for trace_hash, hour in found for each in named[trace_hash]])


def hashes_of(ids: Sequence[str]) -> Query:
    """Give each of `ids` behind what the table holds as its `trace_hash`."""
    return Query("SELECT cityHash64(id), arrayJoin({ids:Array(String)}) AS id", {"ids": list(ids)})


def hours_of(project_id: str, hashes: Sequence[int]) -> Query:
    """Give `(trace_hash, hour)` for the hours (seconds since 1970) in which these have rows."""
    return Query(
        f"SELECT trace_hash, toUnixTimestamp({HOUR}) FROM spans"
        f" WHERE {PROJECT} AND trace_hash IN {{hashes:Array(UInt64)}} GROUP BY trace_hash, {HOUR}",
        {"project": project_id, "hashes": list(hashes)},
    )
