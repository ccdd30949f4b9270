"""Dead letters in the store: what the embedded worker could not store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from prela_core.bus.letters import DeadLetter, KeptLetter
from prela_core.bus.records import decode
from prela_core.errors import InputError
from prela_core.model import SpanBatch
from prela_core.store.fragments import Query
from prela_core.store.letters import (
    PAGE,
    kept_letter,
    last_at,
    letter_table,
    next_letters,
    one_letter,
    place_of,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ClickHouseLetters"]


class ClickHouseLetters:
    """Letters as rows of a store: where they are put, and the box they are looked at in.

    `ask`, `write` and `insert` are the store's; what is replayed is inserted. A letter's place is
    the hash of its record.
    """

    def __init__(
        self,
        ask: Callable[[Query], list[Sequence[Any]]],
        write: Callable[[pa.Table], None],
        insert: Callable[[Sequence[SpanBatch]], None],
    ) -> None:
        self._ask = ask
        self._write = write
        self._insert = insert

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep `letters`; returns only after they are durable."""
        if letters:
            kept = [KeptLetter(place_of(letter.record), letter) for letter in letters]
            await asyncio.to_thread(self._write, letter_table(kept))

    def letters(self, *, replayed: bool = False) -> Iterator[KeptLetter]:
        """Give the letters in the order they were written."""
        until = int(self._ask(last_at())[0][0])
        after = -1, ""
        while True:
            rows = self._ask(next_letters(after, until, replayed=replayed))
            yield from map(kept_letter, rows)
            if len(rows) < PAGE:
                return
            place, _, at, *_ = rows[-1]
            after = int(at), place

    def letter(self, place: str) -> KeptLetter | None:
        """Give one letter."""
        rows = self._ask(one_letter(place))
        return kept_letter(rows[0]) if rows else None

    def replay(self, limit: int | None = None) -> Iterator[KeptLetter]:
        """Store the records of the letters, the oldest first.

        One that the store still can't hold is given as not replayed.
        """
        for done, kept in enumerate(self.letters()):
            if done == limit:
                return
            try:
                self._insert([decode(kept.letter.record)])
            except InputError:
                yield kept
                continue
            replayed = attrs.evolve(kept, is_replayed=True)
            self._write(letter_table([replayed]))
            yield replayed
