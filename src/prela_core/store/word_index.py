"""The text index in a search: it names the rows that may hold what is looked for.

The index knows whole words, by part of the table; what is looked for may stand within one. So
the words that hold it are looked up first, in the index's own dictionary or in what was copied
from it (`vocabulary`), and the rows are found by those. A part whose index is not built yet, or
was built since, is read as if there were none: so nothing that is stored is ever passed over.
(docs/decisions/0018-asking.md)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import attrs

from prela_core.store.conditions import Condition
from prela_core.store.fragments import Query
from prela_core.store.vocabulary import DICTIONARY, copied, is_there, looks_up
from prela_core.store.words import pieces

__all__ = ["TEXTS", "Narrowing", "indexed_rows", "look_up", "possible_rows"]

TEXTS = (
    r"lowerUTF8(concat(input, '\n', output, '\n', name, '\n', status_message, '\n',"
    r" attributes, '\n', events))"
)
"""What the index is built on."""

_STAYS_SECONDS = 60
"""Parts that are gone meanwhile are not there to be read, and new ones are read as unknown."""
_FEW = 2000
_MAX_WORDS = 2000
"""More words than these are not looked up: so many hold what is wanted that it is everywhere."""


@attrs.frozen
class Narrowing:
    """Which rows can hold what is looked for, as far as the index knows.

    In `parts` a row is possible only with one of the words of each of `words`; `rows` tells how
    many there are at the most. With `is_sure` every such row is one that is looked for, but for
    odd letters. Of other parts nothing is known.
    """

    parts: list[str]
    words: list[list[str]]
    rows: int
    is_sure: bool

    @property
    def is_few(self) -> bool:
        """Say whether all of them may be looked at in one go, wherever in time they are."""
        return self.rows <= _FEW


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
    for name, part in whole:
        names.setdefault(part, []).append(name)
    first, *others = looks_up(looked_for, whole, _MAX_WORDS)
    found = yield attrs.evolve(first, meanwhile=tuple(others))
    for other in others:
        found = [*found, *(yield other)]
    words: list[list[str]] = []
    rows: list[int] = []
    for number in range(len(looked_for)):
        held = {word for row in found for word in row[1 + 2 * number]}
        if len(held) <= _MAX_WORDS:
            words.append(sorted(held))
            rows.append(
                sum(row[2 + 2 * number] * len(names.get(row[0], [row[0]])) for row in found)
            )
    if not words:
        return None
    is_whole = all(
        [word.lower()] == [piece.lower() for piece in found]
        for word, found in zip(wanted, of_each, strict=True)
    )
    return Narrowing(
        parts=[*(row[0] for row in found if row[0] not in names), *(row[0] for row in whole)],
        words=words,
        rows=min(rows),
        is_sure=is_whole and len(words) == len(looked_for),
    )


def possible_rows(
    narrowing: Narrowing, clauses: Sequence[str], words: Condition, parameters: dict[str, Any]
) -> str:
    """Give trace and start of the rows that meet `clauses` and may hold the words, all or more.

    `words` is what a row is held against where the index does not know.
    """
    known = ["_part IN {parts:Array(String)}"]
    parameters["parts"] = narrowing.parts
    for number, held in enumerate(narrowing.words):
        known.append(f"hasAnyTokens({TEXTS}, {{held{number}:Array(String)}})")
        parameters[f"held{number}"] = held
    if not narrowing.is_sure:
        known.append(f"({words.sql})")
    # In this order: what is merged between the two readings is seen twice, and not never.
    readings = [known, ["_part NOT IN {parts:Array(String)}", f"({words.sql})"]]
    return "({})".format(
        " UNION ALL ".join(
            f"SELECT trace_id, started_at FROM spans WHERE {' AND '.join([*clauses, *reading])}"
            for reading in readings
        )
    )


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
        {"copied": [name for name, _ in whole]},
    )
    return indexed, rows
