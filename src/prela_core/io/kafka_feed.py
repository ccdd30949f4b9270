"""The feed over Kafka: one topic, taken by one member of a consumer group."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from prela_core.bus import Delivery
from prela_core.bus.figures import FeedFigures
from prela_core.bus.grouping import GroupBounds, Grouper
from prela_core.bus.leases import Leases, Place
from prela_core.bus.letters import DeadLetter, DeadLetters, letters_of
from prela_core.bus.pauses import Pauses
from prela_core.errors import BusUnavailableError, UnavailableError
from prela_core.io.burials import Burials, Unburied
from prela_core.io.kafka_commits import Commits
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_errors import translate
from prela_core.io.kafka_intake import Intake, open_consumer
from prela_core.io.kafka_lag import Lag
from prela_core.io.kafka_letters import ensure_letter_topic
from prela_core.io.kafka_records import Arrived, letter_of, read_record, unreadable_record
from prela_core.io.kafka_topics import TopicPlan, ensure_topics
from prela_core.model import SpanBatch

__all__ = ["KafkaFeed"]

_STOP_SECONDS = 10.0
_LETTERS_SECONDS = 3.0


class KafkaFeed:
    """Takes what `topic` holds as a member of `group`, in groups as `bounds` says.

    An offset is committed only when everything below it is stored or in the `letters`, so that
    whatever happens to this process, what it had in hand is taken again, here or by another
    member. While the store is away the last group is kept and given again; what has arrived
    meanwhile is bounded by `bounds.held`, beyond which the partitions are paused, and polling
    goes on, so that the group sees a living member. The same bound holds for letters that can't
    be written now, which wait beside the good.

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
        self._plan = plan or TopicPlan()
        self._session_seconds = session_seconds
        self._revoke_seconds = revoke_seconds
        self._pauses = pauses or Pauses()
        self._now = now
        self._micros = micros
        bounds = bounds or GroupBounds()
        self._few = bounds.held // 2
        self._grouper: Grouper[Arrived] = Grouper(bounds)
        self._leases = Leases()
        self._lag = Lag(topic, self._leases, self.figures)
        self._kept: deque[Delivery] = deque()
        self._burials = Burials(letters, self._settle, self.figures, Pauses())
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
            room=lambda: max(0, self._grouper.room - self._burials.size),
            is_drained=lambda: self._grouper.drained and self._burials.size <= self._few,
            arrived=self._arrived,
            following=self._leases.following,
            expected=self._leases.expect,
            unreadable=self._unreadable,
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
        """Keep `delivery` when the store is away; else write it to the dead letters.

        Returns when it is written, or can't be now: then it is tried again beside the work, and
        nothing is committed past it until it is.
        """
        if isinstance(error, UnavailableError):
            self._keep(delivery, error)
            return
        done: list[tuple[Place, int]] = []
        for batch, place, weight in zip(
            delivery.batches, delivery.tokens, delivery.weights, strict=True
        ):
            if place.alive:
                letters = self._letters_of(batch, place, error)
                # All of the batch is done with its last letter.
                weights = [0] * (len(letters) - 1) + [weight]
                self._burials.add(map(Unburied, letters, repeat(place), weights))
                done += [(place, weight)] if not letters else []
        if done:
            await self._settle(done)
        await self._burials.tried()

    def close(self) -> None:
        """Give nothing more: `take` gives None. What was not taken stays on the bus."""
        self._is_closed = True
        self._woken.set()

    async def stop(self) -> None:
        """Leave the group and disconnect. What is in hand and not committed will come again."""
        self.close()
        if self._intake is not None and self._commits is not None:
            await self._burials.close(_LETTERS_SECONDS)
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
        """Count the records that wait: in the topic, and not committed. None: nobody can say.

        Nor can anybody before the group gave out its partitions. What the topic deleted before it
        was taken is counted in `figures.lost`, and logged.
        """
        if self._intake is None or not self.figures.rebalances:
            return None
        return await self._lag.look(self._intake)

    def _wait(self) -> float | None:
        """Give the seconds until something may be given; None: not before something happens."""
        if self._is_revoking:
            return None
        now = self._now()
        due = now if self._kept else self._grouper.due_at()
        return None if due is None else max(due, self._not_before) - now

    async def _next(self) -> Delivery | None:
        if self._kept:
            kept = self._kept.popleft()
            return self._delivery(list(zip(kept.batches, kept.tokens, strict=True)))
        group = [each for each in self._grouper.take(self._now()) if each.place.alive]
        self._noted()
        for each in group:
            self._burials.add(letter_of(each, self._topic, self._micros()))
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

    async def _settle(self, done: Iterable[tuple[Place, int]]) -> None:
        for place, weight in done:
            place.settle(weight)
        if self._commits is not None:
            await self._commits.commit()

    def _letters_of(self, batch: SpanBatch, place: Place, error: Exception) -> list[DeadLetter]:
        return letters_of(
            batch,
            error,
            self._micros(),
            spans=self._topic,
            traces=self._topic,
            partition=place.lease.partition,
            offset=place.offset,
        )

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

    def _unreadable(self, partition: int, offset: int) -> None:
        """Hold the place of a record that nobody here can read."""
        self.figures.taken += 1
        self.figures.undecodable += 1
        place = self._leases.of(partition, offset).hold(offset)
        arrived = unreadable_record(self._topic, place)
        self._grouper.add(arrived, rows=arrived.rows, size=arrived.size, now=self._now())
        self._woken.set()

    def _hold(self, hold: Callable[[int, int], Place], record: ConsumerRecord) -> None:
        self.figures.taken += 1
        arrived = read_record(self._topic, record, hold)
        self.figures.undecodable += arrived.error is not None
        self._grouper.add(arrived, rows=arrived.rows, size=arrived.size, now=self._now())

    async def _revoked(self) -> None:
        """Let the worker finish what it has in hand, and forget everything else."""
        self._is_revoking = True
        self._forget()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._revoke_seconds):
                await self._at_rest.wait()
                await self._burials.rest()
        self._leases.end()
        self._forget()
        self._is_revoking = False
        self._woken.set()

    def _forget(self) -> None:
        self._kept.clear()
        self._burials.forget()
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
