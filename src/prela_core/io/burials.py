"""Writing dead letters beside the work: what can't be written now holds no good span up."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence

import attrs

from prela_core.bus.figures import FeedFigures
from prela_core.bus.leases import Place
from prela_core.bus.letters import DeadLetter, DeadLetters
from prela_core.bus.pauses import Pauses
from prela_core.errors import UnavailableError

__all__ = ["Burials", "Unburied"]

_log = logging.getLogger(__name__)

_TOGETHER = 200
_BYTES = 4 << 20
"""Letters, and bytes of them, that are written before what they are about is settled: a flood
goes on in steps, each of which is kept when the next one fails."""

_OVERHEAD = 1000
"""Bytes that a letter takes beside its record's value."""


@attrs.frozen(eq=False)
class Unburied:
    """A letter that is to be written, and how much of its record is done once it is."""

    letter: DeadLetter
    place: Place
    weight: int

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        return len(self.letter.record.value or b"") + _OVERHEAD


class Burials:
    """Writes what is added to `letters`, in order, and tries again until it could.

    What was written is given to `settle`. What is about partitions that are no longer ours is
    not written: whoever got them will.
    """

    def __init__(
        self,
        letters: DeadLetters,
        settle: Callable[[Sequence[tuple[Place, int]]], Awaitable[None]],
        figures: FeedFigures,
        pauses: Pauses,
    ) -> None:
        self._letters = letters
        self._settle = settle
        self._figures = figures
        self._pauses = pauses
        self._waiting: deque[Unburied] = deque()
        self._size = 0
        self._is_away = False
        self._writing: asyncio.Task[None] | None = None
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._tried = asyncio.Event()

    @property
    def size(self) -> int:
        """Bytes that wait to be written."""
        return self._size

    def add(self, items: Iterable[Unburied]) -> None:
        """Have `items` written, after all that was added before."""
        for each in items:
            self._waiting.append(each)
            self._size += each.size
        if self._waiting and (self._writing is None or self._writing.done()):
            self._tried.clear()
            self._writing = asyncio.create_task(self._write(), name="dead letters")

    async def tried(self) -> None:
        """Return when nothing waits, or nothing could be written when it was tried last."""
        if self._waiting and not self._is_away:
            await self._tried.wait()

    async def rest(self) -> None:
        """Return when nothing is being written at this moment."""
        await self._at_rest.wait()

    def forget(self) -> None:
        """Write nothing of what waits, beyond what is being written."""
        self._waiting.clear()
        self._size = 0

    async def close(self, seconds: float) -> None:
        """Write what can be written in so many seconds, and give the rest up."""
        try:
            async with asyncio.timeout(seconds):
                await self.tried()
        except TimeoutError:
            _log.warning("dead letters were not written in time, and will be found again")
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while some := self._next():
                self._at_rest.clear()
                try:
                    await self._letters.bury([each.letter for each in some])
                except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
                    _log.warning("dead letters can't be kept now: %r", error)
                    self._is_away = True
                    self._tried.set()
                    self._at_rest.set()
                    wait = error.retry_after if isinstance(error, UnavailableError) else 0
                    await asyncio.sleep(self._pauses.next(wait))
                    continue
                if self._is_away:
                    self._is_away = False
                    self._tried.clear()
                self._pauses.reset()
                self._figures.dead_letters += len(some)
                self._remove(some)
                await self._settle([(each.place, each.weight) for each in some])
                self._at_rest.set()
        finally:
            self._at_rest.set()
            self._tried.set()

    def _next(self) -> list[Unburied]:
        """Give what is to be written now, without taking it away."""
        while self._waiting and not self._waiting[0].place.alive:
            self._remove([self._waiting[0]])
        some: list[Unburied] = []
        size = 0
        for each in self._waiting:
            size += each.size
            if some and (len(some) == _TOGETHER or size > _BYTES):
                break
            some.append(each)
        return some

    def _remove(self, some: Sequence[Unburied]) -> None:
        for each in some:
            if not self._waiting or self._waiting[0] is not each:
                return  # all was forgotten meanwhile
            self._size -= self._waiting.popleft().size
