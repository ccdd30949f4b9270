"""The eraser: carries out what was asked to be deleted, beside the worker that stores spans."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio.to_thread
import structlog

from prela_core.errors import UnavailableError
from prela_core.store import DeletionState, Store
from prela_server.deadline import Deadline

__all__ = ["Eraser", "erasing"]

_log = structlog.get_logger()


class Eraser:
    """Looks for deletions when it is woken, and every so many seconds: others may ask for some.

    What was begun when a process ended goes on with the next one that is started.
    """

    def __init__(self, store: Store, *, every: float = 5.0) -> None:
        self._store = store
        self._every = every
        self._wanted = asyncio.Event()
        self._is_closed = False

    def wake(self) -> None:
        """Say that there is something to do now."""
        self._wanted.set()

    async def run(self) -> None:
        """Work until `close`, in steps that are each durable."""
        while not self._is_closed:
            wait = self._every
            try:
                await anyio.to_thread.run_sync(self._carry_out, abandon_on_cancel=True)
            except UnavailableError as error:
                wait = max(wait, error.retry_after)
                _log.warning("deletions wait", reason=str(error), seconds=wait)
            except Exception:  # noqa: BLE001 - whatever one deletion did, the next look is taken
                _log.exception("deletions wait", seconds=wait)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wanted.wait()
            self._wanted.clear()

    def close(self) -> None:
        """Begin no further step; `run` ends after the one that is being taken."""
        self._is_closed = True
        self._wanted.set()

    def _carry_out(self) -> None:
        told: set[tuple[str, DeletionState]] = set()
        for project_id, receipt in self._store.deletions.carry_out():
            if (key := (receipt.deletion_id, receipt.state)) not in told:
                told.add(key)
                _log.info(
                    "deletion",
                    project=project_id,
                    deletion=receipt.deletion_id,
                    state=receipt.state.value,
                    traces=receipt.traces,
                    spans=receipt.spans,
                )
            if self._is_closed:
                return


@asynccontextmanager
async def erasing(store: Store, deadline: Deadline) -> AsyncIterator[Eraser]:
    """Let an eraser work for the time of a block, and end its step as far as `deadline` allows."""
    eraser = Eraser(store)
    task = asyncio.create_task(eraser.run(), name="eraser")
    try:
        yield eraser
    finally:
        eraser.close()
        await asyncio.wait({task}, timeout=deadline.left)
        if not task.done():
            task.cancel()  # what the engine was told to delete, it deletes
            await asyncio.wait({task})
