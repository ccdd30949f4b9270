"""Known traces and the hours in which they have rows: where in the key of `spans` they stand.

They are looked up by a question of their own. As part of the statement that reads them, the same
takes the engine longer to plan than to do. Nearly always a trace has rows in the hours where some
of it was seen and in no other, so that it is read there while the others are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import attrs

from prela_core.store.fragments import HOUR, PROJECT, Query

__all__ = [
    "PROPOSED",
    "PROPOSED_BY_FEW",
    "TRACE_HASH",
    "Located",
    "Place",
    "TooManyRowsError",
    "hashes_of",
    "hours_of",
    "locate",
    "locate_proposed",
    "proposed_by",
    "read_proposed",
]

Row = Sequence[Any]

Place = tuple[int, str]
"""An hour, as its first second since 1970, and the id of a trace with a row in it."""

_NEAR_SECONDS = 120
"""So near to the end of an hour, a trace may well go on in the next."""
_LAST_SECOND = (1 << 32) - 1
_NEAR = (f"toUnixTimestamp(started_at) {sign} {_NEAR_SECONDS}" for sign in "-+")
_HOURS = (f"intDiv(least(greatest({each}, 0), {_LAST_SECOND}), 3600) * 3600" for each in _NEAR)
TRACE_HASH = "cityHash64(trace_id) AS trace_hash"
PROPOSED = f"{TRACE_HASH}, groupUniqArray(toUnixTimestamp({HOUR})) AS hours, count() AS rows"
"""What a proposal of a trace says of it behind its id and its bound: `hours` may not be all, nor
are its `rows`, which are those that were looked at."""
PROPOSED_BY_FEW = (
    f"{TRACE_HASH}, groupUniqArrayArray([{', '.join(_HOURS)}]) AS hours, count() AS rows"
)
"""The same where it is proposed by some rows of many: `hours` may be too many as well."""


def proposed_by(rows: Iterable[Row]) -> list[Row]:
    """Propose the traces of `rows`, newest first: each is an id, its hash and a start.

    As with `PROPOSED_BY_FEW`; the bound is the trace's newest row among these.
    """
    hashes: dict[str, int] = {}
    starts: dict[str, list[int]] = {}
    for trace_id, trace_hash, start in rows:
        hashes[trace_id] = trace_hash
        starts.setdefault(trace_id, []).append(start)
    found = [
        (trace_id, max(each), hashes[trace_id], sorted(_hours_near(each)))
        for trace_id, each in starts.items()
    ]
    return sorted(found, key=lambda row: (row[1], row[0]), reverse=True)


def _hours_near(starts: Iterable[int]) -> set[int]:
    near = _NEAR_SECONDS * 1_000_000
    moments = {(start + apart) // 1_000_000 for start in starts for apart in (-near, near)}
    return {min(max(moment, 0), _LAST_SECOND) // 3600 * 3600 for moment in moments}


class TooManyRowsError(Exception):
    """A reading gave more rows than were wanted, and perhaps not all."""


@attrs.frozen
class Located:
    """Where some traces are: all hours of each."""

    pairs: list[Place]

    def clauses(self, parameters: dict[str, Any]) -> list[str]:
        """Narrow a reading to these traces; what was stored since may be left out."""
        parameters["places"] = self.pairs
        return [f"({HOUR}, trace_id) IN {{places:Array(Tuple(DateTime('UTC'), String))}}"]

    def only(self, ids: Iterable[str]) -> Located:
        """Give those of `ids`."""
        wanted = set(ids)
        return Located([pair for pair in self.pairs if pair[1] in wanted])


def locate(project_id: str, ids: Sequence[str]) -> Generator[Query, list[Row], Located]:
    """Look up in which hours the traces of `ids` have rows, of any version."""
    if not ids:
        return Located([])
    named = yield hashes_of(ids)
    return _located(named, (yield hours_of(project_id, [row[0] for row in named])))


def locate_proposed(
    project_id: str, proposed: Sequence[Row]
) -> Generator[Query, list[Row], Located]:
    """Do so for proposals: rows of an id, a bound and `PROPOSED`."""
    named = [(row[2], row[0]) for row in proposed]
    return _located(named, (yield hours_of(project_id, [row[2] for row in proposed])))


def read_proposed(
    project_id: str,
    proposed: Sequence[Row],
    reading: Callable[[Located], Query],
    meanwhile: tuple[Query, ...] = (),
    most: int | None = None,
) -> Generator[Query, list[Row], list[Row]]:
    """Read proposed traces where they are, by `reading`.

    Rows begin with the id of their trace; they are in no order. `meanwhile` are questions that
    will be asked afterwards. Raises `TooManyRowsError` when a reading gives more rows than `most`.
    """
    seen = Located([(hour, row[0]) for row in proposed for hour in row[3]])
    reads = reading(seen)
    named = [(row[2], row[0]) for row in proposed]
    looks_up = attrs.evolve(
        hours_of(project_id, [row[2] for row in proposed]), meanwhile=(reads, *meanwhile)
    )
    known = _located(named, (yield looks_up))
    elsewhere = {trace_id for _, trace_id in set(known.pairs).difference(seen.pairs)}
    others = (yield reading(known.only(elsewhere))) if elsewhere else []
    read = yield reads
    if most is not None and max(len(others), len(read)) > most:
        raise TooManyRowsError
    return [*others, *(row for row in read if row[0] not in elsewhere)]


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


def _located(named: Iterable[Row], found: Iterable[Row]) -> Located:
    """Put names to hashes; two traces of one hash have the hours of both."""
    ids: dict[int, list[str]] = {}
    for trace_hash, trace_id in named:
        ids.setdefault(trace_hash, []).append(trace_id)
    return Located([(hour, each) for trace_hash, hour in found for each in ids[trace_hash]])
