"""The text index in a search: it names the rows that may hold what is looked for.

The index knows whole words, by part of the table; what is looked for may stand within one. So
the words that hold it are looked up first, in the index's own dictionary, and the rows are found
by those. A part whose index is not built yet, or was built since, is read as if there were none:
so nothing that is stored is ever passed over. (docs/decisions/0018-asking.md)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import attrs

from prela_core.store.conditions import Condition
from prela_core.store.fragments import Query
from prela_core.store.words import pieces

__all__ = ["TEXTS", "WORDS_INDEX", "Narrowing", "indexed_rows", "look_up", "possible_rows"]

WORDS_INDEX = "words"
"""The index's name."""

TEXTS = (
    r"lowerUTF8(concat(input, '\n', output, '\n', name, '\n', status_message, '\n',"
    r" attributes, '\n', events))"
)
"""What the index is built on."""

_DICTIONARY = "mergeTreeTextIndex(currentDatabase(), 'spans', 'words')"
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


def look_up(wanted: Sequence[str]) -> Generator[Query, list[Sequence[Any]], Narrowing | None]:
    """Narrow a search for `wanted`; None when the index can't help."""
    of_each = [pieces(word) for word in wanted]
    looked_for = list(dict.fromkeys(piece for found in of_each for piece in found))
    if not looked_for:
        return None
    ((is_there,),) = yield _is_there()
    if not is_there:
        return None
    found = yield _dictionary(looked_for)
    words: list[list[str]] = []
    rows: list[int] = []
    for number in range(len(looked_for)):
        held = {word for row in found for word in row[1 + 2 * number]}
        if len(held) <= _MAX_WORDS:
            words.append(sorted(held))
            rows.append(sum(row[2 + 2 * number] for row in found))
    if not words:
        return None
    is_whole = all(
        [word.lower()] == [piece.lower() for piece in found]
        for word, found in zip(wanted, of_each, strict=True)
    )
    return Narrowing(
        parts=[row[0] for row in found],
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


def _is_there() -> Query:
    return Query(
        "SELECT count() > 0 AND (SELECT count() FROM system.table_functions"
        " WHERE name = 'mergeTreeTextIndex') > 0 FROM system.data_skipping_indices"
        " WHERE database = currentDatabase() AND table = 'spans' AND name = {name:String}",
        {"name": WORDS_INDEX},
    )


def indexed_rows() -> Generator[Query, list[Sequence[Any]], tuple[int, int] | None]:
    """Count the rows whose words are in the index, and all; None where there is no such index."""
    ((is_there,),) = yield _is_there()
    if not is_there:
        return None
    ((indexed, rows),) = yield Query(
        "SELECT sumIf(rows, name IN (SELECT DISTINCT part_name FROM"
        f" {_DICTIONARY})), sum(rows) FROM system.parts"
        " WHERE database = currentDatabase() AND table = 'spans' AND active",
        {},
    )
    return indexed, rows


def _dictionary(looked_for: Sequence[str]) -> Query:
    """Give, for each part with an index, the words that hold each piece, and in how many rows."""
    numbers = range(len(looked_for))
    holds = ", ".join(
        f"position(token, lowerUTF8({{piece{number}:String}})) > 0 AS holds{number}"
        for number in numbers
    )
    found = ", ".join(
        f"groupArrayIf({_MAX_WORDS + 1})(token, holds{number}), sumIf(cardinality, holds{number})"
        for number in numbers
    )
    return Query(
        f"SELECT part_name, {found} FROM (SELECT part_name, token, cardinality, {holds}"
        f" FROM {_DICTIONARY}) GROUP BY part_name",
        {f"piece{number}": piece for number, piece in enumerate(looked_for)},
    )
