"""The bus of the embedded process: a bounded hand-off with group commit."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable

import attrs

from prela_core.bus import Delivery
from prela_core.bus.letters import DeadLetters, letters_of
from prela_core.errors import (
    BusFullError,
    BusUnavailableError,
    StoreUnavailableError,
    UnavailableError,
)
from prela_core.model import SpanBatch

__all__ = ["DirectBus"]


@attrs.frozen(eq=False)
class _Waiting:
    batch: SpanBatch
    spans: int
    stored: asyncio.Future[None]


class DirectBus:
    """Carries batches from gateways to the worker within one event loop.

    Several groups may be in hand at once: while the store writes one, the next is made. One is
    given beside another when `beside` spans are there for it, since a small one costs nearly as
    much as a large one.

    Both ends of the bus: `publish` returns when the worker has committed the group that holds
    the batch. `capacity` bounds the spans held, in the queue and in the worker's hands;
    `group` is how many make a full group; a group that is not full is waited for at most
    `linger` seconds. A batch that is not committed within `deadline` seconds fails, though it
    may still land. One that can't be stored is put into `letters` too, to be looked at; its
    sender is told first, and whether there is room for the letter changes nothing.
    """

    def __init__(
        self,
        *,
        capacity: int = 100_000,
        group: int = 20_000,
        linger: float = 0.003,
        beside: int = 1,
        deadline: float = 20.0,
        letters: DeadLetters | None = None,
        micros: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._capacity = capacity
        self._group = group
        self._linger = linger
        self._beside = beside
        self._deadline = deadline
        self._letters = letters
        self._micros = micros
        self._queue: deque[_Waiting] = deque()
        self._queued = 0
        self._held = 0
        self._arrival = asyncio.Event()
        self._full = asyncio.Event()
        self._taking = asyncio.Lock()
        self._closed = False

    @property
    def held(self) -> int:
        """How many spans wait for their commit now."""
        return self._held

    async def publish(self, batch: SpanBatch) -> None:
        """Hand `batch` over; returns when it is durable in the store."""
        spans = len(batch.spans)
        # Something larger than the whole bus is let in when it is alone, or it never would be.
        if self._held and self._held + spans > self._capacity:
            raise BusFullError(f"{self._held:,} spans are waiting to be stored; send again later")
        if self._closed:
            raise BusUnavailableError("the server is stopping; send again", retry_after=2)
        # One more than the spans, so that a trace without any is bounded too.
        waiting = _Waiting(batch, spans + 1, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._queued += waiting.spans
        self._held += waiting.spans
        if self._is_worth_taking:
            self._arrival.set()
        if self._queued >= self._group:
            self._full.set()
        try:
            # The shield keeps the future for the worker when the caller goes away.
            await asyncio.wait_for(asyncio.shield(waiting.stored), self._deadline)
        except TimeoutError:
            raise StoreUnavailableError(
                f"the store did not commit within {self._deadline:g} s; send again", retry_after=5
            ) from None

    async def ready(self) -> None:
        """Return when there is room for another batch."""
        if self._closed:
            raise BusUnavailableError("the server is stopping")
        if self._held >= self._capacity:
            raise BusFullError(f"{self._held:,} spans are waiting to be stored")

    async def take(self) -> Delivery | None:
        """Wait for a group of batches; None after `close`, when all have been taken."""
        async with self._taking:  # each group is gathered by one
            return await self._take()

    async def _take(self) -> Delivery | None:
        while not self._is_worth_taking:
            if self._closed:
                return None
            self._arrival.clear()
            await self._arrival.wait()
        if self._queued < self._group and self._linger and not self._closed:
            self._full.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), self._linger)
        taken: list[_Waiting] = []
        size = 0
        while self._queue and (not taken or size + self._queue[0].spans <= self._group):
            waiting = self._queue.popleft()
            taken.append(waiting)
            size += waiting.spans
        self._queued -= size
        return Delivery([each.batch for each in taken], taken)

    async def commit(self, delivery: Delivery) -> None:
        """Tell every publisher of `delivery` that its batch is durable."""
        for waiting in self._release(delivery):
            if not waiting.stored.done():
                waiting.stored.set_result(None)

    async def refuse(self, delivery: Delivery, error: Exception) -> None:
        """Raise `error` in every publisher of `delivery`."""
        for waiting in self._release(delivery):
            if not waiting.stored.done():
                waiting.stored.set_exception(error)
                # A publisher that has gone away will not look; that is no leak to warn of.
                waiting.stored.exception()
        if self._letters is not None and not isinstance(error, UnavailableError):
            at = self._micros()
            letters = [
                letter for batch in delivery.batches for letter in letters_of(batch, error, at)
            ]
            with contextlib.suppress(UnavailableError):
                await self._letters.bury(letters)

    def close(self) -> None:
        """Take no more batches; `take` gives what is queued, then None."""
        self._closed = True
        self._arrival.set()
        self._full.set()

    def _release(self, delivery: Delivery) -> list[_Waiting]:
        released: list[_Waiting] = list(delivery.tokens)
        self._held -= sum(waiting.spans for waiting in released)
        if self._is_worth_taking:
            self._arrival.set()
        return released

    @property
    def _is_worth_taking(self) -> bool:
        in_hand = self._held - self._queued
        return bool(self._queue) and (not in_hand or self._queued >= self._beside or self._closed)
