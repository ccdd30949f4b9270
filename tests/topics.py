"""Topics of a real Kafka for one test each: made, filled and read without our own clients."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import attrs
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError

from prela_core.bus import Record, Topic
from prela_core.bus.records import encode
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.model import SpanBatch

__all__ = ["Log", "log", "until"]

_numbers = itertools.count(1)
_SECONDS = 30


@attrs.frozen
class Log:
    """A topic, the topic of its dead letters, and a group that reads it.

    `consumer` only says how much there is. It is kept, for one whose start is cancelled leaves its
    connection open.
    """

    bootstrap: str
    topic: str
    group: str
    partitions: int
    producer: AIOKafkaProducer
    admin: AIOKafkaAdminClient
    consumer: AIOKafkaConsumer

    @property
    def connection(self) -> KafkaConnection:
        return KafkaConnection(bootstrap_servers=self.bootstrap)

    @property
    def letters(self) -> str:
        return f"{self.topic}.dlq"

    async def publish(self, *batches: SpanBatch) -> int:
        """Send batches as the gateway does, and say how many records they were."""
        topic = Topic(self.topic, self.partitions)
        records = [
            record for batch in batches for record in encode(batch, spans=topic, traces=topic)
        ]
        await self.send(records)
        return len(records)

    async def send(self, records: Iterable[Record]) -> None:
        """Send records as they are, and wait until all are there."""
        sending = [
            await self.producer.send(
                one.topic, value=one.value, key=one.key, headers=list(one.headers)
            )
            for one in records
        ]
        await asyncio.gather(*sending)

    async def raw(
        self,
        value: bytes | None,
        *,
        partition: int = 0,
        key: bytes | None = b"k",
        topic: str | None = None,
    ) -> None:
        """Send what is no record of ours, in a form that the client itself would not send."""
        batch = self.producer.create_batch()
        batch.append(key=key, value=value, timestamp=None, headers=[("odd", b"1")])
        done = await self.producer.send_batch(batch, topic or self.topic, partition=partition)
        await done

    async def read(self, topic: str) -> list[Record]:
        """Give all that a topic holds, by partition."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            held: list[Record] = []
            partitions = sorted(await self._partitions(topic))
            ends = await consumer.end_offsets(partitions)
            begins = await consumer.beginning_offsets(partitions)
            for one in partitions:
                consumer.assign([one])
                await consumer.seek_to_beginning(one)
                at = begins[one]
                while at < ends[one]:
                    found = await consumer.getone()
                    at = found.offset + 1
                    held.append(Record(topic, found.key, found.value, tuple(found.headers)))
            return held
        finally:
            await consumer.stop()

    async def committed(self) -> dict[int, int]:
        """Give what the group has committed, by partition."""
        try:
            offsets = await self.admin.list_consumer_group_offsets(self.group)
        except GroupCoordinatorNotAvailableError:
            return {}  # no group ever committed to this broker: it has yet to make a place for it
        return {
            place.partition: held.offset
            for place, held in offsets.items()
            if place.topic == self.topic and held.offset >= 0
        }

    async def lag(self) -> int:
        """Count the records that the group has not committed."""
        ends = await self.consumer.end_offsets(sorted(await self._partitions(self.topic)))
        done = await self.committed()
        return sum(end - done.get(place.partition, 0) for place, end in ends.items())

    async def drained(self, seconds: float = _SECONDS) -> None:
        """Wait until the group has committed everything."""
        async with asyncio.timeout(seconds):
            while await self.lag():  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(0.1)

    async def _partitions(self, topic: str) -> Sequence[TopicPartition]:
        [described] = await self.admin.describe_topics([topic])
        return [TopicPartition(topic, each["partition"]) for each in described["partitions"]]


async def until(condition: Callable[[], object], seconds: float = _SECONDS) -> None:
    """Wait until `condition` is true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a state of parts that tell nobody
            await asyncio.sleep(0.02)


@asynccontextmanager
async def log(
    bootstrap: str,
    *,
    partitions: int = 4,
    letters: bool = True,
    largest_letter: int | None = None,
) -> AsyncIterator[Log]:
    """Make a topic for the time of a block."""
    name = f"spans-{os.getpid()}-{next(_numbers)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_request_size=16 << 20, linger_ms=5
    )
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        await producer.start()
        await consumer.start()
        held = Log(bootstrap, name, f"group-of-{name}", partitions, producer, admin, consumer)
        await admin.create_topics([NewTopic(name, partitions, 1)])
        if letters:
            await make_letters(held, largest_letter)
        await _known(held, name)
        yield held
        await admin.delete_topics([name])
    finally:
        await consumer.stop()
        await producer.stop()
        await admin.close()


async def make_letters(held: Log, largest: int | None = None) -> None:
    """Make the topic of dead letters, perhaps for small ones only."""
    options = {} if largest is None else {"max.message.bytes": str(largest)}
    await held.admin.create_topics([NewTopic(held.letters, 1, 1, topic_configs=options)])
    await _known(held, held.letters)


async def _known(held: Log, topic: str) -> None:
    """Wait until every partition has a leader, without which clients warn and try again."""
    async with asyncio.timeout(_SECONDS):
        while True:
            [described] = await held.admin.describe_topics([topic])
            leaders = [each["leader"] for each in described["partitions"]]
            if described["error_code"] == 0 and leaders and min(leaders) >= 0:
                return
            await asyncio.sleep(0.05)
