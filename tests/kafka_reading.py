"""What is durable in topics of Kafka, read by a plain consumer that is none of ours."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from prela_core.bus import Record
from prela_core.bus.records import decode
from prela_core.model import SpanBatch

__all__ = ["read_batches", "read_records"]


async def read_records(bootstrap: str, *topics: str) -> list[ConsumerRecord]:
    """Give every record that `topics` hold now, by topic, partition and offset."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        found: list[ConsumerRecord] = []
        for topic in topics:
            numbers = await consumer._client._wait_on_metadata(topic)
            places = [TopicPartition(topic, number) for number in sorted(numbers)]
            consumer.assign(places)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(places)
            for place in places:
                while await consumer.position(place) < ends[place]:
                    found += (await consumer.getmany(place, timeout_ms=1000)).get(place, [])
        return found
    finally:
        await consumer.stop()


async def read_batches(bootstrap: str, *topics: str) -> list[SpanBatch]:
    """Give what these records carry."""
    return [
        decode(Record(each.topic, each.key, each.value, tuple(each.headers)))
        for each in await read_records(bootstrap, *topics)
    ]
