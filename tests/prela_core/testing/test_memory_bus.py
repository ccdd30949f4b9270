from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from prela_core.errors import BusFullError, BusUnavailableError, InvalidError
from prela_core.model import SpanBatch
from prela_core.testing import MemoryBus, span_record


def batch(name: str) -> SpanBatch:
    return SpanBatch(name, 1, [span_record()])


def run(test: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await test

    asyncio.run(bounded())


def test_nothing_is_taken_before_the_test_says_so() -> None:
    async def test() -> None:
        bus = MemoryBus()
        taking = asyncio.create_task(bus.take())
        publishing = [asyncio.create_task(bus.publish(batch(name))) for name in "ab"]
        await bus.published(2)
        assert (["a", "b"], False) == ([each.project_id for each in bus.waiting], taking.done())
        bus.group()
        delivery = await taking
        assert delivery is not None
        assert (["a", "b"], []) == ([each.project_id for each in delivery.batches], bus.waiting)
        assert [False, False] == [each.done() for each in publishing]
        first, second = delivery.halves()
        await bus.refuse(second, error := InvalidError("poison"))
        await bus.commit(first)
        assert [None, error] == await asyncio.gather(*publishing, return_exceptions=True)
        assert ["a"] == [each.project_id for each in bus.committed]
        assert [("b", error)] == [(each.project_id, why) for each, why in bus.refused]

    run(test())


def test_by_itself_each_batch_is_a_group() -> None:
    async def test() -> None:
        bus = MemoryBus(automatic=True)
        publishing = [asyncio.create_task(bus.publish(batch(name))) for name in "ab"]
        for name in "ab":
            delivery = await bus.take()
            assert delivery is not None
            assert [name] == [each.project_id for each in delivery.batches]
            await bus.commit(delivery)
        await asyncio.gather(*publishing)

    run(test())


def test_it_can_be_full_faulty_and_closed() -> None:
    async def test() -> None:
        bus = MemoryBus(capacity=1)
        publishing = asyncio.create_task(bus.publish(batch("a")))
        await bus.published()
        with pytest.raises(BusFullError):
            await bus.publish(batch("b"))
        bus.fault = BusUnavailableError("the broker is away")
        with pytest.raises(BusUnavailableError, match="broker"):
            await bus.publish(batch("c"))
        bus.fault = None
        bus.close()
        with pytest.raises(BusUnavailableError, match="closed"):
            await bus.ready()
        delivery = await bus.take()
        assert delivery is not None
        await bus.commit(delivery)
        await publishing
        assert None is await bus.take()

    run(test())


def test_a_publisher_that_goes_away_leaves_its_batch() -> None:
    async def test() -> None:
        bus = MemoryBus()
        gone = asyncio.create_task(bus.publish(batch("gone")))
        await bus.published()
        gone.cancel()
        bus.close()
        delivery = await bus.take()
        assert delivery is not None
        await bus.refuse(delivery, InvalidError("poison"))
        assert ["gone"] == [each.project_id for each, _ in bus.refused]

    run(test())
