"""Signals that end what goes on: SIGTERM, of a supervisor, and SIGINT, of a keyboard."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeAlias

import anyio

__all__ = ["Heard", "broken_off_by", "hearing", "stopping"]

Heard: TypeAlias = AsyncIterator[signal.Signals]


def hearing() -> AbstractContextManager[Heard]:
    """Take signals for the block, in which they do nothing by themselves."""
    return anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def broken_off_by(heard: Heard | None) -> AsyncIterator[None]:
    """Cancel the block at the first signal, and go on behind it; None is no signal ever."""
    raised: Exception | None = None
    async with anyio.create_task_group() as tasks:

        async def listen(signals: Heard) -> None:
            async for _ in signals:
                tasks.cancel_scope.cancel()

        if heard is not None:
            tasks.start_soon(listen, heard)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised below, where no group is put around it
            raised = error
        tasks.cancel_scope.cancel()
    if raised is not None:
        raise raised


@asynccontextmanager
async def stopping() -> AsyncIterator[anyio.Event]:
    """Give an event that the first signal sets; the second one cancels the block."""
    stop = anyio.Event()
    with hearing() as signals:
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                async for _ in signals:
                    if stop.is_set():
                        tasks.cancel_scope.cancel()
                    stop.set()

            tasks.start_soon(listen)
            yield stop
            tasks.cancel_scope.cancel()
