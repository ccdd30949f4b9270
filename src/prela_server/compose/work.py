"""What a worker does from its start to its end, and how it is ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Protocol

import anyio.to_thread
import structlog

from prela_core.bus.pauses import Pauses
from prela_core.errors import StoreUnavailableError, UnavailableError
from prela_core.io.direct_bus import DirectBus
from prela_core.store import Store
from prela_server.deadline import Deadline
from prela_server.edge.health import Check
from prela_server.worker.worker import Worker

__all__ = ["DirectWork", "Work", "persist", "set_up", "working"]

_log = structlog.get_logger()

_AT_ONCE = 2
"""Groups in hand: while the engine writes one, which takes no part of Python, the next is made."""


class Work(Protocol):
    """What moves spans from the bus to the store.

    `checks` say whether it is ready; `expose`, if there is one, writes what it measures in
    Prometheus' text format.
    """

    checks: Mapping[str, Check]
    expose: Callable[[], bytes] | None

    async def run(self) -> None:
        """Work until `close`; it ends by itself only when it failed."""

    def close(self) -> None:
        """Take nothing more from the bus; `run` ends when what is in hand is stored."""

    async def stop(self) -> None:
        """Let go of the bus, after `run` has ended."""


class DirectWork:
    """The work between a bus in this process and the store; the gateway sees how the bus does.

    With `sets_up` the schema of the store is set up as soon as that answers. Until then senders
    are told that it can't write, and it is not ready.
    """

    def __init__(self, bus: DirectBus, store: Store, *, sets_up: bool) -> None:
        self.checks: Mapping[str, Check] = {"schema": self._schema} if sets_up else {}
        self.expose: Callable[[], bytes] | None = None
        self._worker = Worker(bus, store, at_once=_AT_ONCE)
        self._bus = bus
        self._store = store
        self._sets_up = sets_up
        self._is_set_up = False

    async def run(self) -> None:
        """Work until the bus is closed and dry."""
        async with asyncio.TaskGroup() as tasks:
            setting_up = tasks.create_task(self._set_up()) if self._sets_up else None
            await self._worker.run()
            if setting_up is not None:
                setting_up.cancel()

    async def _set_up(self) -> None:
        await set_up(self._store)
        self._is_set_up = True

    async def _schema(self) -> None:
        if not self._is_set_up:
            raise StoreUnavailableError("the store's schema is not set up yet")

    def close(self) -> None:
        """Close the bus; what it holds is still stored."""
        self._bus.close()

    async def stop(self) -> None:
        """Do nothing: the bus ends with its process."""


async def set_up(store: Store) -> None:
    """Bring the schema of `store` up to date, however long it takes until that answers.

    The first insert is prepared too: whoever sends it may wait less than loading takes.
    """
    for step in (store.migrate, store.prepare):
        await persist(partial(anyio.to_thread.run_sync, step, abandon_on_cancel=True))


async def persist(action: Callable[[], Awaitable[object]]) -> None:
    """Do `action`, again and again until what it needs is there."""
    pauses = Pauses()
    while True:
        try:
            await action()
        except UnavailableError as error:
            _log.warning("waiting", reason=str(error))
            await asyncio.sleep(pauses.next(error.retry_after))
        else:
            return


@asynccontextmanager
async def working(work: Work, failed: asyncio.Event, deadline: Deadline) -> AsyncIterator[None]:
    """Let `work` run for the time of a block; `failed` is set when it ends before.

    After the block it is ended in order, as far as `deadline` allows.
    """
    task = asyncio.create_task(work.run(), name="work")
    task.add_done_callback(lambda _: failed.set())
    try:
        yield
    finally:
        work.close()
        await asyncio.wait({task}, timeout=deadline.left)
        if not task.done():
            _log.warning("the worker did not end in time, and is ended")
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the worker failed", exc_info=error)
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline.left):
                await work.stop()
