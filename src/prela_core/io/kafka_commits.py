"""Committing offsets, without ever keeping the worker from its work for long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from prela_core.bus.leases import Lease, Leases

__all__ = ["Commits"]

_log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that a commit is waited for. It is not given up then: the client tries on."""

_AGAIN_SECONDS = 1.0


class Commits:
    """Says how far all is done, one request at a time.

    A commit that fails loses nothing: the next one says as much and more, and until then what
    was stored may be taken and stored again.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        topic: str,
        leases: Leases,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer = consumer
        self._topic = topic
        self._leases = leases
        self._now = now
        self._committing: asyncio.Task[None] | None = None
        self._begun = float("-inf")

    async def commit(self) -> None:
        """Commit what is done now; returns when it was, or can't be had in time."""
        deadline = self._now() + _PATIENCE
        if self._in_flight is not None:
            await self._wait(deadline)
        if self._in_flight is None and self._begin():
            await self._wait(deadline)

    def retry(self) -> None:
        """Commit again in the background what could not be committed before."""
        if self._in_flight is None and self._now() - self._begun >= _AGAIN_SECONDS:
            self._begin()

    async def close(self) -> None:
        """Commit what can be committed in time, and give the rest up."""
        await self.commit()
        if self._committing is not None:
            self._committing.cancel()
            await asyncio.gather(self._committing, return_exceptions=True)

    @property
    def _in_flight(self) -> asyncio.Task[None] | None:
        return None if self._committing is None or self._committing.done() else self._committing

    def _begin(self) -> bool:
        """Send a commit, if there is anything to say."""
        todo = self._leases.committable()
        if todo:
            self._begun = self._now()
            self._committing = asyncio.create_task(self._commit(todo))
        return bool(todo)

    async def _wait(self, deadline: float) -> None:
        if self._committing is not None:
            await asyncio.wait({self._committing}, timeout=max(0.0, deadline - self._now()))

    async def _commit(self, todo: list[tuple[Lease, int]]) -> None:
        offsets = {TopicPartition(self._topic, lease.partition): offset for lease, offset in todo}
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            _log.info("partitions of %s went to others before a commit", self._topic)
        except KafkaError as error:
            _log.warning("a commit of %s failed: %r", self._topic, error)
        else:
            for lease, offset in todo:
                lease.committed = offset
