from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.bus import Delivery
from prela_core.errors import InvalidError, StoreUnavailableError, UnavailableError
from prela_core.io.direct_bus import DirectBus
from prela_core.model import SpanBatch
from prela_core.testing import MemoryBus, MemoryStore, span_record
from prela_server.worker.worker import Worker


def batch(project: str, *names: str) -> SpanBatch:
    return SpanBatch(project, 1, [span_record(span_id=name, name=name) for name in names])


class Recorder(MemoryStore):
    """Remembers what was inserted together; can't hold spans named `poison`."""

    def __init__(self) -> None:
        super().__init__()
        self.inserts: list[list[str]] = []
        self.poison: Exception = InvalidError("the store can't hold what was sent")

    def insert(self, batches: Sequence[SpanBatch]) -> None:
        self.inserts.append([each.project_id for each in batches])
        if any(span.name == "poison" for each in batches for span in each.spans):
            raise self.poison
        super().insert(batches)


Scene = Callable[[MemoryBus, Recorder], Awaitable[None]]


def play(scene: Scene) -> tuple[MemoryBus, Recorder]:
    """Run a worker beside `scene`, then close the bus and see the worker end."""

    async def run() -> tuple[MemoryBus, Recorder]:
        bus, store = MemoryBus(), Recorder()
        async with asyncio.timeout(20):
            working = asyncio.create_task(Worker(bus, store).run())
            await scene(bus, store)
            bus.close()
            await working
        return bus, store

    return asyncio.run(run())


async def publish_together(bus: MemoryBus, *batches: SpanBatch) -> list[Any]:
    publishing = [asyncio.create_task(bus.publish(each)) for each in batches]
    await bus.published(len(batches))
    bus.group()
    return await asyncio.gather(*publishing, return_exceptions=True)


def seen(store: Recorder, project: str) -> list[str]:
    found = store.trace(project, span_record().trace_id)
    return [] if found is None else [span.name for span in found.spans]


def test_a_group_is_one_insert_and_then_committed() -> None:
    async def scene(bus: MemoryBus, _store: Recorder) -> None:
        assert [None, None] == await publish_together(bus, batch("a", "1"), batch("b", "2"))

    bus, store = play(scene)
    assert [["a", "b"]] == store.inserts
    assert ["a", "b"] == [each.project_id for each in bus.committed]
    assert (["1"], ["2"]) == (seen(store, "a"), seen(store, "b"))


def test_as_many_inserts_are_under_way_as_may_be() -> None:
    together = threading.Barrier(2, timeout=10)

    class Slow(MemoryStore):
        def insert(self, batches: Sequence[SpanBatch]) -> None:
            together.wait()  # ends only when both are here
            super().insert(batches)

    async def scene() -> list[Any]:
        bus, store = DirectBus(linger=0.0, group=2), Slow()
        publishing = [asyncio.create_task(bus.publish(batch(name, "1"))) for name in "ab"]
        await asyncio.sleep(0)
        bus.close()
        worker = Worker(bus, store, at_once=2)
        await worker.run()
        assert not worker.inserting
        return await asyncio.gather(*publishing, return_exceptions=True)

    assert [None, None] == asyncio.run(scene())


def test_a_poison_batch_fails_alone() -> None:
    async def scene(bus: MemoryBus, store: Recorder) -> None:
        outcomes = await publish_together(
            bus, batch("a", "1"), batch("b", "2", "poison"), batch("c", "3")
        )
        assert [None, store.poison, None] == outcomes
        assert [None] == await publish_together(bus, batch("d", "4"))

    bus, store = play(scene)
    assert [["a", "b", "c"], ["a"], ["b", "c"], ["b"], ["c"], ["d"]] == store.inserts
    assert ["a", "c", "d"] == [each.project_id for each in bus.committed]
    assert [("b", store.poison)] == [(each.project_id, error) for each, error in bus.refused]
    assert (["1"], [], ["3"]) == tuple(seen(store, project) for project in "abc")


@pytest.mark.parametrize("error", [ValueError("x"), MemoryError(), RecursionError(), KeyError("k")])
def test_whatever_a_batch_raises_it_is_refused_with_it(error: Exception) -> None:
    async def scene(bus: MemoryBus, store: Recorder) -> None:
        store.poison = error
        assert [error] == await publish_together(bus, batch("a", "poison"))
        assert [None] == await publish_together(bus, batch("b", "1"))

    _, store = play(scene)
    assert [["a"], ["b"]] == store.inserts


def test_an_unavailable_store_refuses_the_whole_group_and_is_not_asked_again() -> None:
    away = StoreUnavailableError("the store can't write now")

    async def scene(bus: MemoryBus, store: Recorder) -> None:
        store.fault = away
        assert [away, away] == await publish_together(bus, batch("a", "1"), batch("b", "2"))
        store.fault = None
        assert [None, None] == await publish_together(bus, batch("a", "1"), batch("b", "2"))

    bus, store = play(scene)
    assert [["a", "b"], ["a", "b"]] == store.inserts
    assert ["a", "b"] == [each.project_id for each in bus.committed]
    assert (["1"], ["2"]) == (seen(store, "a"), seen(store, "b"))


