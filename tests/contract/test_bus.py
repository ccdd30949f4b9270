"""What every bus promises to a gateway, whatever carries the spans."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import attrs
import pytest
from tests.kafka_reading import read_batches

from prela_core.bus import Bus
from prela_core.errors import BusFullError, BusUnavailableError
from prela_core.io.direct_bus import DirectBus
from prela_core.io.kafka_bus import KafkaBus
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.model import SpanBatch, SpanRecord, TraceRecord
from prela_core.testing import MemoryBus, span_record

_numbers = itertools.count(1)


@attrs.frozen
class Carried:
    """A bus, what of it is durable by now, and whether whatever stores it may go on."""

    bus: Bus
    durable: Callable[[], Coroutine[Any, Any, list[SpanBatch]]]
    close: Callable[[], None]
    go_on: asyncio.Event = attrs.field(factory=asyncio.Event)

    def __attrs_post_init__(self) -> None:
        self.go_on.set()


Carry = Callable[..., AbstractAsyncContextManager[Carried]]


@asynccontextmanager
async def _stored(bus: DirectBus | MemoryBus) -> AsyncIterator[Carried]:
    """Run a worker at the other end, whose store is a list."""
    stored: list[SpanBatch] = []

    async def durable() -> list[SpanBatch]:
        return list(stored)

    async def work() -> None:
        while (delivery := await bus.take()) is not None:
            await carried.go_on.wait()
            stored.extend(delivery.batches)
            await bus.commit(delivery)

    carried = Carried(bus, durable, bus.close)
    working = asyncio.create_task(work())
    try:
        yield carried
    finally:
        carried.go_on.set()
        bus.close()
        await working


def _direct(*, small: bool = False) -> AbstractAsyncContextManager[Carried]:
    return _stored(DirectBus(capacity=1 if small else 100_000))


def _memory(*, small: bool = False) -> AbstractAsyncContextManager[Carried]:
    return _stored(MemoryBus(automatic=True, capacity=1 if small else 1000))


@asynccontextmanager
async def _kafka(bootstrap: str, *, small: bool = False) -> AsyncIterator[Carried]:
    topics = (f"spans-{uuid4()}", f"traces-{uuid4()}")
    connection = KafkaConnection(
        bootstrap_servers=bootstrap, spans_topic=topics[0], traces_topic=topics[1]
    )
    bus = KafkaBus(connection, capacity=1 if small else 64 * 1024 * 1024)
    await bus.start()
    try:
        await bus.ready()  # so that the topics are there to be read
        yield Carried(bus, partial(read_batches, bootstrap, *topics), bus.close)
        assert 0 == bus.held
    finally:
        await bus.stop()


@pytest.fixture(params=["direct", "memory", "kafka"])
def carry(request: pytest.FixtureRequest) -> Carry:
    if request.param == "kafka":
        return partial(_kafka, request.getfixturevalue("kafka"))
    return _direct if request.param == "direct" else _memory


def run(test: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test

    asyncio.run(bounded())


def batch(*span_ids: str, traces: tuple[TraceRecord, ...] = ()) -> SpanBatch:
    number = next(_numbers)
    spans = [span_record(span_id=span_id, trace_id=f"t{span_id}") for span_id in span_ids]
    return SpanBatch("a project", number, spans, traces)


def spans_of(batches: list[SpanBatch]) -> list[tuple[str, int, SpanRecord]]:
    """Whose each span is, and when it was received: how spans are cut into batches is free."""
    return sorted(
        ((each.project_id, each.received_at, span) for each in batches for span in each.spans),
        key=lambda one: (one[1], one[2].span_id),
    )


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_what_was_accepted_is_durable(carry: Carry) -> None:
    async def test() -> None:
        async with carry() as carried:
            said = TraceRecord("t", "shop", 5, b'{"plan":"pro"}', b"{}")
            sent = [batch("a", "b", "c", traces=(said,)), batch("d")]
            for each in sent:
                await carried.bus.publish(each)
                assert spans_of([each])[0] in spans_of(await carried.durable())
            durable = await carried.durable()
            assert spans_of(sent) == spans_of(durable)
            assert [said] == [trace for each in durable for trace in each.traces]

    run(test())


def test_a_batch_of_nothing_is_accepted(carry: Carry) -> None:
    async def test() -> None:
        async with carry() as carried:
            await carried.bus.publish(batch())
            assert [] == spans_of(await carried.durable())

    run(test())


def test_it_is_ready_and_stays_so(carry: Carry) -> None:
    async def test() -> None:
        async with carry() as carried:
            await carried.bus.ready()
            await carried.bus.publish(batch("a"))
            await carried.bus.ready()

    run(test())


def test_a_full_one_says_so_at_once_and_takes_nothing(carry: Carry) -> None:
    async def test() -> None:
        async with carry(small=True) as carried:
            carried.go_on.clear()
            first = batch("a")
            publishing = asyncio.create_task(carried.bus.publish(first))
            await settle()
            with pytest.raises(BusFullError):
                await carried.bus.publish(batch("b"))
            carried.go_on.set()
            await publishing
            await carried.bus.ready()
            assert spans_of([first]) == spans_of(await carried.durable())
            await carried.bus.publish(second := batch("c"))
            assert spans_of([first, second]) == spans_of(await carried.durable())

    run(test())


def test_a_closed_one_takes_nothing_and_finishes_what_it_took(carry: Carry) -> None:
    async def test() -> None:
        async with carry() as carried:
            carried.go_on.clear()
            taken = batch("a")
            publishing = asyncio.create_task(carried.bus.publish(taken))
            await settle()
            carried.close()
            for asking in (carried.bus.ready(), carried.bus.publish(batch("b"))):
                with pytest.raises(BusUnavailableError):
                    await asking
            carried.go_on.set()
            await publishing
            assert spans_of([taken]) == spans_of(await carried.durable())

    run(test())


def test_many_publishers_at_once_are_each_told_of_their_own(carry: Carry) -> None:
    async def test() -> None:
        async with carry() as carried:
            sent = [batch(*(f"{at}-{of}" for of in range(at % 7 + 1))) for at in range(200)]
            await asyncio.gather(*map(carried.bus.publish, sent))
            assert spans_of(sent) == spans_of(await carried.durable())

    run(test())


def test_a_publisher_that_goes_away_harms_no_other(carry: Carry) -> None:
    async def test() -> None:
        async with carry() as carried:
            carried.go_on.clear()
            sent = [batch(f"{at}") for at in range(20)]
            publishing = [asyncio.create_task(carried.bus.publish(each)) for each in sent]
            await settle()
            for task in publishing[::2]:
                task.cancel()
            carried.go_on.set()
            outcomes = await asyncio.gather(*publishing, return_exceptions=True)
            assert [None] * 10 == outcomes[1::2]
            await carried.bus.publish(last := batch("last"))
            # What its publisher was not told of may have landed, and then as a whole and once.
            durable = spans_of(await carried.durable())
            assert all(one in durable for one in spans_of([*sent[1::2], last]))
            assert all(1 == durable.count(one) for one in durable)
            assert all(one in spans_of([*sent, last]) for one in durable)

    run(test())


def test_large_batches_arrive_whole(carry: Carry) -> None:
    async def test() -> None:
        async with carry() as carried:
            sent = batch(*(f"{at:05}" for at in range(5000)))
            large = span_record(span_id="large", attributes=b'{"k":"%s"}' % (b"x" * 2**20))
            alone = SpanBatch("a project", next(_numbers), [large])
            await carried.bus.publish(sent)
            await carried.bus.publish(alone)
            assert spans_of([sent, alone]) == spans_of(await carried.durable())

    run(test())
