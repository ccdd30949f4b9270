"""The text index in a search: it names the rows that may hold what is looked for.

The index knows whole words, by part of the table; what is looked for may stand within one. So
the words that hold it are looked up first, in the index's own dictionary or in what was copied
from it (`vocabulary`), and the rows are found by those. A part whose index is not built yet, or
was built since, is read as if there were none: so nothing that is stored is ever passed over.
(docs/decisions/0018-asking.md)
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any

import attrs

from prela_core.store.conditions import Condition
from prela_core.store.fragments import Query
from prela_core.store.vocabulary import DICTIONARY, copied, is_there, looks_up
from prela_core.store.words import pieces

__all__ = [
    "TEXTS",
    "Narrowing",
    "Spread",
    "indexed_rows",
    "known_rows",
    "look_up",
    "possible_rows",
    "unknown_rows",
]

TEXTS = (
    r"lowerUTF8(concat(input, '\n', output, '\n', name, '\n', status_message, '\n',"
    r" attributes, '\n', events))"
)
"""What the index is built on."""

_STAYS_SECONDS = 60
"""Parts that are gone meanwhile are not there to be read, and new ones are read as unknown."""
_FEW = 2000
_SECOND = 1_000_000
_MAX_WORDS = 2000
"""More words than these are not looked up: so many hold what is wanted that it is everywhere."""


@attrs.frozen
class Spread:
    """A part with `rows` possible rows: when its earliest and its latest row of any kind start.

    Both are seconds since 1970.
    """

    part: str
    rows: int
    first: int
    last: int

    def between(self, since: float, until: float) -> float:
        """Estimate how many possible rows start in these seconds, `until` not among them."""
        seconds = min(until, self.last + 1) - max(since, self.first)
        return self.rows * max(seconds, 0) / (self.last + 1 - self.first)


@attrs.frozen
class Narrowing:
    """Which rows can hold what is looked for, as far as the index knows.

    In `parts` a row is possible only with one of the words of each of `words`, which some rows of
    `held` have; `rows` tells how many there are at the most. With `is_sure` every such row is one
    that is looked for, but for odd letters. Of parts not in `parts` nothing is known.

    `spread` tells of some of `held` when their rows start, where one word alone is looked for.
    """

    parts: list[str]
    held: list[str]
    words: list[list[str]]
    rows: int
    is_sure: bool
    spread: list[Spread]

    @property
    def is_few(self) -> bool:
        """Say whether all of them may be looked at in one go, wherever in time they are."""
        return self.rows <= _FEW

    def newest(self, rows: int, until: int | None) -> tuple[list[str], int] | None:
        """Give those of `held` that have all possible rows since a moment, and that moment.

        There are `rows` from then to `until` by an estimate. Moments are microseconds. None where
        nothing is left out that way.
        """
        end = math.inf if until is None else until / _SECOND
        spread = sorted(self.spread, key=lambda each: each.last, reverse=True)
        for number in range(1, len(spread)):
            since = spread[number].last + 1
            if sum(each.between(since, end) for each in spread[:number]) >= rows:
                left_out = {each.part for each in spread[number:]}
                return [part for part in self.held if part not in left_out], since * _SECOND
        return None


def look_up(wanted: Sequence[str]) -> Generator[Query, list[Sequence[Any]], Narrowing | None]:
    """Narrow a search for `wanted`; None when the index can't help."""
    of_each = [pieces(word) for word in wanted]
    looked_for = list(dict.fromkeys(piece for found in of_each for piece in found))
    if not looked_for:
        return None
    ((is_indexed, has_vocabulary),) = yield is_there()
    if not is_indexed:
        return None
    whole = (yield attrs.evolve(copied(), stays=_STAYS_SECONDS)) if has_vocabulary else []
    names: dict[str, list[str]] = {}
    times: dict[str, tuple[int, int]] = {}
    for name, part, earliest, latest in whole:
        names.setdefault(part, []).append(name)
        times[name] = (earliest, latest)
    first, *others = looks_up(looked_for, whole, _MAX_WORDS)
    found = yield attrs.evolve(first, meanwhile=tuple(others))
    for other in others:
        found = [*found, *(yield other)]
    words: list[list[str]] = []
    rows: list[dict[str, int]] = []
    for number in range(len(looked_for)):
        spelled = {word for row in found for word in row[1 + 2 * number]}
        if len(spelled) <= _MAX_WORDS:
            words.append(sorted(spelled))
            rows.append(
                {
                    name: row[2 + 2 * number]
                    for row in found
                    if row[2 + 2 * number]
                    for name in names.get(row[0], [row[0]])
                }
            )
    if not words:
        return None
    is_whole = all(
        [word.lower()] == [piece.lower() for piece in found]
        for word, found in zip(wanted, of_each, strict=True)
    )
    held = [part for part in rows[0] if all(part in each for each in rows)]
    return Narrowing(
        parts=[*(row[0] for row in found if row[0] not in names), *(row[0] for row in whole)],
        held=held,
        words=words,
        rows=min(sum(each.values()) for each in rows),
        is_sure=is_whole and len(words) == len(looked_for),
        spread=[Spread(part, rows[0][part], *times[part]) for part in held if part in times]
        if len(looked_for) == 1
        else [],
    )


