from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import attrs
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError
from tests.kafka_reading import read_batches, read_records

from prela_core.bus.partitioning import partition_of
from prela_core.errors import BusUnavailableError, TooLargeError
from prela_core.io import kafka_link
from prela_core.io.kafka_bus import KafkaBus
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_topics import TopicPlan
from prela_core.model import SpanBatch
from prela_core.testing import span_record


@attrs.frozen
class Sending:
    bus: KafkaBus
    bootstrap: str
    topic: str

    async def records(self) -> list[Any]:
        return await read_records(self.bootstrap, self.topic)


@asynccontextmanager
async def sending(kafka: str, topic: str | None = None, **options: Any) -> AsyncIterator[Sending]:
    topic = topic or f"spans-{uuid4()}"
    bus = KafkaBus(
        KafkaConnection(bootstrap_servers=kafka, spans_topic=topic, traces_topic=f"{topic}-traces"),
        **options,
    )
    await bus.start()
    try:
        yield Sending(bus, kafka, topic)
    finally:
        await bus.stop()


def batch(traces: int, spans: int = 1, **overrides: Any) -> SpanBatch:
    made = [
        span_record(trace_id=f"trace-{trace}", span_id=f"{trace}-{number}", **overrides)
        for trace in range(traces)
        for number in range(spans)
    ]
    return SpanBatch("p", 1, made)


def run(test: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test

    asyncio.run(bounded())


@pytest.mark.parametrize("traces", [60, 1200])
def test_a_trace_is_in_the_partition_of_its_id_and_a_batch_in_few_records(
    kafka: str, traces: int
) -> None:
    async def test() -> None:
        async with sending(kafka) as sent:
            await sent.bus.publish(batch(traces))
            records = await sent.records()
            assert list(range(6)) == [record.partition for record in records]
            carried = await read_batches(kafka, sent.topic)
            for record, part in zip(records, carried, strict=True):
                keys = [span.trace_id.encode() for span in part.spans]
                assert keys[0] == record.key
                assert {record.partition} == {partition_of(key, 6) for key in keys}

    run(test())


def test_spans_of_a_trace_stay_in_order(kafka: str) -> None:
    async def test() -> None:
        async with sending(kafka) as sent:
            long = batch(1, 3000, attributes=b"x" * 1000)
            await sent.bus.publish(long)
            carried = await read_batches(kafka, sent.topic)
            assert len(carried) > 1
            assert list(long.spans) == [span for part in carried for span in part.spans]

    run(test())


@pytest.mark.parametrize("compression", ["zstd", "lz4", "snappy", "gzip", None])
def test_any_compression_will_do(kafka: str, compression: str | None) -> None:
    async def test() -> None:
        async with sending(kafka, compression=compression) as sent:
            await sent.bus.publish(one := batch(1))
            [carried] = await read_batches(kafka, sent.topic)
            assert list(one.spans) == carried.spans

    run(test())


def test_what_the_topic_will_never_take_is_too_large_and_harms_no_other(kafka: str) -> None:
    async def test() -> None:
        topic = f"small-{uuid4()}"
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        made = NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "100000"})
        await admin.create_topics([made])
        await admin.close()
        async with sending(kafka, topic, compression=None) as sent:
            with pytest.raises(TooLargeError, match=r"max\.message\.bytes"):
                await sent.bus.publish(batch(1, attributes=b"x" * 200_000))
            # Too large for any topic that is made here.
            with pytest.raises(TooLargeError):
                await sent.bus.publish(batch(1, attributes=b"x" * 5_000_000))
            await sent.bus.publish(batch(1))
            assert 1 == len(await sent.records())
            assert 0 == sent.bus.held

    run(test())


def test_partitions_that_were_added_are_used_without_a_fault(kafka: str) -> None:
    async def test() -> None:
        async with sending(kafka, plan=TopicPlan(partitions=1)) as sent:
            await sent.bus.publish(batch(20))
            admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
            await admin.start()
            await admin.create_partitions({sent.topic: NewPartitions(4)})
            await admin.close()
            partitions = 1
            while partitions == 1:  # until the client has heard of them
                await sent.bus.ready()
                await sent.bus.publish(batch(20))
                partitions = len({record.partition for record in await sent.records()})
            assert 4 == partitions

    run(test())


def test_a_client_that_died_is_replaced(kafka: str) -> None:
    async def test() -> None:
        async with sending(kafka) as sent:
            await sent.bus.publish(batch(1))
            first = await sent.bus._link.producer()
            # What aiokafka does when its own task ends by a fault.
            first._message_accumulator.fail_all(KafkaError("Unexpected error"))
            with pytest.raises(BusUnavailableError):
                await sent.bus.publish(batch(1))
            await sent.bus.publish(batch(2))
            assert first is not await sent.bus._link.producer()
            assert 0 == sent.bus.held

    run(test())


def test_a_client_without_hope_is_replaced(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr(kafka_link, "_HOPELESS_SECONDS", -1)
        async with sending(kafka) as sent:
            await sent.bus.publish(batch(1))
            first = await sent.bus._link.producer()
            sent.bus._link.failed(first, TimeoutError())
            await sent.bus.publish(batch(1))
            assert first is not await sent.bus._link.producer()
            # One who complains of the old client does not have the new one replaced.
            sent.bus._link.failed(first, TimeoutError())
            await sent.bus.ready()

    run(test())


def test_a_topic_that_cannot_be_made_is_said_by_its_publishers(kafka: str) -> None:
    async def test() -> None:
        async with sending(kafka, plan=TopicPlan(replicas=9)) as sent:
            with pytest.raises(BusUnavailableError, match="InvalidReplicationFactorError"):
                await sent.bus.publish(batch(1))

    run(test())


def test_it_can_be_stopped_twice_and_before_it_was_started(kafka: str) -> None:
    async def test() -> None:
        bus = KafkaBus(KafkaConnection(bootstrap_servers=kafka))
        await bus.stop()
        await bus.stop()
        with pytest.raises(BusUnavailableError, match="stopping"):
            await bus.publish(batch(1))

    run(test())
