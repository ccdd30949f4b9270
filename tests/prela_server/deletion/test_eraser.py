"""The eraser: what is asked is carried out, soon, whoever asked it, and after any failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from prela_core.errors import StoreUnavailableError
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Deletion, DeletionRequest, DeletionState
from prela_core.testing import NOON, MemoryStore, span_record
from prela_server.deadline import Deadline
from prela_server.deletion.eraser import Eraser, erasing

MICROS = to_micros(NOON)


class Watched:
    """Deletions that raise `faults` first, and tell when one is done."""

    def __init__(self, deletions: Any, *faults: Exception) -> None:
        self._deletions = deletions
        self._faults = list(faults)
        self._loop = asyncio.get_running_loop()
        self.done = asyncio.Event()
        self.looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._deletions, name)

    def carry_out(self) -> Iterator[tuple[str, Deletion]]:
        self.looks += 1
        if self._faults:
            raise self._faults.pop(0)
        for project, receipt in self._deletions.carry_out():
            if receipt.state is DeletionState.DONE:
                self._loop.call_soon_threadsafe(self.done.set)
            yield project, receipt


def watched(*faults: Exception) -> tuple[MemoryStore, Watched]:
    store = MemoryStore()
    store.insert([SpanBatch("p", MICROS, [span_record(trace_id="a")])])
    deletions = Watched(store.deletions, *faults)
    store.deletions.ask(
        DeletionRequest(deletion_id="d", project_id="p", asked_at=MICROS, trace_ids=("a",))
    )
    store.deletions = deletions  # type: ignore[assignment] # as far as an eraser asks
    return store, deletions


def within_ten_seconds(test: Callable[[], Any]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(bounded())


def test_what_was_asked_before_it_began_is_carried_out() -> None:
    async def test() -> None:
        store, deletions = watched()
        async with erasing(store, Deadline(5)):
            await deletions.done.wait()
        assert store.trace("p", "a") is None

    within_ten_seconds(test)


def test_it_can_be_woken() -> None:
    async def test() -> None:
        store, deletions = watched(StoreUnavailableError("away"))
        eraser = Eraser(store, every=3600)
        eraser.wake()  # the second look, after the one that fails
        running = asyncio.create_task(eraser.run())
        await deletions.done.wait()
        eraser.close()
        await running
        assert 2 == deletions.looks

    within_ten_seconds(test)


@pytest.mark.parametrize("fault", [StoreUnavailableError("away", 0), ValueError("a bug")])
def test_it_goes_on_after_a_failure(fault: Exception) -> None:
    async def test() -> None:
        store, deletions = watched(fault, fault)
        eraser = Eraser(store, every=0.001)
        running = asyncio.create_task(eraser.run())
        await deletions.done.wait()
        eraser.close()
        await running

    within_ten_seconds(test)
