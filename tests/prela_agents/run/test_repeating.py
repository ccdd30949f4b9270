from __future__ import annotations

import logging
import os
import signal
from datetime import timedelta

import anyio
import pytest
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import NotSentError
from prela_agents.run.repeating import repeated
from prela_agents.run.schedule import Every

pytestmark = pytest.mark.anyio


async def test_work_goes_on_until_a_signal_comes(
    clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    done: list[int] = []

    async def work() -> None:
        done.append(len(done))
        if len(done) == 1:
            raise NotSentError("reddit", "it is down")
        os.kill(os.getpid(), signal.SIGTERM)
        await anyio.sleep(0.01)  # the signal is noticed while the work goes on
        done.append(-1)

    with anyio.fail_after(20):
        await repeated(work, Every(timedelta(0)), clock)
    assert [0, 1, -1] == done
    assert "it is down" in caplog.text


async def test_a_second_signal_breaks_it_off(clock: StandingClock) -> None:
    async def work() -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            await anyio.sleep(0.01)
        await anyio.sleep_forever()

    with anyio.fail_after(20):
        await repeated(work, Every(timedelta(hours=1)), clock)


async def test_a_signal_ends_the_waiting(clock: StandingClock) -> None:
    worked = anyio.Event()

    async def work() -> None:
        worked.set()

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(repeated, work, Every(timedelta(hours=1)), clock)
            await worked.wait()
            os.kill(os.getpid(), signal.SIGTERM)
