"""The words of the text index, copied to where parts of them are found quickly.

Reading the index's own dictionary takes time for each of its words, and most words are ids that
nobody looks for. So the dictionary of each larger part of `spans` is copied once into the table
`vocabulary`, ids apart from other words. A part is known there by the hash of its files: merges
and deletions make parts of another hash, whose dictionaries are read as they are until they are
copied too. A copy counts only when it is whole. (docs/decisions/0020-searching.md)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from prela_core.store.fragments import Query

__all__ = [
    "DICTIONARY",
    "WORDS_INDEX",
    "abandoned",
    "copied",
    "copies",
    "drops",
    "is_there",
    "looks_up",
    "marks",
    "materializes",
    "quiet",
    "worth_copying",
]

WORDS_INDEX = "words"
"""The index's name."""

DICTIONARY = f"mergeTreeTextIndex(currentDatabase(), 'spans', '{WORDS_INDEX}')"
"""The index's own words, by part."""

_ID, _WORD, _WHOLE = 0, 1, 2
"""Kinds of rows: hexadecimal digits alone, any other word, and how many words there are."""

_HEX = re.compile("[0-9a-fA-F]+")
_SPANS = "database = currentDatabase() AND table = 'spans' AND active"
_KEPT = "database = currentDatabase() AND table = 'vocabulary' AND active"
_COPIED_ROWS = 500
"""Dictionaries of parts with fewer rows are read as fast as their copies."""
_INDEXED_ROWS = 8_000
"""So many rows without an index are worth building it."""
_QUIET_SECONDS = 60
_ROWS_A_SECOND = 10_000
_LEFT_SECONDS = 600


def is_there() -> Query:
    """Say whether there is an index whose words can be read, and whether there is a vocabulary."""
    return Query(
        "SELECT countIf(name = 'spans' AND position(create_table_query, {index:String}) > 0)"
        " AND (SELECT count() FROM system.table_functions WHERE name = 'mergeTreeTextIndex'),"
        " countIf(name = 'vocabulary') FROM system.tables"
        " WHERE database = currentDatabase() AND name IN ('spans', 'vocabulary')",
        {"index": f"INDEX {WORDS_INDEX} "},
        stays=math.inf,
    )


def copied() -> Query:
    """Give each part whose words are all in the vocabulary: its name, its hash, and its times.

    Those are the seconds since 1970 in which its first and its last row start.
    """
    return Query(
        "SELECT name, hash_of_all_files, toUnixTimestamp(min_time), toUnixTimestamp(max_time)"
        f" FROM system.parts WHERE {_SPANS}"
        " AND hash_of_all_files IN (SELECT part FROM"
        f" (SELECT part, max(rows) AS words FROM vocabulary WHERE kind = {_WHOLE} GROUP BY part)"
        " AS said INNER JOIN (SELECT partition, sum(rows) AS stored FROM system.parts"
        f" WHERE {_KEPT} GROUP BY partition) AS kept ON kept.partition = said.part"
        " WHERE stored > words)",
        {},
    )


def looks_up(looked_for: Sequence[str], parts: Sequence[Sequence[Any]], most: int) -> list[Query]:
    """Give, by part, the words that hold each of `looked_for`, and in how many rows.

    One question is of the dictionaries, and one of the copies of `parts`, if there are any: rows of
    `copied`, whose hashes stand in the answer for their names. Of those only the ones with such
    words are in it. Of more words than `most`, so many and one more are given.
    """
    numbers = range(len(looked_for))
    parameters: dict[str, Any] = {f"piece{number}": looked_for[number] for number in numbers}
    holds = ", ".join(
        f"position(token, lowerUTF8({{piece{number}:String}})) > 0 AS holds{number}"
        for number in numbers
    )
    found = ", ".join(
        f"groupArrayIf({most + 1})(token, holds{number}), sumIf(cardinality, holds{number})"
        for number in numbers
    )
    asked = f"SELECT part_name, {found} FROM (SOURCE) GROUP BY part_name"
    known = f"SELECT part_name, token, cardinality, {holds} FROM {DICTIONARY}"
    if not parts:
        return [Query(asked.replace("SOURCE", known), parameters)]
    names, hashes = sorted({row[0] for row in parts}), sorted({row[1] for row in parts})
    known += " WHERE part_name NOT IN {copied:Array(String)}"
    kind = f"< {_WHOLE}" if any(map(_HEX.fullmatch, looked_for)) else f"= {_WORD}"
    any_of = " OR ".join(f"holds{number}" for number in numbers)
    copy = (
        f"SELECT part AS part_name, word AS token, toUInt64(rows) AS cardinality, {holds}"
        # In this order: the engine itself would hold each of all words against the hashes.
        f" FROM vocabulary PREWHERE kind {kind} AND ({any_of})"
        " WHERE part IN {hashes:Array(String)}"
    )
    return [
        Query(asked.replace("SOURCE", copy), parameters | {"hashes": hashes}),
        Query(asked.replace("SOURCE", known), parameters | {"copied": names}),
    ]


