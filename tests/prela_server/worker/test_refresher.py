"""The refresher takes each step, goes on after a fault, and ends when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from prela_core.errors import StoreUnavailableError
from prela_server.worker.refresher import Refresher


@pytest.mark.parametrize("fault", [StoreUnavailableError("away"), ZeroDivisionError()])
def test_it_takes_all_steps_and_outlives_faults(fault: Exception) -> None:
    asyncio.run(_outlives(fault))


async def _outlives(fault: Exception) -> None:
    taken: list[int] = []
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def refresh() -> Iterator[tuple[str, int]]:
        taken.append(0)
        if len(taken) == 1:
            raise fault
        for number in (1, 2):
            taken.append(number)
            yield "p", number
        loop.call_soon_threadsafe(done.set)

    refresher = Refresher(refresh, every=0.001, rest=0.0)
    task = asyncio.create_task(refresher.run())
    await done.wait()
    refresher.close()
    await task
    assert [0, 0, 1, 2] == taken[:4]
