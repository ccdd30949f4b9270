"""Dead letters that hold spans of deleted traces: found, and taken away or cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import attrs

from prela_core.bus.letters import KeptLetter
from prela_core.bus.records import Record, RecordError, Topic, decode, encode
from prela_core.model import SpanBatch, TraceRecord
from prela_core.store.fragments import Query
from prela_core.store.letters import forgets, letter_table, place_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DeletedLetters"]

_TOGETHER = 100


class DeletedLetters:
    """The letters of a store, as far as deletions are concerned.

    `letters` gives all of them, `surviving` leaves out of a batch what was deleted, `write` puts
    letters into the table and `command` takes them from it.
    """

    def __init__(
        self,
        letters: Callable[[], Iterator[KeptLetter]],
        surviving: Callable[[SpanBatch], SpanBatch],
        write: Callable[[pa.Table], None],
        command: Callable[[Query], None],
    ) -> None:
        self._letters = letters
        self._surviving = surviving
        self._write = write
        self._command = command

    def count(self, project_id: str) -> int:
        """Say how many letters hold something of a project that was deleted."""
        return sum(1 for _ in self._concerned(project_id))

    def forget(self, project_id: str) -> None:
        """Take what was deleted of a project out of the letters; returns after that is done.

        A letter that holds other spans too is written anew with those alone.
        """
        places: list[str] = []
        for kept, left in self._concerned(project_id):
            topic = Topic(kept.letter.record.topic)
            records = encode(left, spans=topic, traces=topic)
            if records:
                self._write(letter_table([_with(kept, record) for record in records]))
            places.append(kept.place)
            if len(places) == _TOGETHER:
                self._command(forgets(places))
                places.clear()
        if places:
            self._command(forgets(places))

    def _concerned(self, project_id: str) -> Iterator[tuple[KeptLetter, SpanBatch]]:
        """Give each letter that holds something deleted, and what is left without it."""
        for kept in self._letters():
            batch = _batch(kept.letter.record)
            if batch is not None and batch.project_id == project_id:
                left = self._surviving(batch)
                if left is not batch:
                    yield kept, left


def _with(kept: KeptLetter, record: Record) -> KeptLetter:
    return attrs.evolve(
        kept, place=place_of(record), letter=attrs.evolve(kept.letter, record=record)
    )


def _batch(record: Record) -> SpanBatch | None:
    """Read a record; of one that can't be read, what its key and headers say is all there is."""
    try:
        return decode(record)
    except RecordError:
        said: dict[str, bytes] = dict(record.headers)
        try:
            project_id = said["project_id"].decode()
            received_at = int(said["received_at"])
            trace_id = (record.key or b"").decode()
        except (KeyError, ValueError):
            return None
    return SpanBatch(project_id, received_at, (), [TraceRecord(trace_id, "", 0, b"{}", b"{}")])
