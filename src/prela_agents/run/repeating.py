"""Doing something now and then, until a signal comes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio

from prela_agents.ports import Clock
from prela_agents.run.schedule import Schedule
from prela_agents.run.signals import stopping
from prela_core import PrelaError

__all__ = ["repeated"]

_log = logging.getLogger("prela.agents")


async def repeated(work: Callable[[], Awaitable[None]], schedule: Schedule, clock: Clock) -> None:
    """Do `work` at once and then by `schedule`, until SIGTERM or SIGINT.

    A signal lets work that goes on come to its end, and a second one breaks it off. What fails is
    said in the log, and followed by the next.
    """
    async with stopping() as stop:
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