def possible_rows(
    narrowing: Narrowing, clauses: Sequence[str], words: Condition, parameters: dict[str, Any]
) -> str:
    """Give trace and start of the rows that meet `clauses` and may hold the words, all or more.

    `words` is what a row is held against where the index does not know.
    """
    # In this order: what is merged between the two readings is seen twice, and not never.
    known = known_rows(narrowing, clauses, words, parameters)
    return f"({known} UNION ALL {unknown_rows(narrowing, clauses, words, parameters)})"


def known_rows(
    narrowing: Narrowing,
    clauses: Sequence[str],
    words: Condition,
    parameters: dict[str, Any],
    *,
    among: Sequence[str] | None = None,
) -> str:
    """Give those of the parts that the narrowing knows, or of some of its `held`."""
    parameters["held"] = list(narrowing.held if among is None else among)
    known = [*clauses, "_part IN {held:Array(String)}"]
    for number, held in enumerate(narrowing.words):
        known.append(f"hasAnyTokens({TEXTS}, {{held{number}:Array(String)}})")
        parameters[f"held{number}"] = held
    if not narrowing.is_sure:
        known.append(f"({words.sql})")
        parameters |= words.parameters
    return _rows(known)


def unknown_rows(
    narrowing: Narrowing, clauses: Sequence[str], words: Condition, parameters: dict[str, Any]
) -> str:
    """Give those of all other parts."""
    parameters["parts"] = narrowing.parts
    parameters |= words.parameters
    return _rows([*clauses, "_part NOT IN {parts:Array(String)}", f"({words.sql})"])


def _rows(clauses: Sequence[str]) -> str:
    return f"SELECT trace_id, started_at FROM spans WHERE {' AND '.join(clauses)}"


def indexed_rows() -> Generator[Query, list[Sequence[Any]], tuple[int, int] | None]:
    """Count the rows whose words are in the index, and all; None where there is no such index."""
    ((is_indexed, has_vocabulary),) = yield is_there()
    if not is_indexed:
        return None
    whole = (yield copied()) if has_vocabulary else []
    ((indexed, rows),) = yield Query(
        "SELECT sumIf(rows, name IN {copied:Array(String)} OR name IN (SELECT DISTINCT part_name"
        f" FROM {DICTIONARY} WHERE part_name NOT IN {{copied:Array(String)}})), sum(rows)"
        " FROM system.parts WHERE database = currentDatabase() AND table = 'spans' AND active",
        {"copied": [row[0] for row in whole]},
    )
    return indexed, rows
