"""Spans a second through the sending end of the Kafka bus, beside a bare client of the same bytes.

    python tests/bench/kafka.py                         # about a minute
    python tests/bench/kafka.py --spans 20000 --rounds 1
    python tests/bench/kafka.py --bootstrap host:9092   # a broker that is there already

A broker of our own shares the machine with what is measured: read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import attrs
from aiokafka import AIOKafkaProducer
from traces import spans

from prela_core.bus.records import RECORD_BYTES, Record, Topic, encode
from prela_core.io.kafka_bus import KafkaBus
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_topics import TopicPlan, ensure_topics
from prela_core.model import SpanBatch, SpanRecord
from prela_core.wire import Limits, decode_batch

sys.path.append(str(Path(__file__).parents[2]))
from tests.kafka_broker import running

PUBLISHERS = 32
NEWEST = 1_770_000_000_000_000
PLAN = TopicPlan()


@attrs.frozen
class Figures:
    """Of one run: spans a second, waits in ms, and CPU of this process in µs a span."""

    rate: float
    p50: float
    p99: float
    cpu: float


Send = Callable[[int], Awaitable[None]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bootstrap", help="the address of a broker; else one is started")
    parser.add_argument("--spans", type=int, default=50_000, help="spans of each run")
    parser.add_argument("--rounds", type=int, default=3, help="how often each figure is taken")
    options = parser.parse_args()
    made = list(_records(options.spans))
    with _broker(options.bootstrap) as bootstrap:
        connection = KafkaConnection(bootstrap_servers=bootstrap, spans_topic=f"bench-{uuid4()}")
        print(
            f"Python {platform.python_version()}, {platform.machine()}, seeded spans of ~1 KB, "
            f"{PUBLISHERS} publishers\n"
        )
        print("| what | spans/s | of the bare client | p50 ms | p99 ms | CPU µs/span |")
        print("|---|---|---|---|---|---|")
        asyncio.run(_measure(connection, made, options.rounds))


async def _measure(connection: KafkaConnection, made: list[SpanRecord], rounds: int) -> None:
    await ensure_topics(connection, [connection.spans_topic, connection.traces_topic], PLAN)
    for size in (10, 100, 1000):
        batches = [
            SpanBatch("a project", NEWEST + begin, made[begin : begin + size])
            for begin in range(0, len(made), size)
        ]
        taken: dict[str, list[Figures]] = {}
        for _ in range(rounds):
            for name, run in _runs(connection, batches).items():
                taken.setdefault(name, []).append(await run())
        floors = [each.rate for each in taken["bare"]]
        for name, figures in taken.items():
            shares = [each.rate / floor for each, floor in zip(figures, floors, strict=True)]
            of_each = [
                statistics.median(getattr(each, field.name) for each in figures)
                for field in attrs.fields(Figures)
            ]
            rate, p50, p99, cpu = of_each
            print(
                f"| batches of {size:,}: {name} | {rate:,.0f} | {statistics.median(shares):.2f} "
                f"| {p50:.1f} | {p99:.1f} | {cpu:.1f} |",
                flush=True,
            )


def _runs(
    connection: KafkaConnection, batches: Sequence[SpanBatch]
) -> dict[str, Callable[[], Awaitable[Figures]]]:
    runs: dict[str, Callable[[], Awaitable[Figures]]] = {"bare": lambda: _bare(connection, batches)}
    for linger in (0.0, 0.002, 0.005):
        runs[f"bus, linger {linger * 1000:g} ms"] = lambda linger=linger: _bus(
            connection, batches, linger=linger
        )
    for compression in ("lz4", "snappy", None):
        runs[f"bus, {compression or 'no compression'}"] = lambda compression=compression: _bus(
            connection, batches, compression=compression
        )
    return runs


async def _bus(
    connection: KafkaConnection,
    batches: Sequence[SpanBatch],
    *,
    linger: float = 0.0,
    compression: str | None = "zstd",
) -> Figures:
    bus = KafkaBus(connection, linger=linger, compression=compression, deadline=60)
    await bus.start()
    await bus.ready()
    try:
        return await _timed(batches, lambda number: bus.publish(batches[number]))
    finally:
        await bus.stop()


async def _bare(connection: KafkaConnection, batches: Sequence[SpanBatch]) -> Figures:
    """Send the records that the bus would make, which are made beforehand."""
    topics = {
        "spans": Topic(connection.spans_topic, PLAN.partitions),
        "traces": Topic(connection.traces_topic, PLAN.partitions),
    }
    encoded: list[list[Record]] = [encode(batch, **topics) for batch in batches]
    producer = AIOKafkaProducer(
        **connection.client_options(),
        acks="all",
        compression_type="zstd",
        max_batch_size=RECORD_BYTES,
    )
    await producer.start()

    async def send(number: int) -> None:
        futures = [
            await producer.send(each.topic, each.value, key=each.key, headers=list(each.headers))
            for each in encoded[number]
        ]
        for future in futures:
            await future

    try:
        return await _timed(batches, send)
    finally:
        await producer.stop()


async def _timed(batches: Sequence[SpanBatch], send: Send) -> Figures:
    waits: list[float] = []
    numbers = iter(range(len(batches)))

    async def publish() -> None:
        for number in numbers:
            begun = time.perf_counter()
            await send(number)
            waits.append((time.perf_counter() - begun) * 1000)

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(publish() for _ in range(PUBLISHERS)))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    count = sum(len(batch.spans) for batch in batches)
    cuts = statistics.quantiles(waits, n=100)
    return Figures(count / seconds, cuts[49], cuts[98], cpu / count * 1e6)


def _records(count: int) -> Iterator[SpanRecord]:
    chunk = 5000
    made = list(spans(1, count, newest=NEWEST))
    for begin in range(0, count, chunk):
        body = json.dumps({"spans": made[begin : begin + chunk]}).encode()
        yield from decode_batch(body, received_at=NEWEST, limits=Limits()).spans


@contextmanager
def _broker(bootstrap: str | None) -> Iterator[str]:
    if bootstrap is not None:
        yield bootstrap
        return
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "kafka") as broker:
        yield broker.bootstrap


if __name__ == "__main__":
    main()