def worth_copying(parts: Sequence[Sequence[Any]]) -> Query:
    """Give names and hashes of larger parts that are not among `parts`, rows of `copied`."""
    return Query(
        f"SELECT name, hash_of_all_files FROM system.parts WHERE {_SPANS}"
        f" AND rows >= {_COPIED_ROWS} AND hash_of_all_files NOT IN {{hashes:Array(String)}}"
        f" AND name IN (SELECT DISTINCT part_name FROM {DICTIONARY}"
        " WHERE part_name NOT IN {copied:Array(String)}) ORDER BY rows DESC",
        {"copied": [row[0] for row in parts], "hashes": [row[1] for row in parts]},
    )


def copies(name: str, part: str) -> Query:
    """Copy the words of one part."""
    return Query(
        "INSERT INTO vocabulary SELECT {part:String},"
        f" if(match(token, '^[0-9a-f]+$'), {_ID}, {_WORD}), token, toUInt32(cardinality)"
        f" FROM {DICTIONARY} WHERE part_name = {{name:String}}",
        {"name": name, "part": part},
    )


def marks(name: str, part: str) -> Query:
    """Say how many words the part has, after they were copied, if it is still there."""
    return Query(
        f"INSERT INTO vocabulary SELECT {{part:String}}, {_WHOLE}, '', toUInt32(count())"
        f" FROM {DICTIONARY} WHERE part_name = {{name:String}} HAVING count() > 0",
        {"name": name, "part": part},
    )


def abandoned() -> Query:
    """Give the hashes of copies whose part is gone, or that nobody has ended."""
    return Query(
        f"SELECT DISTINCT partition FROM system.parts WHERE {_KEPT}"
        f" AND partition NOT IN (SELECT hash_of_all_files FROM system.parts WHERE {_SPANS})"
        f" UNION DISTINCT SELECT partition FROM system.parts WHERE {_KEPT} GROUP BY partition"
        f" HAVING max(modification_time) < now() - {_LEFT_SECONDS} AND partition NOT IN"
        f" (SELECT part FROM vocabulary WHERE kind = {_WHOLE})",
        {},
    )


def drops(part: str) -> Query:
    """Forget the words of a part."""
    if not _HEX.fullmatch(part):
        raise ValueError(f"{part!r} is no hash of a part")
    return Query(f"ALTER TABLE vocabulary DROP PARTITION '{part}'", {})


def quiet(parts: Sequence[Sequence[Any]]) -> Query:
    """Give the partitions where most of what has no index is in parts that stay as they are.

    A part stays that was left as it is for a while, the longer the larger it is: a part that is
    soon merged away is not indexed before, and a large one not again and again. There are none
    while the engine changes parts anyway. `parts` are rows of `copied`.
    """
    return Query(
        f"SELECT partition_id FROM system.parts WHERE {_SPANS}"
        " AND (SELECT count() FROM system.mutations WHERE database = currentDatabase()"
        " AND table = 'spans' AND NOT is_done) = 0 AND name NOT IN {copied:Array(String)}"
        f" AND name NOT IN (SELECT DISTINCT part_name FROM {DICTIONARY}"
        " WHERE part_name NOT IN {copied:Array(String)})"
        " GROUP BY partition_id HAVING (sumIf(rows, modification_time"
        f" < now() - ({_QUIET_SECONDS} + intDiv(rows, {_ROWS_A_SECOND}))) AS resting)"
        f" >= {_INDEXED_ROWS} AND 2 * resting >= sum(rows)",
        {"copied": [row[0] for row in parts]},
    )


def materializes(partition_id: str) -> Query:
    """Build the index where a partition has none; parts that have it stay as they are."""
    return Query(
        f"ALTER TABLE spans MATERIALIZE INDEX {WORDS_INDEX} IN PARTITION ID '{int(partition_id)}'",
        {},
    )
