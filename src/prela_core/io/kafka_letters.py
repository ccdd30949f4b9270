"""Dead letters in topics of Kafka: written by the worker when something can't be stored."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

import attrs
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from prela_core.bus.letters import DeadLetter, encode_letter, topic_of_letters
from prela_core.bus.records import Record
from prela_core.errors import TooLargeError
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_errors import translate
from prela_core.io.kafka_topics import MESSAGE_BYTES, TopicPlan, ensure_topics

__all__ = ["KafkaLetters", "ensure_letter_topic", "open_producer", "send"]

_log = logging.getLogger(__name__)

_KEPT_DAYS = 30
_SECONDS = 10.0
_LARGEST = 32 << 20
"""What the client sends at most, in bytes; what is too large is for the broker to say."""

_TOO_LARGE = "the broker takes no record of this size"


async def ensure_letter_topic(connection: KafkaConnection, topic: str, plan: TopicPlan) -> None:
    """Make the topic of the dead letters of `topic` if it is missing.

    It has one partition, for there should be few, and keeps them longer: people read them.
    Raises errors of aiokafka and of the system.
    """
    await ensure_topics(
        connection,
        [topic_of_letters(topic)],
        attrs.evolve(plan, partitions=1, retention_days=_KEPT_DAYS),
        # What fits its own topic fits here, with the headers of a letter too.
        more={"max.message.bytes": str(2 * MESSAGE_BYTES)},
    )


async def open_producer(connection: KafkaConnection) -> AIOKafkaProducer:
    """Connect a sender whose every record is acknowledged by all replicas, or fails in time.

    Raises `BusUnavailableError`.
    """
    producer = AIOKafkaProducer(
        **connection.client_options(),
        acks="all",
        compression_type="lz4",
        max_request_size=_LARGEST,
        # With idempotence a send to a broker that is gone would never end.
        enable_idempotence=False,
        request_timeout_ms=round(_SECONDS * 1000) // 2,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            await producer.start()
    except BaseException as error:
        with contextlib.suppress(KafkaError):
            await producer.stop()
        if isinstance(error, (KafkaError, TimeoutError, OSError)):
            raise translate(error) from error
        raise
    return producer


class KafkaLetters:
    """Writes letters to the `.dlq` topics of what they are about, which should exist.

    It connects when there is a first letter: most workers never have one.
    """

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection
        self._producer: AIOKafkaProducer | None = None

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Write `letters`; returns after every replica has them.

        Raises `BusUnavailableError` when that can't be had in time.
        """
        if self._producer is None:
            self._producer = await open_producer(self._connection)
        writing = (self._write(self._producer, each) for each in letters)
        failures = [
            each
            for each in await asyncio.gather(*writing, return_exceptions=True)
            if isinstance(each, BaseException)
        ]
        if failures:
            # A client may be broken for good, or know brokers that are no more.
            await self.close()
            raise failures[0]

    async def close(self) -> None:
        """Disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(_SECONDS):
                    await producer.stop()

    async def _write(self, producer: AIOKafkaProducer, letter: DeadLetter) -> None:
        try:
            await send(producer, encode_letter(letter))
        except TooLargeError:
            _log.warning(
                "a dead letter is too large; %s/%d/%d is kept there only",
                letter.record.topic,
                letter.partition,
                letter.offset,
            )
            cut = attrs.evolve(letter, is_cut=True, reason=f"{letter.reason} ({_TOO_LARGE})")
            try:
                await send(producer, encode_letter(cut))
            except TooLargeError:  # by what others put into keys and headers
                bare = Record(letter.record.topic, None, None, ())
                await send(producer, encode_letter(attrs.evolve(cut, record=bare)))


async def send(producer: AIOKafkaProducer, record: Record) -> None:
    """Send one record, and wait until it is durable.

    Raises `BusUnavailableError` when that can't be had in time, and `TooLargeError`.
    """
    # The client sends nothing that has neither a key nor a value, though others do.
    key = b"" if record.key is None and record.value is None else record.key
    try:
        async with asyncio.timeout(_SECONDS):
            await producer.send_and_wait(
                record.topic, value=record.value, key=key, headers=list(record.headers)
            )
    except (KafkaError, TimeoutError) as error:
        raise translate(error) from error
