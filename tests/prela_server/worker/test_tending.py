"""What is done once in a while is done again after any failure, and ends with its block."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import attrs
import pytest

from prela_core.errors import StoreUnavailableError
from prela_server.deadline import Deadline
from prela_server.worker import tending as module
from prela_server.worker.tending import tending


@attrs.frozen
class Log:
    """Keeps what was logged."""

    said: list[str]

    def warning(self, event: str, **_: Any) -> None:
        self.said.append(event)

    exception = warning


def test_it_is_called_again_whatever_it_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    # As it is printed, with all its locals, an error takes seconds on a busy machine.
    monkeypatch.setattr(module, "_log", Log(logged))
    faults = [StoreUnavailableError("away"), ValueError("odd")]
    done = threading.Event()
    calls = []

    def tend() -> None:
        calls.append(None)
        if faults:
            raise faults.pop(0)
        done.set()

    async def run() -> None:
        async with tending("store", tend, Deadline(10), every=0.001):
            assert await asyncio.to_thread(done.wait, 60)

    asyncio.run(run())
    assert len(calls) >= 3
    assert not faults
    assert ["tending waits", "tending failed"] == logged


@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_a_call_under_way_is_waited_for_as_long_as_there_is_time(seconds: float) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def tend() -> None:
        begun.set()
        go_on.wait(60)
        ended.set()

    async def run() -> bool:
        async with tending("store", tend, Deadline(seconds), every=0.001):
            assert await asyncio.to_thread(begun.wait, 60)
            if seconds:
                go_on.set()
        in_time = ended.is_set()
        go_on.set()
        return in_time

    assert asyncio.run(run()) is (seconds > 0)
