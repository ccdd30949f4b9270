"""The trace service: a worker for each feed, looked after until all feeds have ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from prela_core.bus import Feed
from prela_core.bus.figures import FeedFigures
from prela_core.errors import PrelaError, UnavailableError
from prela_core.store import Writer
from prela_server.worker.metrics import WorkerMetrics
from prela_server.worker.watchdog import Watchdog
from prela_server.worker.worker import Worker

__all__ = ["StuckError", "TraceService", "WatchedFeed"]

_log = structlog.get_logger()

MOST_FAILURES = 64
"""Failed inserts for one group before what is left of it is no longer looked through."""


class WatchedFeed(Feed, Protocol):
    """A feed that can say how much waits for it."""

    @property
    def figures(self) -> FeedFigures:
        """What it counts of itself."""

    async def look(self) -> int | None:
        """Count the records that wait, into the figures too; None when nobody can say now."""


class StuckError(PrelaError):
    """A worker has stopped taking steps; its process should end and be started anew."""


class TraceService:
    """Moves spans from several feeds to one store.

    `metrics` shows what it does. Every `look_seconds` it looks how much waits in each feed, and
    whether its worker is stuck: after `patience` seconds without a step the service ends.
    """

    def __init__(
        self,
        feeds: Mapping[str, WatchedFeed],
        store: Writer,
        *,
        metrics: WorkerMetrics | None = None,
        patience: float = 60.0,
        look_seconds: float = 5.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.metrics = metrics or WorkerMetrics()
        self._look_seconds = look_seconds
        self._patience = patience
        self._now = now
        self._feeds = dict(feeds)
        self._workers = {
            name: Worker(
                feed,
                store,
                meter=self.metrics.of(name, feed.figures),
                most_failures=MOST_FAILURES,
                now=now,
            )
            for name, feed in feeds.items()
        }

    async def run(self) -> None:
        """Work until every feed is closed and drained.

        Raises `StuckError` when a worker is stuck, and whatever a feed raises that is broken for
        good; the other workers are ended then.
        """
        working = [
            asyncio.create_task(worker.run(), name=f"worker of {name}")
            for name, worker in self._workers.items()
        ]
        watching = [
            asyncio.create_task(self._watch(name), name=f"watch over {name}")
            for name in self._workers
        ]
        try:
            left = set(working)
            while left:
                done, _ = await asyncio.wait(
                    left | set(watching), return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
                left -= done
        finally:
            for task in (*working, *watching):
                task.cancel()
            await asyncio.gather(*working, *watching, return_exceptions=True)

    async def _watch(self, name: str) -> None:
        feed, worker = self._feeds[name], self._workers[name]
        dog = Watchdog(patience=self._patience, busy_patience=5 * self._patience)
        while True:
            try:
                lag = await feed.look()
            except UnavailableError:
                lag = None
            # A flood of what can't be decoded goes to the dead letters without the worker.
            steps = worker.steps + feed.figures.dead_letters
            stuck = dog.is_stuck(lag=lag, steps=steps, busy=worker.inserting, now=self._now())
            if stuck:
                _log.error("worker stuck", feed=name, lag=lag, seconds=self._patience)
                raise StuckError(
                    f"{lag} records wait in {name} and none was taken for "
                    f"{self._patience:g} s or more; start the worker again"
                )
            await asyncio.sleep(self._look_seconds)
