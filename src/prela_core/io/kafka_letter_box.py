"""Looking through dead letters in Kafka, and sending their records again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from types import TracebackType
from typing import Self

import attrs
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from prela_core.bus.letters import (
    SUFFIX,
    DeadLetter,
    KeptLetter,
    decode_letter,
    mark,
    marked,
    topic_of_letters,
)
from prela_core.bus.records import Record
from prela_core.errors import BusUnavailableError, PrelaError, TooLargeError
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_errors import NEEDS_A_PERSON, translate
from prela_core.io.kafka_letters import open_producer, send

__all__ = ["GROUP", "KafkaLetterBox"]

GROUP = "prela-dlq-replay"
"""The group whose offsets say which letters were replayed; marks say it when they are forgotten."""

_MIB = 1 << 20
_TOGETHER = 64
_SECONDS = 15.0
_IDLE_SECONDS = 10.0


@attrs.frozen
class _Range:
    """The letters of one partition: `replayed` is the first that was not."""

    partition: TopicPartition
    begin: int
    replayed: int
    end: int


class KafkaLetterBox:
    """The letters about some topics, for one command at a time: `with KafkaLetterBox(...) as box`.

    A letter's place is `topic/partition/offset`. It runs an event loop of its own.
    """

    def __init__(self, connection: KafkaConnection, topics: Sequence[str]) -> None:
        self._connection = connection
        self._topics = [topic_of_letters(topic) for topic in topics]
        self._runner = asyncio.Runner()
        self._consumer: AIOKafkaConsumer | None = None
        self._producer: AIOKafkaProducer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._close())
        self._runner.close()

    def letters(self, *, replayed: bool = False) -> Iterator[KeptLetter]:
        """Give the letters, topic by topic, in the order they were written."""
        for part in self._runner.run(self._ranges()):
            begin = part.begin if replayed else part.replayed
            for records in self._stepwise(self._read(part.partition, begin, part.end)):
                for one in _letters(records):
                    yield _kept(one, is_replayed=one.offset < part.replayed)

    def letter(self, place: str) -> KeptLetter | None:
        """Give one letter."""
        topic, _, rest = place.rpartition("/")[0].rpartition("/")
        digits = (rest, place.rpartition("/")[2])
        if topic not in self._topics or not all(map(str.isdecimal, digits)):
            return None
        wanted, offset = TopicPartition(topic, int(digits[0])), int(digits[1])
        for part in self._runner.run(self._ranges()):
            if part.partition == wanted and part.begin <= offset < part.end:
                reading = self._read(wanted, offset, offset + 1)
                for records in self._stepwise(reading):
                    for one in _letters(records):
                        return _kept(one, is_replayed=offset < part.replayed)
        return None

    def replay(self, limit: int | None = None) -> Iterator[KeptLetter]:
        """Send the records of the letters again; each is noted before it is given."""
        left = limit
        for part in self._runner.run(self._ranges()):
            reading = self._stepwise(self._read(part.partition, part.replayed, part.end))
            for found in reading:
                records = _letters(found)
                for at in range(0, len(records), _TOGETHER):
                    some = records[at : at + (_TOGETHER if left is None else min(left, _TOGETHER))]
                    if not some:
                        reading.close()
                        return
                    yield from self._runner.run(self._replay(part.partition, some))
                    left = None if left is None else left - len(some)

    async def _replay(
        self, partition: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> list[KeptLetter]:
        producer = self._producer
        if producer is None:
            producer = self._producer = await open_producer(self._connection)
        kept = [_kept(one, is_replayed=False) for one in records]
        sent = await asyncio.gather(*(_send(producer, each.letter) for each in kept))
        consumer = await self._opened()
        done = records[-1].offset + 1
        try:
            async with asyncio.timeout(_SECONDS):
                await consumer.commit({partition: done})
                note = mark(partition.topic.removesuffix(SUFFIX), done)
                await producer.send_and_wait(
                    note.topic, key=note.key, partition=partition.partition,
                    headers=list(note.headers),
                )  # fmt: skip
        except (KafkaError, TimeoutError) as error:
            raise self._fault(error) from error
        return [attrs.evolve(one, is_replayed=was) for one, was in zip(kept, sent, strict=True)]

    async def _ranges(self) -> list[_Range]:
        consumer = await self._opened()
        try:
            async with asyncio.timeout(_SECONDS):
                partitions = await _partitions(self._connection, self._topics)
                consumer.assign(partitions)
                begins = await consumer.beginning_offsets(partitions)
                ends = await consumer.end_offsets(partitions)
                committed = {one: await consumer.committed(one) for one in partitions}
        except (KafkaError, TimeoutError, OSError) as error:
            raise self._fault(error) from error
        ranges = []
        for one in partitions:
            begin, end, replayed = begins[one], ends[one], committed[one]
            if replayed is None or replayed > end:  # forgotten, or of a topic that was made anew
                replayed = await self._last_mark(one, begin, end)
            ranges.append(_Range(one, begin, max(begin, replayed), end))
        return ranges

    async def _last_mark(self, partition: TopicPartition, begin: int, end: int) -> int:
        """Look through all letters for what was replayed of them."""
        last = begin
        async for records in self._read(partition, begin, end):
            for one in records:
                said = marked(_record(one))
                last = last if said is None or said > end else max(last, said)
        return last

    async def _read(
        self, partition: TopicPartition, at: int, end: int
    ) -> AsyncIterator[list[ConsumerRecord]]:
        """Give the records from `at` to `end`, some at a time."""
        consumer = await self._opened()
        if at >= end:
            return
        consumer.seek(partition, at)
        while at < end:
            try:
                found = await consumer.getmany(
                    partition, timeout_ms=round(_IDLE_SECONDS * 1000), max_records=_TOGETHER
                )
            except KafkaError as error:
                raise self._fault(error) from error
            records = [one for one in found.get(partition, ()) if at <= one.offset < end]
            at = await consumer.position(partition)
            if records:
                yield records
            elif not found and at < end:
                raise BusUnavailableError(f"{partition.topic} can't be read now")

    def _stepwise(
        self, steps: AsyncIterator[list[ConsumerRecord]]
    ) -> Generator[list[ConsumerRecord], None, None]:
        """Take each step of an asynchronous iterator in the loop of this box."""

        async def step() -> list[ConsumerRecord] | None:
            return await anext(steps, None)

        while (records := self._runner.run(step())) is not None:
            yield records

    async def _opened(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **self._connection.client_options(),
                group_id=GROUP,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_bytes=8 * _MIB,
                max_partition_fetch_bytes=8 * _MIB,
            )
            try:
                async with asyncio.timeout(_SECONDS):
                    await consumer.start()
            except (KafkaError, TimeoutError, OSError) as error:
                with contextlib.suppress(KafkaError):
                    await consumer.stop()
                raise self._fault(error) from error
            self._consumer = consumer
        return self._consumer

    def _fault(self, error: BaseException) -> PrelaError:
        if isinstance(error, NEEDS_A_PERSON):
            return translate(error)
        return BusUnavailableError(
            f"{self._connection.place} does not answer ({type(error).__name__})"
        )

    async def _close(self) -> None:
        for client in (self._consumer, self._producer):
            if client is not None:
                with contextlib.suppress(KafkaError, TimeoutError):
                    async with asyncio.timeout(_SECONDS):
                        await client.stop()


async def _partitions(connection: KafkaConnection, topics: Sequence[str]) -> list[TopicPartition]:
    """Give the partitions of those of `topics` that are there."""
    admin = AIOKafkaAdminClient(**connection.client_options())
    try:
        await admin.start()
        there = set(await admin.list_topics())
        known = await admin.describe_topics([one for one in topics if one in there])
        return [
            TopicPartition(one["topic"], part["partition"])
            for one in known
            for part in sorted(one["partitions"], key=lambda each: each["partition"])
        ]
    finally:
        with contextlib.suppress(KafkaError, OSError):
            await admin.close()


async def _send(producer: AIOKafkaProducer, letter: DeadLetter) -> bool:
    """Send the record of `letter`; False when it has none, or is too large."""
    if letter.is_cut:
        return False
    try:
        await send(producer, letter.record)
    except TooLargeError:
        return False
    return True


def _kept(found: ConsumerRecord, *, is_replayed: bool) -> KeptLetter:
    record = _record(found)
    place = f"{found.topic}/{found.partition}/{found.offset}"
    letter = decode_letter(record)
    return KeptLetter(place, letter, is_replayed and not letter.is_cut)


def _letters(found: Sequence[ConsumerRecord]) -> list[ConsumerRecord]:
    """Leave out the marks."""
    return [one for one in found if marked(_record(one)) is None]


def _record(found: ConsumerRecord) -> Record:
    headers = tuple((name, bytes(value or b"")) for name, value in found.headers)
    return Record(found.topic, found.key, found.value, headers)
