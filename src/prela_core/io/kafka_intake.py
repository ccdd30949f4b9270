"""Taking records off a topic as fast as there is room for them, and never ceasing to poll."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from prela_core.bus.figures import FeedFigures
from prela_core.bus.losses import Standing
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_errors import translate

__all__ = ["Intake", "open_consumer"]

_log = logging.getLogger(__name__)

_LOOKS, _LOOK_PAUSE = 20, 0.1
_MIB = 1 << 20
_POLL_MS = 200
_TYPICAL_RECORD = _MIB
"""What a record is taken for when it is reckoned how many there is room for."""

_MOST_RECORDS = 500
_START_SECONDS = 30.0
_RETRY_SECONDS = 1.0
_COMMITTED_SECONDS = 3.0


async def open_consumer(
    connection: KafkaConnection, *, group: str, topic: str, session_seconds: float = 10.0
) -> AIOKafkaConsumer:
    """Connect a member of `group` that has no topic yet, though a broker knows `topic` by then.

    A member that dies is noticed after `session_seconds`. Raises `BusUnavailableError`.
    """
    session = round(session_seconds * 1000)
    consumer = AIOKafkaConsumer(
        **connection.client_options(),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # the default would skip what came before the first start
        session_timeout_ms=session,
        heartbeat_interval_ms=min(3000, session // 4),
        # Joining waits at the broker until all have joined, which a request must outlast.
        rebalance_timeout_ms=15_000,
        request_timeout_ms=25_000,
        # What the client fetches ahead, for each broker; the first record comes whatever its size.
        fetch_max_bytes=8 * _MIB,
        max_partition_fetch_bytes=2 * _MIB,
        retry_backoff_ms=200,
        # Partitions that are added are seen only then; and who joins before it knows of a topic's
        # partitions has none until it looks again, which would be after five minutes.
        metadata_max_age_ms=10_000,
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            await consumer.start()
            await _await_topic(consumer, topic)
    except BaseException as error:
        with contextlib.suppress(KafkaError):
            await consumer.stop()
        if isinstance(error, (KafkaError, TimeoutError, OSError)):
            raise translate(error) from error
        raise
    return consumer


async def _await_topic(consumer: AIOKafkaConsumer, topic: str) -> None:
    """Wait a little until a broker tells of a topic that may just have been made."""
    for _ in range(_LOOKS):
        if topic in await consumer.topics():
            return
        await asyncio.sleep(_LOOK_PAUSE)


class Intake:
    """Polls `consumer` in a task of its own.

    It asks for what there is `room` for, in bytes; when there is none it pauses all partitions
    until `is_drained`, and polls on. `arrived` gets the records of each partition, and `following`
    says what comes after them; `expected` gets the offset that a partition of ours should go on
    with, `unreadable` the place of a record that the client can't read. `revoked` is awaited
    before partitions are given to others, `idle` called between two polls, `failed` when the
    consumer can't go on.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        topic: str,
        *,
        room: Callable[[], int],
        is_drained: Callable[[], bool],
        arrived: Callable[[dict[int, Sequence[ConsumerRecord]]], Awaitable[None]],
        following: Callable[[int], int | None],
        expected: Callable[[int, int], None],
        unreadable: Callable[[int, int], None],
        revoked: Callable[[], Awaitable[None]],
        idle: Callable[[], None],
        failed: Callable[[Exception], None],
        figures: FeedFigures,
    ) -> None:
        self._consumer = consumer
        self._topic = topic
        self._room = room
        self._is_drained = is_drained
        self._arrived = arrived
        self._following = following
        self._expected = expected
        self._unreadable = unreadable
        self._revoked = revoked
        self._idle = idle
        self._failed = failed
        self._figures = figures
        self._polling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll."""
        listener = _Listener(self._revoked, self._assigned, self._figures)
        self._consumer.subscribe([self._topic], listener=listener)
        self._polling = asyncio.create_task(self._poll(), name=f"poll {self._topic}")

    async def stop(self, seconds: float) -> None:
        """Leave the group and disconnect, giving up on an orderly end after some seconds."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
        # In a task of its own: while the brokers are away, aiokafka ends its tasks in a way that
        # looks as if whoever waits had been cancelled, and leaves its connections open.
        leaving = asyncio.create_task(self._consumer.stop(), name=f"leave {self._topic}")
        try:
            await asyncio.wait({leaving}, timeout=seconds)
        finally:
            leaving.cancel()
        fault = (await asyncio.gather(leaving, return_exceptions=True))[0]
        if fault is not None:
            _log.warning("left the group of %s without an answer: %r", self._topic, fault)
            with contextlib.suppress(KafkaError):
                await self._consumer._client.close()  # noqa: SLF001 - what `stop` did not reach

    async def standings(self, done: Callable[[int], int | None]) -> dict[int, Standing]:
        """Say how far each partition is that is ours.

        `done` says up to where that is known here; else what was last committed counts.
        """
        ours = sorted(self._consumer.assignment())
        if not ours:
            return {}
        begins = {one: done(one.partition) for one in ours}
        for one in [one for one, begin in begins.items() if begin is None]:
            begins[one] = await self._consumer.committed(one)
        # Both at once: each waits at the broker for the fetch before it, half a second long.
        ends, firsts = await asyncio.gather(
            self._consumer.end_offsets(ours), self._consumer.beginning_offsets(ours)
        )
        return {
            one.partition: Standing(firsts[one] if begin is None else begin, firsts[one], ends[one])
            for one, begin in begins.items()
        }

    async def _assigned(self, partitions: set[TopicPartition]) -> None:
        """Tell where the partitions should go on, while nothing of them is committed here."""
        ours = sorted(partitions)
        try:
            async with asyncio.timeout(_COMMITTED_SECONDS):
                committed = await asyncio.gather(*map(self._consumer.committed, ours))
        except (KafkaError, TimeoutError) as error:
            _log.debug("nobody says how far %s was: %r", self._topic, error)
            return
        for one, offset in zip(ours, committed, strict=True):
            if offset is not None:
                self._expected(one.partition, offset)

    async def _poll(self) -> None:
        try:
            while True:
                self._balance()
                fits = self._room() // _TYPICAL_RECORD
                try:
                    found = await self._consumer.getmany(
                        timeout_ms=_POLL_MS, max_records=min(max(1, fits), _MOST_RECORDS)
                    )
                except UnicodeDecodeError:
                    await self._step_over()
                    continue
                except KafkaError as error:
                    if not error.retriable:
                        raise
                    _log.warning("polling %s failed: %r", self._topic, error)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                if found:
                    await self._arrived(
                        {partition.partition: some for partition, some in found.items() if some}
                    )
                self._idle()
        except Exception as error:  # noqa: BLE001 - told where it is waited for
            self._failed(error)

    async def _step_over(self) -> None:
        """Go on behind a record that the client can't read: the name of a header is not UTF-8.

        The client does not say which it is, and gives up all that it found before it; so it is
        asked for one record at a time until it fails again. What it gave up may be of all
        partitions.
        """
        for one in self._consumer.assignment():
            await self._rewind(one)
        for one in sorted(self._consumer.assignment()):
            for _ in range(_MOST_RECORDS):
                try:
                    found = await self._consumer.getmany(one, timeout_ms=_POLL_MS, max_records=1)
                except UnicodeDecodeError:
                    offset = await self._consumer.position(one)
                    self._consumer.seek(one, offset + 1)
                    self._unreadable(one.partition, offset)
                    return
                if not found:
                    break
                await self._arrived({one.partition: found[one]})

    async def _rewind(self, partition: TopicPartition) -> None:
        """Go back to what follows the last record that arrived."""
        following = self._following(partition.partition)
        if following is None:
            following = await self._consumer.committed(partition)
        if following is None:
            await self._consumer.seek_to_beginning(partition)
        else:
            self._consumer.seek(partition, following)

    def _balance(self) -> None:
        """Pause what is ours when there is no room, and go on when there is enough again."""
        ours: set[TopicPartition] = self._consumer.assignment()
        paused: set[TopicPartition] = self._consumer.paused() if ours else set()
        if self._figures.paused:
            self._figures.paused = not self._is_drained()
        else:
            self._figures.paused = self._room() <= 0
        if self._figures.paused:
            self._consumer.pause(*(ours - paused))  # those too that came meanwhile
        elif paused:
            self._consumer.resume(*paused)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    def __init__(
        self,
        revoked: Callable[[], Awaitable[None]],
        assigned: Callable[[set[TopicPartition]], Awaitable[None]],
        figures: FeedFigures,
    ) -> None:
        self._tell = revoked
        self._tell_assigned = assigned
        self._figures = figures

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        del revoked  # it is always all of them
        began = time.monotonic()
        await self._tell()
        _log.debug("gave partitions up after %.1f s", time.monotonic() - began)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._figures.rebalances += 1
        self._figures.lag = dict.fromkeys((each.partition for each in assigned), 0)
        await self._tell_assigned(assigned)
