"""The worker: takes groups of spans from the bus and puts each into the store as one insert."""

from __future__ import annotations

import anyio.to_thread
import structlog
from anyio import CapacityLimiter

from prela_core.bus import Delivery, Feed
from prela_core.errors import UnavailableError
from prela_core.store import Writer

__all__ = ["Worker"]

_log = structlog.get_logger()


class Worker:
    """Moves deliveries from `feed` to `store`, one insert each, until the feed ends."""

    def __init__(self, feed: Feed, store: Writer) -> None:
        self._feed = feed
        self._store = store
        # A place of its own: other work in threads must never keep spans from being stored.
        self._one_insert = CapacityLimiter(1)

    async def run(self) -> None:
        """Work until the feed is closed and drained."""
        while (delivery := await self._feed.take()) is not None:
            await self._put(delivery)

    async def _put(self, delivery: Delivery) -> None:
        try:
            await anyio.to_thread.run_sync(
                self._store.insert, delivery.batches, limiter=self._one_insert
            )
        except UnavailableError as error:
            _log.warning("store unavailable", spans=delivery.spans, reason=str(error))
            await self._feed.refuse(delivery, error)
        except Exception as error:  # noqa: BLE001 - whatever one batch did, the others go on
            await self._isolate(delivery, error)
        else:
            await self._feed.commit(delivery)

    async def _isolate(self, delivery: Delivery, error: Exception) -> None:
        """Store the batches one by one, so that a bad one fails alone."""
        parts = delivery.split()
        if len(parts) > 1:
            for part in parts:
                await self._put(part)
            return
        _log.error("batch refused", spans=delivery.spans, exc_info=error)
        await self._feed.refuse(delivery, error)
