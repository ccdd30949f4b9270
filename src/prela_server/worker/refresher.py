"""The refresher: has the store compute, in the background, what measures are answered from."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import anyio.to_thread
import structlog

from prela_core.errors import UnavailableError
from prela_server.deadline import Deadline

__all__ = ["Refresher", "refreshing"]

_log = structlog.get_logger()

Refresh = Callable[[], Iterator[tuple[str, int]]]
"""Gives the project and the number of hours after each step."""


class Refresher:
    """Calls `refresh` every so many seconds, and takes its steps.

    After each step it rests `rest` times as long as that took, so that what was stored before,
    which may be much, is computed beside all else.
    """

    def __init__(self, refresh: Refresh, *, every: float = 60.0, rest: float = 4.0) -> None:
        self._refresh = refresh
        self._every = every
        self._rest = rest
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Work until `close`; each step is whole in itself."""
        await self._wait(self._every)  # a start has enough to do
        while not self._closed.is_set():
            try:
                await self._steps()
            except UnavailableError as error:
                _log.warning("cells wait", reason=str(error), seconds=self._every)
            except Exception:  # noqa: BLE001 - measures are as right without, and it is tried again
                _log.exception("cells wait", seconds=self._every)
            await self._wait(self._every)

    def close(self) -> None:
        """Begin no further step; `run` ends after the one that is being taken."""
        self._closed.set()

    async def _steps(self) -> None:
        steps = self._refresh()
        hours = 0
        while not self._closed.is_set():
            begun = time.monotonic()
            step = await anyio.to_thread.run_sync(next, steps, None, abandon_on_cancel=True)
            if step is None:
                break
            hours += step[1]
            await self._wait(self._rest * (time.monotonic() - begun))
        if hours:
            _log.info("cells", hours=hours)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closed.wait()


@asynccontextmanager
async def refreshing(refresh: Refresh, deadline: Deadline) -> AsyncIterator[Refresher]:
    """Let a refresher work for the time of a block, and end its step as far as `deadline` lets."""
    refresher = Refresher(refresh)
    task = asyncio.create_task(refresher.run(), name="refresher")
    try:
        yield refresher
    finally:
        refresher.close()
        await asyncio.wait({task}, timeout=deadline.left)
        if not task.done():
            task.cancel()  # a generation that is not whole is never read
            await asyncio.wait({task})
