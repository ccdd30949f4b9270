"""What is done beside everything else, once in a while, and may as well be done later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import anyio.to_thread
import structlog

from prela_core.errors import UnavailableError
from prela_server.deadline import Deadline

__all__ = ["tending"]

_log = structlog.get_logger()


@asynccontextmanager
async def tending(
    name: str, tend: Callable[[], object], deadline: Deadline, *, every: float = 30.0
) -> AsyncIterator[None]:
    """Call `tend` in a thread every so many seconds, for the time of a block.

    What it raises is logged under `name`, and the next call made all the same. After the block
    a call that is under way is waited for as far as `deadline` allows.
    """
    closed = asyncio.Event()

    async def run() -> None:
        while not closed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await closed.wait()
                    return
            try:
                await anyio.to_thread.run_sync(tend, abandon_on_cancel=True)
            except UnavailableError as error:
                _log.warning("tending waits", of=name, reason=str(error))
            except Exception:  # noqa: BLE001 - nothing depends on it, and the next call may do better
                _log.exception("tending failed", of=name)

    task = asyncio.create_task(run(), name=f"tending of {name}")
    try:
        yield
    finally:
        closed.set()
        await asyncio.wait({task}, timeout=deadline.left)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
