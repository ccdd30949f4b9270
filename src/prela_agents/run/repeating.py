"""Doing something now and then, until a signal comes."""

from __future__ import annotations

import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

from prela_agents.ports import Clock
from prela_agents.run.schedule import Schedule
from prela_core import PrelaError

__all__ = ["repeated"]

_log = logging.getLogger("prela.agents")


async def repeated(work: Callable[[], Awaitable[None]], schedule: Schedule, clock: Clock) -> None:
    """Do `work` at once and then by `schedule`, until SIGTERM or SIGINT.

    A signal lets work that goes on come to its end, and a second one breaks it off. What fails is
    said in the log, and followed by the next.
    """
    async with _stopping() as stop:
        while not stop.is_set():
            started = clock.now()
            try:
                await work()
            except PrelaError as error:
                _log.error("%s", error)
            now = clock.now()
            seconds = (schedule.after(started, now) - now).total_seconds()
            with anyio.move_on_after(seconds):
                await stop.wait()


@asynccontextmanager
async def _stopping() -> AsyncIterator[anyio.Event]:
    """Give an event that the first signal sets; the second one cancels the block."""
    stop = anyio.Event()
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                async for _ in signals:
                    if stop.is_set():
                        tasks.cancel_scope.cancel()
                    stop.set()

            tasks.start_soon(listen)
            yield stop
            tasks.cancel_scope.cancel()
