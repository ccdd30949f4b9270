"""The connection of a gateway to Kafka: made again for as long as it is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from prela_core.bus.records import RECORD_BYTES
from prela_core.errors import BusUnavailableError
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_errors import translate
from prela_core.io.kafka_topics import MESSAGE_BYTES, TopicPlan, ensure_topics

__all__ = ["KafkaLink"]

_log = logging.getLogger(__name__)

_CONNECT_SECONDS = 15.0
_RETRY_SECONDS = 1.0
_STOP_SECONDS = 10.0
_HOPELESS_SECONDS = 15.0
"""A client finds brokers that come back at their old addresses by itself, at once. One that has
found none for so long may look at addresses that are no more, and is replaced."""

_HEADROOM = 64 * 1024
"""What a record holds beside its value, and a batch beside its records."""


class KafkaLink:
    """Holds a producer that is connected whenever the brokers answer.

    The producer is not idempotent: an idempotent one of aiokafka never gives a record up, so that
    with the brokers gone everything hangs. Thus a record may be written twice, which readers
    never see. `request_seconds` is how long one request, and one record in all, may take.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        plan: TopicPlan,
        compression: str | None,
        linger: float,
        request_seconds: float,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._compression = compression
        self._linger = linger
        self._request_seconds = request_seconds
        self._producer: AIOKafkaProducer | None = None
        self._fault = BusUnavailableError("there is no connection to Kafka yet")
        self._tried = asyncio.Event()
        self._broken = asyncio.Event()
        self._failing_since: float | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to connect; returns at once, whether there is a broker or not."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep(), name="Kafka link")

    async def stop(self) -> None:
        """Send what is still to be sent, and disconnect, in bounded time."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self._let_go()
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def producer(self) -> AIOKafkaProducer:
        """Wait for a connection; raises `BusUnavailableError` when the last attempt failed."""
        await self._tried.wait()
        if self._producer is not None:
            return self._producer
        raise BusUnavailableError(str(self._fault), self._fault.retry_after) from self._fault

    def succeeded(self) -> None:
        """Note that a broker has answered."""
        self._failing_since = None

    def failed(self, producer: AIOKafkaProducer, error: BaseException) -> None:
        """Note that one has not; the connection is made anew when there is no hope in it."""
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        # When its own task dies, a producer raises the plain class, and can do nothing more.
        dead = type(error) is KafkaError or isinstance(error, ProducerClosed)
        hopeless = now - self._failing_since > _HOPELESS_SECONDS
        if producer is self._producer and (dead or hopeless):
            _log.warning("connecting to %s anew: %r", self._connection.place, error)
            self._failing_since = None
            self._tried.clear()
            self._let_go()
            self._broken.set()

    async def _keep(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    producer = await self._connect()
            except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
                self._fault = BusUnavailableError(str(translate(error)), retry_after=2)
                _log.warning("%s can't be used, trying again: %r", self._connection.place, error)
                self._tried.set()
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            _log.info("connected to %s", self._connection.place)
            self._producer = producer
            self._tried.set()
            await self._broken.wait()
            self._broken.clear()

    async def _connect(self) -> AIOKafkaProducer:
        topics = (self._connection.spans_topic, self._connection.traces_topic)
        made = await ensure_topics(
            self._connection, topics, self._plan, request_seconds=self._request_seconds
        )
        if made:
            _log.info("made the topics %s", ", ".join(made))
        producer = AIOKafkaProducer(
            **self._connection.client_options(),
            acks="all",
            enable_idempotence=False,
            compression_type=self._compression,
            linger_ms=round(self._linger * 1000),
            # Before compression, so that what is batched is within the limit of any broker; a
            # larger record is a batch by itself.
            max_batch_size=RECORD_BYTES + _HEADROOM,
            max_request_size=MESSAGE_BYTES + _HEADROOM,
            request_timeout_ms=round(self._request_seconds * 1000),
            metadata_max_age_ms=60_000,
        )
        try:
            await producer.start()
            for topic in topics:
                await producer.partitions_for(topic)
        except BaseException:
            self._leave(producer)
            raise
        return producer

    def _let_go(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            self._leave(producer)

    def _leave(self, producer: AIOKafkaProducer) -> None:
        leaving = asyncio.create_task(_stop(producer), name="leave Kafka")
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


async def _stop(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()
