"""Dead letters as rows of `dead_letters`, and the statements that read them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from prela_core.bus.letters import DeadLetter, KeptLetter
from prela_core.bus.records import Record
from prela_core.store.fragments import MICROS, Query

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "PAGE",
    "forgets",
    "kept_letter",
    "last_at",
    "letter_table",
    "next_letters",
    "one_letter",
    "place_of",
]

PAGE = 50
"""Letters read at once; each may hold megabytes."""

_AT = MICROS.format("at")
_LETTERS = f"SELECT id, topic, {_AT}, reason, record, is_replayed FROM dead_letters FINAL"
_unpack = msgspec.msgpack.Decoder(tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]).decode


def place_of(record: Record) -> str:
    """Name a record by its hash, so that it is kept once however often it is refused."""
    headers = [[name, value] for name, value in record.headers]
    whole = msgspec.msgpack.encode([record.topic, record.key, record.value, headers])
    return hashlib.blake2b(whole, digest_size=12).hexdigest()


def letter_table(kept: Sequence[KeptLetter]) -> pa.Table:
    """Build the Arrow table for `dead_letters`."""
    import pyarrow as pa  # noqa: PLC0415 - needs an extra

    letters = [each.letter for each in kept]
    return pa.table(
        {
            "id": pa.array([each.place for each in kept], pa.string()),
            "topic": pa.array([each.record.topic for each in letters], pa.string()),
            "at": pa.array([each.at for each in letters], pa.timestamp("us", "UTC")),
            "reason": pa.array(
                [each.reason.encode(errors="replace") for each in letters], pa.binary()
            ),
            "record": pa.array([_packed(each.record) for each in letters], pa.binary()),
            "is_replayed": pa.array([int(each.is_replayed) for each in kept], pa.uint8()),
        }
    )


def kept_letter(row: Sequence[Any]) -> KeptLetter:
    """Read a row of an answer to `next_letters` or `one_letter`."""
    place, topic, at, reason, packed, is_replayed = row
    key, value, headers = _unpack(base64.b64decode(packed))
    record = Record(topic, key, value, tuple(headers))
    return KeptLetter(place, DeadLetter(record, reason, int(at)), bool(is_replayed))


def last_at() -> Query:
    """Ask when the last letter was written."""
    return Query(f"SELECT {MICROS.format('max(at)')} FROM dead_letters", {})


def one_letter(place: str) -> Query:
    """Ask for a letter by its place."""
    return Query(f"{_LETTERS} WHERE id = {{id:String}}", {"id": place})


def next_letters(after: tuple[int, str], until: int, *, replayed: bool) -> Query:
    """Ask for the `PAGE` letters after a moment and a place, up to the moment `until`."""
    return Query(
        f"{_LETTERS} WHERE is_replayed <= {{replayed:UInt8}}"
        f" AND ({_AT}, id) > ({{at:Int64}}, {{id:String}}) AND {_AT} <= {{until:Int64}}"
        " ORDER BY at, id LIMIT {limit:UInt32}",
        {
            "replayed": int(replayed),
            "at": after[0],
            "id": after[1],
            "until": until,
            "limit": PAGE,
        },
    )


def forgets(places: Sequence[str]) -> Query:
    """Take letters from every reading; it answers after that is done."""
    return Query(
        "DELETE FROM dead_letters WHERE id IN {ids:Array(String)}"
        " SETTINGS lightweight_deletes_sync = 2",
        {"ids": list(places)},
    )


def _packed(record: Record) -> bytes:
    headers = [list(each) for each in record.headers]
    return base64.b64encode(msgspec.msgpack.encode([record.key, record.value, headers]))