def test_a_store_that_goes_away_meanwhile_refuses_the_rest() -> None:
    away = StoreUnavailableError("the store can't write now")

    class GoesAway(Recorder):
        def insert(self, batches: Sequence[SpanBatch]) -> None:
            if [each.project_id for each in batches] == ["a"]:
                self.fault = away
            super().insert(batches)

    async def run() -> None:
        bus, store = MemoryBus(), GoesAway()
        async with asyncio.timeout(20):
            working = asyncio.create_task(Worker(bus, store).run())
            outcomes = await publish_together(
                bus, batch("a", "1"), batch("b", "poison"), batch("c", "3"), batch("d", "4")
            )
            bus.close()
            await working
        assert [away, away, None, None] == outcomes

    asyncio.run(run())


def test_nothing_is_committed_before_the_insert_has_returned() -> None:
    began, may_end = threading.Event(), threading.Event()

    class Slow(Recorder):
        def insert(self, batches: Sequence[SpanBatch]) -> None:
            began.set()
            assert may_end.wait(20)
            super().insert(batches)

    async def run() -> None:
        bus, store = MemoryBus(automatic=True), Slow()
        async with asyncio.timeout(20):
            working = asyncio.create_task(Worker(bus, store).run())
            publishing = asyncio.create_task(bus.publish(batch("a", "1")))
            await asyncio.to_thread(began.wait, 20)
            assert ([], False) == (bus.committed, publishing.done())
            may_end.set()
            await publishing
            assert ["1"] == seen(store, "a")
            bus.close()
            await working

    asyncio.run(run())


def test_a_closed_bus_is_drained_before_the_worker_ends() -> None:
    async def run() -> None:
        bus, store = DirectBus(linger=0.0, group=4), Recorder()
        async with asyncio.timeout(20):
            publishing = [asyncio.create_task(bus.publish(batch(str(at), "1"))) for at in range(9)]
            await asyncio.sleep(0)
            bus.close()
            await Worker(bus, store).run()
            assert [None] * 9 == await asyncio.gather(*publishing)
        assert [str(at) for at in range(9)] == [each for group in store.inserts for each in group]

    asyncio.run(run())


class Divisible(MemoryBus):
    """A bus that nobody waits at for one answer, so that parts of batches are settled."""

    def __init__(self) -> None:
        super().__init__()
        self.good: list[str] = []
        self.bad: list[list[str]] = []
        self.kept: list[str] = []

    async def take(self) -> Delivery | None:
        delivery = await super().take()
        return delivery and attrs.evolve(delivery, divisible=True)

    async def commit(self, delivery: Delivery) -> None:
        self.good += spans_of(delivery)

    async def refuse(self, delivery: Delivery, error: Exception) -> None:
        if isinstance(error, UnavailableError):
            self.kept += spans_of(delivery)
        else:
            self.bad.append(spans_of(delivery))


def spans_of(delivery: Delivery) -> list[str]:
    return [span.span_id for each in delivery.batches for span in each.spans]


def work(batches: list[SpanBatch], most_failures: int | None) -> tuple[Divisible, Recorder]:
    async def run() -> tuple[Divisible, Recorder]:
        bus, store = Divisible(), Recorder()
        async with asyncio.timeout(60):
            publishing = [asyncio.create_task(bus.publish(each)) for each in batches]
            await bus.published(len(batches))
            bus.close()
            await Worker(bus, store, most_failures=most_failures).run()
            for each in publishing:
                each.cancel()
        return bus, store

    return asyncio.run(run())


def batches_of(layout: list[list[bool]]) -> list[SpanBatch]:
    """Make a batch of each list, with poison where it says True."""
    return [
        SpanBatch(
            str(at),
            1,
            [
                span_record(span_id=f"{at}-{each}", name="poison" if bad else "good")
                for each, bad in enumerate(layout[at])
            ],
        )
        for at in range(len(layout))
    ]


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=6),
    st.none() | st.integers(0, 12),
)
@settings(max_examples=60)
def test_every_span_has_one_end_and_poison_costs_a_bounded_number_of_inserts(
    layout: list[list[bool]], most_failures: int | None
) -> None:
    bus, store = work(batches_of(layout), most_failures)
    good = {f"{at}-{each}" for at, some in enumerate(layout) for each, bad in enumerate(some)
            if not bad}  # fmt: skip
    poison = {f"{at}-{each}" for at, some in enumerate(layout) for each, bad in enumerate(some)
              if bad}  # fmt: skip
    refused = [each for some in bus.bad for each in some]
    assert sorted(good | poison) == sorted(bus.good + refused)
    assert poison <= set(refused)
    if most_failures is None:
        assert poison == set(refused)
        assert all(1 == len(some) for some in bus.bad)
    else:
        # Every failure adds two pieces, until they are too many; each piece is tried once.
        assert len(store.inserts) <= 2 * most_failures + 1


def test_one_bad_span_among_thousands_is_found_alone() -> None:
    layout = [[False] * 1000 for _ in range(10)]
    layout[6][567] = True
    bus, store = work(batches_of(layout), 64)
    assert [["6-567"]] == bus.bad
    assert 9999 == len(bus.good)
    assert len(store.inserts) < 32


def test_a_flood_of_poison_is_refused_together() -> None:
    layout = [[True] * 100 for _ in range(20)] + [[False] * 2000]
    bus, store = work(batches_of(layout), 64)
    assert len(store.inserts) <= 129
    assert 2000 == sum(map(len, bus.bad))
    assert 2000 == len(bus.good)
    assert len(bus.bad) < 64
