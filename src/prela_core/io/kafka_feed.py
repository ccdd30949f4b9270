"""The feed over Kafka: one topic, taken by one member of a consumer group."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

import attrs
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from prela_core.bus import Delivery
from prela_core.bus.figures import FeedFigures
from prela_core.bus.grouping import GroupBounds, Grouper
from prela_core.bus.leases import Leases, Place
from prela_core.bus.letters import DeadLetter, DeadLetters, letters_of, reason_of
from prela_core.bus.pauses import Pauses
from prela_core.bus.port import weight_of
from prela_core.bus.records import Record, decode
from prela_core.errors import BusUnavailableError, UnavailableError
from prela_core.io.kafka_commits import Commits
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_errors import translate
from prela_core.io.kafka_intake import Intake, open_consumer
from prela_core.io.kafka_letters import ensure_letter_topic
from prela_core.io.kafka_topics import TopicPlan, ensure_topics
from prela_core.model import SpanBatch

__all__ = ["KafkaFeed"]

_log = logging.getLogger(__name__)

_OVERHEAD = 200
"""Bytes that a record costs beside its value."""

_STOP_SECONDS = 10.0
_LOOK_SECONDS = 5.0


@attrs.frozen(eq=False)
class _Arrived:
    """A record in hand; without a batch when it could not be decoded, and `error` says why."""

    place: Place
    batch: SpanBatch | None = None
    record: Record | None = None
    error: Exception | None = None


class KafkaFeed:
    """Takes what `topic` holds as a member of `group`, in groups as `bounds` says.

    An offset is committed only when everything below it is stored or in the `letters`, so that
    whatever happens to this process, what it had in hand is taken again, here or by another
    member. While the store is away the last group is kept and given again; what has arrived
    meanwhile is bounded by `bounds.held`, beyond which the partitions are paused, and polling
    goes on, so that the group sees a living member.

    When partitions are given out anew, the worker has `revoke_seconds` to finish what it has in
    hand; what is not committed then is left to whoever gets the partition.

    Nothing else reads from the clients meanwhile: no lock is held while records are waited for.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        topic: str,
        group: str,
        letters: DeadLetters,
        bounds: GroupBounds | None = None,
        plan: TopicPlan | None = None,
        revoke_seconds: float = 5.0,
        session_seconds: float = 10.0,
        pauses: Pauses | None = None,
        now: Callable[[], float] = time.monotonic,
        micros: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self.figures = FeedFigures()
        self._connection = connection
        self._topic = topic
        self._group = group
        self._letters = letters
        self._plan = plan or TopicPlan()
        self._session_seconds = session_seconds
        self._revoke_seconds = revoke_seconds
        self._pauses = pauses or Pauses()
        self._now = now
        self._micros = micros
        self._grouper: Grouper[_Arrived] = Grouper(bounds or GroupBounds())
        self._leases = Leases()
        self._kept: deque[Delivery] = deque()
        self._undecodable: deque[_Arrived] = deque()
        self._not_before = float("-inf")
        self._is_away = False
        self._is_revoking = False
        self._is_closed = False
        self._failure: Exception | None = None
        self._woken = asyncio.Event()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._intake: Intake | None = None
        self._commits: Commits | None = None

    async def start(self) -> None:
        """Connect, make the topics if they are missing, and join the group.

        Partitions come in their time. Raises `BusUnavailableError` when no broker answers.
        """
        try:
            await ensure_topics(self._connection, [self._topic], self._plan)
            await ensure_letter_topic(self._connection, self._topic, self._plan)
        except (KafkaError, OSError) as error:
            raise translate(error) from error
        consumer = await open_consumer(
            self._connection,
            group=self._group,
            topic=self._topic,
            session_seconds=self._session_seconds,
        )
        self._commits = Commits(consumer, self._topic, self._leases)
        self._intake = Intake(
            consumer,
            self._topic,
            room=lambda: self._grouper.room,
            is_drained=lambda: self._grouper.drained,
            arrived=self._arrived,
            revoked=self._revoked,
            idle=self._commits.retry,
            failed=self._failed,
            figures=self.figures,
        )
        self._intake.start()

    async def take(self) -> Delivery | None:
        """Wait for a group, or give one again that could not be stored; None after `close`.

        Raises what the clients raised when they are broken for good: no permission, say.
        """
        self._at_rest.set()
        self._is_away = False
        while True:
            if self._failure is not None:
                raise self._failure
            if self._is_closed:
                return None
            wait = self._wait()
            if wait is not None and wait <= 0:
                self._at_rest.clear()
                delivery = await self._next()
                if delivery is not None:
                    return delivery
                self._at_rest.set()
                continue
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait)

    async def commit(self, delivery: Delivery) -> None:
        """Commit what is done with `delivery`, or as soon as the broker answers again."""
        self._pauses.reset()
        self._not_before = float("-inf")
        await self._settle(zip(delivery.tokens, delivery.weights, strict=True))

    async def refuse(self, delivery: Delivery, error: Exception) -> None:
        """Keep `delivery` when the store is away; else write it to the dead letters."""
        if isinstance(error, UnavailableError):
            self._keep(delivery, error)
            return
        letters = [
            letter
            for batch, place in zip(delivery.batches, delivery.tokens, strict=True)
            if place.alive
            for letter in letters_of(
                batch,
                error,
                self._micros(),
                spans=self._topic,
                traces=self._topic,
                partition=place.lease.partition,
                offset=place.offset,
            )
        ]
        try:
            await self._bury(letters)
        except UnavailableError as away:
            # The store will refuse it again, and by then the letters may be taken.
            self._keep(delivery, away)
        else:
            await self._settle(zip(delivery.tokens, delivery.weights, strict=True))

    def close(self) -> None:
        """Give nothing more: `take` gives None. What was not taken stays on the bus."""
        self._is_closed = True
        self._woken.set()

    async def stop(self) -> None:
        """Leave the group and disconnect. What is in hand and not committed will come again."""
        self.close()
        if self._intake is not None and self._commits is not None:
            await self._commits.close()
            await self._intake.stop(_STOP_SECONDS)
        self._leases.end()
        self._grouper.clear()

    async def ready(self) -> None:
        """Return when the broker answers; raise a `BusUnavailableError` when not."""
        if self._failure is not None:
            raise self._failure
        if await self.look() is None:
            raise BusUnavailableError(f"the broker does not say how far {self._topic} is")

    async def look(self) -> int | None:
        """Count the records that wait: in the topic, and not committed. None: nobody can say."""
        if self._intake is None:
            return None
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                waiting = await self._intake.waiting(self._leases.done)
        except (TimeoutError, KafkaError):
            return None
        self.figures.lag = waiting
        return sum(waiting.values())

    def _wait(self) -> float | None:
        """Give the seconds until something may be given; None: not before something happens."""
        if self._is_revoking:
            return None
        now = self._now()
        due = now if self._kept or self._undecodable else self._grouper.due_at()
        return None if due is None else max(due, self._not_before) - now

    async def _next(self) -> Delivery | None:
        if self._undecodable:
            await self._bury_undecodable()
            return None
        if self._kept:
            kept = self._kept.popleft()
            return self._delivery(list(zip(kept.batches, kept.tokens, strict=True)))
        group = [each for each in self._grouper.take(self._now()) if each.place.alive]
        self._noted()
        self._undecodable.extend(each for each in group if each.batch is None)
        return self._delivery(
            [(each.batch, each.place) for each in group if each.batch is not None]
        )

    def _delivery(self, group: Sequence[tuple[SpanBatch, Place]]) -> Delivery | None:
        """Give what is still ours of a group, if anything is."""
        ours = [each for each in group if each[1].alive]
        if not ours:
            return None
        return Delivery([batch for batch, _ in ours], [place for _, place in ours], divisible=True)

    def _keep(self, delivery: Delivery, error: UnavailableError) -> None:
        self.figures.kept += 1
        self._kept.append(delivery)
        if not self._is_away:  # parts of one delivery are refused one by one
            self._is_away = True
            self._not_before = self._now() + self._pauses.next(error.retry_after)

    async def _settle(self, done: Sequence[tuple[Place, int]] | zip[tuple[Place, int]]) -> None:
        for place, weight in done:
            place.settle(weight)
        if self._commits is not None:
            await self._commits.commit()

    async def _bury_undecodable(self) -> None:
        """Write what could not be decoded to the dead letters, as it is."""
        items = [each for each in self._undecodable if each.place.alive]
        letters = [
            DeadLetter(
                record=each.record,
                reason=reason_of(each.error),
                at=self._micros(),
                partition=each.place.lease.partition,
                offset=each.place.offset,
            )
            for each in items
            if each.record is not None and each.error is not None
        ]
        try:
            await self._bury(letters)
        except UnavailableError as error:
            self._not_before = self._now() + self._pauses.next(error.retry_after)
            return
        self._undecodable.clear()
        await self._settle([(each.place, 1) for each in items])

    async def _bury(self, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        try:
            await self._letters.bury(letters)
        except UnavailableError as error:
            _log.warning("dead letters can't be kept now: %s", error)
            raise
        self.figures.dead_letters += len(letters)

    async def _arrived(self, records: dict[int, Sequence[ConsumerRecord]]) -> None:
        """Hold what came from the topic, by partition."""
        # At once, before anything is waited for: these are of the partitions that are ours now.
        leases = {
            partition: self._leases.of(partition, some[0].offset)
            for partition, some in records.items()
        }
        for partition, some in records.items():
            lease = leases[partition]
            for record in some:
                if not lease.alive:
                    break
                self._hold(lease.hold, record)
                # A record may hold hundreds of spans; heartbeats come between two.
                await asyncio.sleep(0)
        self._noted()
        self._woken.set()

    def _hold(self, hold: Callable[[int, int], Place], record: ConsumerRecord) -> None:
        taken = Record(
            self._topic,
            record.key,
            record.value,
            tuple((name, bytes(value or b"")) for name, value in record.headers),
        )
        self.figures.taken += 1
        try:
            batch = decode(taken)
        except Exception as error:  # noqa: BLE001 - whatever one record did, the others go on
            self.figures.undecodable += 1
            place = hold(record.offset, 1)
            _log.error(
                "undecodable record at %s/%d/%d: %s",
                self._topic,
                record.partition,
                record.offset,
                type(error).__name__,
            )
            arrived = _Arrived(place, record=taken, error=error)
            rows = 0
        else:
            rows = weight_of(batch)
            arrived = _Arrived(hold(record.offset, rows), batch)
        size = len(record.value or b"") + len(record.key or b"") + _OVERHEAD
        self._grouper.add(arrived, rows=rows, size=size, now=self._now())

    async def _revoked(self) -> None:
        """Let the worker finish what it has in hand, and forget everything else."""
        self._is_revoking = True
        self._forget()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._at_rest.wait(), self._revoke_seconds)
        self._leases.end()
        self._forget()
        self._is_revoking = False
        self._woken.set()

    def _forget(self) -> None:
        self._kept.clear()
        self._undecodable.clear()
        self._grouper.clear()
        self._noted()

    def _noted(self) -> None:
        self.figures.held_bytes = self._grouper.size

    def _failed(self, error: Exception) -> None:
        """Note that the clients are broken for good."""
        if isinstance(error, KafkaError):
            self._failure = translate(error)
            self._failure.__cause__ = error
        else:
            self._failure = error
        self._woken.set()
