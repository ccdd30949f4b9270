"""A bare client of Kafka that carries the records of the gateway: the floor of a deployment."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import attrs
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from prela_core.bus.records import RECORD_BYTES, Record, Topic, encode
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_topics import TopicPlan, ensure_topics
from prela_core.wire import Limits, decode_batch

__all__ = ["Carried", "carry"]


@attrs.frozen
class Carried:
    """Spans a second: produced, consumed afterwards, and of the two in turn."""

    produced: float
    consumed: float
    both: float


def carry(bootstrap: str, made: Sequence[dict[str, Any]], size: int, connections: int) -> Carried:
    """Produce the records of requests of `size` spans, then consume them all.

    So many `connections` each wait for the records of a request before the next, as the gateway's
    clients do. Records are made beforehand and looked at by nobody.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plan = TopicPlan()
    name = f"bare-{uuid4()}"
    topic = Topic(name, plan.partitions)
    requests = [_records(made[begin : begin + size], topic) for begin in range(0, len(made), size)]
    partitions = [TopicPartition(name, number) for number in range(plan.partitions)]

    async def there_and_back() -> tuple[float, float]:
        await ensure_topics(KafkaConnection(bootstrap_servers=bootstrap), [name], plan)
        out = await _produce(bootstrap, partitions, requests, connections)
        back = await _consume(bootstrap, partitions, sum(map(len, requests)) + len(partitions))
        return out, back

    out, back = asyncio.run(there_and_back())
    return Carried(len(made) / out, len(made) / back, len(made) / (out + back))


def _records(made: Sequence[dict[str, Any]], topic: Topic) -> list[Record]:
    at = time.time_ns() // 1000
    body = json.dumps({"spans": made}).encode()
    batch = decode_batch(body, received_at=at, limits=Limits()).batch("a project", at)
    return encode(batch, spans=topic, traces=topic)


async def _produce(
    bootstrap: str,
    partitions: Sequence[TopicPartition],
    requests: Sequence[Sequence[Record]],
    connections: int,
) -> float:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        compression_type="zstd",
        max_batch_size=RECORD_BYTES,
    )
    await producer.start()
    waiting = iter(requests)

    async def send() -> None:
        for request in waiting:
            futures = [
                await producer.send(each.topic, each.value, key=each.key, headers=[*each.headers])
                for each in request
            ]
            for future in futures:
                await future

    try:
        for each in partitions:  # whose leaders are new
            await producer.send_and_wait(each.topic, b"", partition=each.partition)
        began = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(connections)))
        return time.perf_counter() - began
    finally:
        await producer.stop()


async def _consume(bootstrap: str, partitions: Sequence[TopicPartition], records: int) -> float:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign(partitions)
    try:
        began = time.perf_counter()
        while records > 0:
            found = await consumer.getmany(timeout_ms=1000)
            records -= sum(map(len, found.values()))
        return time.perf_counter() - began
    finally:
        await consumer.stop()
