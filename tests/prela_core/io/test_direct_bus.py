from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.bus import Delivery
from prela_core.errors import (
    BusFullError,
    BusUnavailableError,
    InvalidError,
    StoreUnavailableError,
)
from prela_core.io.direct_bus import DirectBus
from prela_core.model import SpanBatch
from prela_core.testing import span_record


def batch(name: str, spans: int = 1) -> SpanBatch:
    return SpanBatch(name, 1, [span_record(span_id=str(at)) for at in range(spans)])


def bus_of(**options: Any) -> DirectBus:
    return DirectBus(**{"linger": 0.0} | options)


def publish(bus: DirectBus, *batches: SpanBatch) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(bus.publish(each)) for each in batches]


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def singles(delivery: Delivery) -> list[Delivery]:
    """Give each batch as a delivery of its own."""
    return [
        Delivery([batch], [token])
        for batch, token in zip(delivery.batches, delivery.tokens, strict=True)
    ]


def names(delivery: Delivery | None) -> list[str]:
    assert delivery is not None
    return [each.project_id for each in delivery.batches]


def run(test: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await test

    asyncio.run(bounded())


def test_publishing_returns_after_the_commit_and_not_before() -> None:
    async def test() -> None:
        bus = bus_of()
        (publishing,) = publish(bus, batch("a"))
        delivery = await bus.take()
        await settle()
        assert not publishing.done()
        assert delivery is not None
        await bus.commit(delivery)
        await publishing
        assert 0 == bus.held

    run(test())


def test_what_is_refused_is_raised_where_it_was_published() -> None:
    async def test() -> None:
        bus = bus_of()
        publishing = publish(bus, batch("a"), batch("b"))
        await settle()
        delivery = await bus.take()
        assert delivery is not None
        error = InvalidError("poison")
        await bus.refuse(delivery, error)
        assert [error, error] == await asyncio.gather(*publishing, return_exceptions=True)
        assert 0 == bus.held
        await bus.ready()

    run(test())


def test_the_parts_of_a_group_have_outcomes_of_their_own() -> None:
    async def test() -> None:
        bus = bus_of()
        publishing = publish(bus, batch("a"), batch("b", 2), batch("c"))
        await settle()
        delivery = await bus.take()
        assert delivery is not None
        assert 4 == delivery.spans
        first, second, third = singles(delivery)
        assert [["a"], ["b"], ["c"]] == [names(each) for each in (first, second, third)]
        await bus.commit(third)
        await bus.refuse(second, InvalidError("poison"))
        await bus.commit(first)
        outcomes = await asyncio.gather(*publishing, return_exceptions=True)
        assert [type(None), InvalidError, type(None)] == [type(each) for each in outcomes]
        assert 0 == bus.held

    run(test())


class TestBounds:
    def test_full_is_said_at_once_and_nothing_is_taken(self) -> None:
        async def test() -> None:
            bus = bus_of(capacity=10)
            publishing = publish(bus, batch("a", 8))
            await settle()
            held = bus.held
            with pytest.raises(BusFullError):
                await bus.publish(batch("b", 2))
            assert held == bus.held
            delivery = await bus.take()
            assert ["a"] == names(delivery)
            with pytest.raises(BusFullError):
                await bus.publish(batch("c", 5))  # in the worker's hands it still counts
            assert delivery is not None
            await bus.commit(delivery)
            await asyncio.gather(*publishing)
            bus.close()
            assert None is await bus.take()

        run(test())

    def test_one_larger_than_the_bus_is_let_in_alone(self) -> None:
        async def test() -> None:
            bus = bus_of(capacity=3, group=2)
            publishing = publish(bus, batch("large", 9))
            await settle()
            with pytest.raises(BusFullError):
                await bus.publish(batch("b"))
            with pytest.raises(BusFullError):
                await bus.ready()
            delivery = await bus.take()
            assert ["large"] == names(delivery)
            assert delivery is not None
            await bus.commit(delivery)
            await asyncio.gather(*publishing)
            await bus.ready()

        run(test())

    def test_batches_without_spans_are_bounded_too(self) -> None:
        async def test() -> None:
            bus = bus_of(capacity=3)
            publishing = publish(bus, *(batch(str(at), 0) for at in range(9)))
            await settle()
            refused = [each for each in publishing if each.done()]
            assert {BusFullError} == {type(each.exception()) for each in refused}
            assert bus.held <= 4
            delivery = await bus.take()
            assert delivery is not None
            await bus.commit(delivery)
            await asyncio.wait(publishing)

        run(test())

    def test_a_group_is_no_larger_than_told_unless_one_batch_is(self) -> None:
        async def test() -> None:
            bus = bus_of(group=6)
            publishing = publish(bus, *(batch(each, 2) for each in "abc"), batch("large", 50))
            await settle()
            groups = []
            for _ in range(3):
                delivery = await bus.take()
                groups.append(names(delivery))
                assert delivery is not None
                await bus.commit(delivery)
            assert [["a", "b"], ["c"], ["large"]] == groups
            await asyncio.gather(*publishing)

        run(test())


class TestLinger:
    def test_a_full_group_is_not_waited_for(self) -> None:
        async def test() -> None:
            bus = DirectBus(group=4, linger=3600.0)
            publishing = publish(bus, batch("a"), batch("b"))
            await settle()
            delivery = await bus.take()
            assert ["a", "b"] == names(delivery)
            assert delivery is not None
            await bus.commit(delivery)
            await asyncio.gather(*publishing)

        run(test())

    def test_what_arrives_meanwhile_joins_the_group(self) -> None:
        async def test() -> None:
            bus = DirectBus(group=4, linger=3600.0)
            taking = asyncio.create_task(bus.take())
            publishing = publish(bus, batch("a"))
            await settle()
            assert not taking.done()
            publishing += publish(bus, batch("b"))
            delivery = await taking
            assert ["a", "b"] == names(delivery)
            assert delivery is not None
            await bus.commit(delivery)
            await asyncio.gather(*publishing)

        run(test())

    def test_closing_ends_the_wait(self) -> None:
        async def test() -> None:
            bus = DirectBus(linger=3600.0)
            taking = asyncio.create_task(bus.take())
            publishing = publish(bus, batch("a"))
            await settle()
            bus.close()
            delivery = await taking
            assert ["a"] == names(delivery)
            assert delivery is not None
            await bus.commit(delivery)
            await asyncio.gather(*publishing)

        run(test())


class TestSeveralInHand:
    def test_a_small_group_waits_for_the_one_in_hand(self) -> None:
        async def test() -> None:
            bus = bus_of(beside=10)
            publishing = publish(bus, batch("a"))
            first = await bus.take()
            assert first is not None
            publishing += publish(bus, batch("b"), batch("c"))
            taking = asyncio.create_task(bus.take())
            await settle()
            assert not taking.done()
            await bus.commit(first)
            second = await taking
            assert ["b", "c"] == names(second)
            assert second is not None
            await bus.commit(second)
            await asyncio.gather(*publishing)

        run(test())

    def test_a_large_one_is_given_beside_it(self) -> None:
        async def test() -> None:
            bus = bus_of(beside=10)
            publishing = publish(bus, batch("a"))
            first = await bus.take()
            taking = asyncio.create_task(bus.take())
            publishing += publish(bus, batch("b", 4))
            await settle()
            assert not taking.done()
            publishing += publish(bus, batch("c", 4))
            second = await taking
            assert ["b", "c"] == names(second)
            assert first is not None
            assert second is not None
            await bus.commit(second)
            await bus.commit(first)
            await asyncio.gather(*publishing)
            assert 0 == bus.held

        run(test())

    def test_the_end_waits_for_none(self) -> None:
        async def test() -> None:
            bus = bus_of(beside=10)
            publishing = publish(bus, batch("a"))
            first = await bus.take()
            publishing += publish(bus, batch("b"))
            await settle()
            bus.close()
            second = await bus.take()
            assert ["b"] == names(second)
            assert await bus.take() is None
            for each in (first, second):
                assert each is not None
                await bus.commit(each)
            await asyncio.gather(*publishing)

        run(test())

    def test_two_who_take_get_each_a_group_of_its_own(self) -> None:
        async def test() -> None:
            bus = bus_of(group=2)
            taking = [asyncio.create_task(bus.take()) for _ in range(2)]
            await settle()
            publishing = publish(bus, batch("a"), batch("b"))
            taken = await asyncio.gather(*taking)
            assert [["a"], ["b"]] == sorted(map(names, taken))
            for each in taken:
                assert each is not None
                await bus.commit(each)
            await asyncio.gather(*publishing)

        run(test())


class TestGoingAway:
    def test_a_cancelled_publisher_leaves_its_batch_and_its_room(self) -> None:
        async def test() -> None:
            bus = bus_of()
            (gone,) = publish(bus, batch("gone"))
            (stays,) = publish(bus, batch("stays"))
            await settle()
            gone.cancel()
            await settle()
            assert gone.cancelled()
            delivery = await bus.take()
            assert ["gone", "stays"] == names(delivery)
            assert delivery is not None
            await bus.commit(delivery)
            await stays
            assert 0 == bus.held

        run(test())

    def test_a_refusal_nobody_waits_for_is_no_error(self) -> None:
        async def test() -> None:
            bus = bus_of()
            (gone,) = publish(bus, batch("gone"))
            await settle()
            gone.cancel()
            delivery = await bus.take()
            assert delivery is not None
            await bus.refuse(delivery, InvalidError("poison"))
            assert 0 == bus.held

        run(test())

    def test_a_deadline_that_passes_is_said_and_the_batch_may_still_land(self) -> None:
        async def test() -> None:
            bus = bus_of(deadline=0.001)
            with pytest.raises(StoreUnavailableError, match=r"did not commit within 0\.001 s"):
                await bus.publish(batch("late"))
            assert 0 < bus.held
            delivery = await bus.take()
            assert ["late"] == names(delivery)
            assert delivery is not None
            await bus.commit(delivery)
            assert 0 == bus.held

        run(test())


class TestClosing:
    def test_what_is_queued_is_given_then_none(self) -> None:
        async def test() -> None:
            bus = bus_of(group=2)
            publishing = publish(bus, batch("a"), batch("b"))
            await settle()
            bus.close()
            for expected in (["a"], ["b"]):
                delivery = await bus.take()
                assert expected == names(delivery)
                assert delivery is not None
                await bus.commit(delivery)
            assert None is await bus.take()
            assert None is await bus.take()
            await asyncio.gather(*publishing)

        run(test())

    def test_nothing_more_is_taken(self) -> None:
        async def test() -> None:
            bus = bus_of()
            await bus.ready()
            bus.close()
            for attempt in (bus.publish(batch("a")), bus.ready()):
                with pytest.raises(BusUnavailableError):
                    await attempt

        run(test())

    def test_a_worker_that_waits_is_woken(self) -> None:
        async def test() -> None:
            bus = bus_of()
            taking = asyncio.create_task(bus.take())
            await settle()
            bus.close()
            assert None is await taking

        run(test())


@given(
    sizes=st.lists(st.integers(0, 6), min_size=1, max_size=12),
    group=st.integers(1, 12),
    refusals=st.sets(st.integers(0, 11)),
    split=st.booleans(),
)
def test_every_batch_has_exactly_one_outcome_in_order(
    sizes: list[int],
    group: int,
    refusals: set[int],
    split: bool,  # noqa: FBT001 - given by hypothesis
) -> None:
    async def test() -> None:
        bus = bus_of(group=group, capacity=10**6)
        publishing = publish(bus, *(batch(str(at), size) for at, size in enumerate(sizes)))
        await settle()
        bus.close()
        taken: list[str] = []
        while (delivery := await bus.take()) is not None:
            parts = singles(delivery) if split else [delivery]
            for part in reversed(parts):
                if int(names(part)[0]) in refusals:
                    await bus.refuse(part, InvalidError("poison"))
                else:
                    await bus.commit(part)
            taken += names(delivery)
        assert [str(at) for at in range(len(sizes))] == taken
        outcomes = await asyncio.gather(*publishing, return_exceptions=True)
        if split:
            assert [at in refusals for at in range(len(sizes))] == [
                isinstance(each, InvalidError) for each in outcomes
            ]
        assert 0 == bus.held

    run(test())
