"""The worker: takes groups of spans from the bus and puts each into the store as one insert."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import anyio.to_thread
import structlog
from anyio import CapacityLimiter

from prela_core.bus import Delivery, Feed
from prela_core.bus.port import joined
from prela_core.errors import InvalidError, PrelaError, UnavailableError
from prela_core.store import Writer

__all__ = ["Meter", "Unmetered", "Worker"]

_log = structlog.get_logger()


class Meter(Protocol):
    """What a worker tells of its work."""

    def stored(self, spans: int, seconds: float) -> None:
        """Tell of an insert that was done, and how long it took."""

    def away(self) -> None:
        """Tell of an insert that the store could not do now."""

    def poison(self, spans: int) -> None:
        """Tell of spans that can't be stored, ever."""


class Unmetered:
    """For a worker that nobody watches."""

    def stored(self, spans: int, seconds: float) -> None:
        """Do nothing."""

    def away(self) -> None:
        """Do nothing."""

    def poison(self, spans: int) -> None:
        """Do nothing."""


class Worker:
    """Moves deliveries from `feed` to `store`, one insert each, until the feed ends.

    `at_once` inserts are under way at most, which only a feed may be given that lets as many
    deliveries be in hand.

    What a delivery holds that can't be stored is looked for by halves, and refused alone. After
    `most_failures` failed inserts for one delivery no more is cut: what is left of it is tried
    once as it is, and what fails then is refused together, so that a flood of poison costs a
    bounded number of inserts. None looks on until all of it is found: where senders wait for
    their answers, the good must not be refused with the bad.
    """

    def __init__(
        self,
        feed: Feed,
        store: Writer,
        *,
        meter: Meter | None = None,
        most_failures: int | None = None,
        at_once: int = 1,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._feed = feed
        self._store = store
        self._meter = meter or Unmetered()
        self._most_failures = most_failures
        self._now = now
        self._at_once = at_once
        # A place of its own: other work in threads must never keep spans from being stored.
        self._inserts = CapacityLimiter(at_once)
        self.steps = 0
        """How often it took, stored or refused something: it grows as long as there is life."""

    @property
    def inserting(self) -> bool:
        """Whether it waits for the store, and not for the feed."""
        return self._inserts.borrowed_tokens > 0

    async def run(self) -> None:
        """Work until the feed is closed and drained."""
        working = [asyncio.create_task(self._work()) for _ in range(self._at_once)]
        try:
            await asyncio.gather(*working)
        finally:
            for each in working:
                each.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def _work(self) -> None:
        while (delivery := await self._feed.take()) is not None:
            self.steps += 1
            await self._put(delivery)

    async def _put(self, delivery: Delivery) -> None:
        pieces = deque([delivery])
        left: list[Delivery] = []
        failures = 0
        why: Exception | None = None
        while pieces:
            piece = pieces.popleft()
            try:
                await self._insert(piece)
            except UnavailableError as error:
                self._meter.away()
                pieces.appendleft(piece)
                _log.warning("store unavailable", spans=_spans(pieces), reason=str(error))
                for one in pieces:
                    await self._feed.refuse(one, error)
                break
            except Exception as error:  # noqa: BLE001 - whatever one span did, the others go on
                failures += 1
                why = error
                if self._most_failures is not None and failures > self._most_failures:
                    left.append(piece)
                elif halves := piece.halves():
                    pieces.extend(halves)  # all of one size come before their halves
                else:
                    await self._refuse(piece, error)
            else:
                await self._feed.commit(piece)
            self.steps += 1
        if left and why is not None:
            await self._refuse(joined(left), why)

    async def _insert(self, delivery: Delivery) -> None:
        began = self._now()
        await anyio.to_thread.run_sync(
            self._store.insert,
            delivery.batches,
            limiter=self._inserts,
            # What was not committed comes again: who ends the worker need not wait for it.
            abandon_on_cancel=True,
        )
        self._meter.stored(delivery.spans, self._now() - began)

    async def _refuse(self, delivery: Delivery, error: Exception) -> None:
        self._meter.poison(delivery.spans)
        # A store that refuses may quote what it was sent; its words are no matter for a log.
        known = error if isinstance(error, PrelaError) else None
        _log.error(
            "poison refused",
            spans=delivery.spans,
            batches=len(delivery.batches),
            reason=str(known) if known else type(error).__name__,
            exc_info=None if isinstance(error, InvalidError) else error,
        )
        await self._feed.refuse(delivery, error)


def _spans(deliveries: deque[Delivery]) -> int:
    return sum(each.spans for each in deliveries)
