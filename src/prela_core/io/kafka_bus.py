"""The sending end of the bus over Kafka: what it acknowledged is on the brokers' disks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from prela_core.bus.records import Record, Topic, bytes_of, encode
from prela_core.errors import BusFullError, BusUnavailableError, TooLargeError
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_errors import translate
from prela_core.io.kafka_link import KafkaLink
from prela_core.io.kafka_topics import TopicPlan
from prela_core.model import SpanBatch

__all__ = ["KafkaBus"]

_MANY = 1000
"""From so many spans on, encoding would hold up other requests for more than a millisecond."""

_READY_SECONDS = 3.0


class KafkaBus:
    """Publishes batches as records of Kafka.

    `publish` returns when the brokers acknowledged every record of the batch, all replicas in
    sync included. One that fails fails the batch, though others of it may have landed. After
    `deadline` seconds a batch has failed, whatever the brokers do; `request_seconds` is when one
    request to them has. `capacity` bounds the bytes, before compression, that are on their way:
    those of a failed batch count until the client has given them up.

    `start` and `stop` belong to the event loop that publishes. `start` returns at once: without a
    broker the bus is not `ready`, and connects when one comes. Missing topics are made as `plan`
    says. `linger` is how many seconds a record may wait for others to be sent with.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        plan: TopicPlan | None = None,
        capacity: int = 64 * 1024 * 1024,
        deadline: float = 7.0,
        request_seconds: float = 4.5,
        linger: float = 0.0,
        compression: str | None = "zstd",
    ) -> None:
        self._connection = connection
        self._capacity = capacity
        self._deadline = deadline
        self._held = 0
        self._closed = False
        self._link = KafkaLink(
            connection,
            plan=plan or TopicPlan(),
            compression=compression,
            linger=linger,
            request_seconds=request_seconds,
        )

    @property
    def held(self) -> int:
        """How many bytes are on their way."""
        return self._held

    async def start(self) -> None:
        """Begin to connect; raises `SettingsError` for what no broker will mend."""
        self._connection.client_options()
        self._link.start()

    async def stop(self) -> None:
        """Take no more batches, finish those on their way, and disconnect."""
        self.close()
        await self._link.stop()

    def close(self) -> None:
        """Take no more batches."""
        self._closed = True

    async def publish(self, batch: SpanBatch) -> None:
        """Hand `batch` over; returns when it is durable on the brokers.

        Raises `TooLargeError` for a span that the brokers will never take.
        """
        size = bytes_of(batch)
        self._check_room(size)
        hold = _Hold(self, size)
        try:
            await self._deliver(batch, hold)
        finally:
            hold.leave()

    async def ready(self) -> None:
        """Return when there is room and a broker answers now."""
        self._check_room(0)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                producer = await self._link.producer()
                answered = await producer.client.force_metadata_update()
        except TimeoutError:
            answered = False
        if not answered:
            raise BusUnavailableError("Kafka does not answer", retry_after=2)

    async def _deliver(self, batch: SpanBatch, hold: _Hold) -> None:
        producer = None
        try:
            async with asyncio.timeout(self._deadline):
                producer = await self._link.producer()
                records = await self._encode(batch, producer)
                await _send(producer, records, hold)
        except (KafkaError, OSError) as error:  # a deadline is an OSError too
            ours = translate(error)
            if producer is not None and not isinstance(ours, TooLargeError):
                self._link.failed(producer, error)
            raise ours from error
        self._link.succeeded()

    def _check_room(self, size: int) -> None:
        if self._closed:
            raise BusUnavailableError("the server is stopping; send again", retry_after=2)
        # Something larger than the whole bus is let in when it is alone, or it never would be.
        if self._held and self._held + size > self._capacity:
            raise BusFullError(
                f"{self._held:,} bytes are waiting for Kafka; send again later", retry_after=2
            )

    async def _encode(self, batch: SpanBatch, producer: AIOKafkaProducer) -> list[Record]:
        spans, traces = [
            Topic(name, len(await producer.partitions_for(name)))
            for name in (self._connection.spans_topic, self._connection.traces_topic)
        ]
        if len(batch.spans) + len(batch.traces) < _MANY:
            return encode(batch, spans=spans, traces=traces)
        return await asyncio.to_thread(encode, batch, spans=spans, traces=traces)


class _Hold:
    """Keeps the room of a batch taken for as long as anybody has its bytes.

    That is its publisher until it leaves, and the client for each record until that is settled:
    a publisher that gave up does not take its records back.
    """

    def __init__(self, bus: KafkaBus, size: int) -> None:
        self._bus = bus
        self._size = size
        self._holders = 1
        bus._held += size  # noqa: SLF001 - a part of the bus

    def enter(self, future: asyncio.Future[object]) -> None:
        """Let a record's future hold on too."""
        self._holders += 1
        future.add_done_callback(self._settled)

    def leave(self) -> None:
        """Let go; the last one gives the room back."""
        self._holders -= 1
        if not self._holders:
            self._bus._held -= self._size  # noqa: SLF001 - likewise

    def _settled(self, future: asyncio.Future[object]) -> None:
        if not future.cancelled():
            future.exception()  # its publisher may have gone away
        self.leave()


async def _send(producer: AIOKafkaProducer, records: Sequence[Record], hold: _Hold) -> None:
    """Send all; returns when all are acknowledged, and raises as soon as one can't be."""
    pending: list[asyncio.Future[object]] = []
    for record in records:
        # The key alone says where it goes: `encode` only groups, and by the same rule.
        future = await producer.send(
            record.topic, record.value, key=record.key, headers=list(record.headers)
        )
        hold.enter(future)
        pending.append(future)
    if pending:
        # Waiting so leaves the futures alone when the publisher goes away.
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        for future in done:
            future.result()
