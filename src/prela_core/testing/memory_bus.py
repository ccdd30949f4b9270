"""A bus in memory whose every step is the test's to take."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import attrs

from prela_core.bus import Delivery
from prela_core.errors import BusFullError, BusUnavailableError
from prela_core.model import SpanBatch

__all__ = ["MemoryBus"]


@attrs.define(eq=False)
class _Published:
    batch: SpanBatch
    outcome: asyncio.Future[None]


class MemoryBus:
    """Both ends of a bus, in one event loop, without any timing.

    `publish` waits until its batch is committed or refused, as the port says. Nothing reaches
    `take` before the test calls `group()`, which makes one delivery of all that was published
    until then, so that a test says what is stored together. With `automatic=True` each batch is a
    group of its own at once. `capacity` bounds the batches that wait for their outcome.

    `committed` and `refused` list what became of the batches, in order.
    """

    def __init__(self, *, automatic: bool = False, capacity: int = 1000) -> None:
        self.committed: list[SpanBatch] = []
        self.refused: list[tuple[SpanBatch, Exception]] = []
        self.fault: Exception | None = None
        self._automatic = automatic
        self._capacity = capacity
        self._published: list[_Published] = []
        self._groups: deque[list[_Published]] = deque()
        self._open: set[_Published] = set()
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def waiting(self) -> list[SpanBatch]:
        """What was published and is in no group yet."""
        return [each.batch for each in self._published]

    async def publish(self, batch: SpanBatch) -> None:
        """Hand `batch` over; returns when it was committed. Raises `fault` when that is set."""
        await self.ready()
        published = _Published(batch, asyncio.get_running_loop().create_future())
        self._open.add(published)
        self._published.append(published)
        self._notify()
        if self._automatic:
            self.group()
        await asyncio.shield(published.outcome)

    async def ready(self) -> None:
        """Return when a batch would be taken now."""
        if self.fault is not None:
            raise self.fault
        if self._closed:
            raise BusUnavailableError("the bus is closed")
        if len(self._open) >= self._capacity:
            raise BusFullError(f"{len(self._open)} batches are waiting to be stored")

    async def published(self, count: int = 1) -> None:
        """Wait until at least `count` batches are `waiting`."""
        while len(self._published) < count:
            await self._change()

    def group(self) -> None:
        """Make one delivery of everything that is `waiting`."""
        if self._published:
            self._groups.append(self._published)
            self._published = []
            self._notify()

    async def take(self) -> Delivery | None:
        """Wait for the next group; None after `close`, when all groups have been taken."""
        while not self._groups:
            if self._closed:
                return None
            await self._change()
        taken = self._groups.popleft()
        return Delivery([each.batch for each in taken], taken)

    async def commit(self, delivery: Delivery) -> None:
        """Let the publishers of `delivery` return."""
        for published in self._settled(delivery.tokens):
            self.committed.append(published.batch)
            if not published.outcome.done():
                published.outcome.set_result(None)

    async def refuse(self, delivery: Delivery, error: Exception) -> None:
        """Raise `error` in the publishers of `delivery`."""
        for published in self._settled(delivery.tokens):
            self.refused.append((published.batch, error))
            if not published.outcome.done():
                published.outcome.set_exception(error)
                published.outcome.exception()  # its publisher may have gone away

    def close(self) -> None:
        """Take no more; what was published is one last group, then the feed ends."""
        self.group()
        self._closed = True
        self._notify()

    def _settled(self, tokens: Sequence[_Published]) -> Sequence[_Published]:
        self._open.difference_update(tokens)
        return tokens

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        await self._changed.wait()
