"""Records of Kafka as they are held between their arrival and their settling, decoded or not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import attrs
from aiokafka import ConsumerRecord

from prela_core.bus.leases import Place
from prela_core.bus.letters import DeadLetter, reason_of
from prela_core.bus.port import weight_of
from prela_core.bus.records import Record, RecordError, decode
from prela_core.io.burials import Unburied
from prela_core.model import SpanBatch

__all__ = ["Arrived", "letter_of", "read_record", "unreadable_record"]

_log = logging.getLogger(__name__)

_OVERHEAD = 200
"""Bytes that a record costs beside its value."""


@attrs.frozen(eq=False)
class Arrived:
    """A record in hand; without a batch when it could not be decoded, and `error` says why.

    What the client itself could not read is without a record too. It counts for `rows` and for
    `size` bytes of what may be held.
    """

    place: Place
    batch: SpanBatch | None = None
    record: Record | None = None
    error: Exception | None = None
    rows: int = 0
    size: int = _OVERHEAD


def read_record(topic: str, record: ConsumerRecord, hold: Callable[[int, int], Place]) -> Arrived:
    """Decode a record of `topic`; `hold` gives its place, by its offset and its weight."""
    taken = Record(
        topic,
        record.key,
        record.value,
        tuple((name, bytes(value or b"")) for name, value in record.headers),
    )
    size = len(record.value or b"") + len(record.key or b"") + _OVERHEAD
    try:
        batch = decode(taken)
    except Exception as error:  # noqa: BLE001 - whatever one record did, the others go on
        _log.error(
            "undecodable record at %s/%d/%d: %s",
            topic,
            record.partition,
            record.offset,
            type(error).__name__,
        )
        return Arrived(hold(record.offset, 1), record=taken, error=error, size=size)
    rows = weight_of(batch)
    return Arrived(hold(record.offset, rows), batch, rows=rows, size=size)


def unreadable_record(topic: str, place: Place) -> Arrived:
    """Give what stands for a record that nobody here can read."""
    _log.error("unreadable record at %s/%d/%d", topic, place.lease.partition, place.offset)
    error = RecordError("a record whose headers are no text: it can be read by others only")
    return Arrived(place, error=error)


def letter_of(arrived: Arrived, topic: str, at: int) -> Iterator[Unburied]:
    """Give the letter about what could not be decoded, if so: the record as it is."""
    place, record = arrived.place, arrived.record
    if arrived.error is not None:
        letter = DeadLetter(
            record=Record(topic, None, None, ()) if record is None else record,
            reason=reason_of(arrived.error),
            at=at,
            partition=place.lease.partition,
            offset=place.offset,
            is_cut=record is None,
        )
        yield Unburied(letter, place, 1)
