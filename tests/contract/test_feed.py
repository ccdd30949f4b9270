"""What every feed promises the worker, over the hand-off in memory, the tests' bus and Kafka."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
from tests.topics import log

from prela_core.bus import Delivery, Feed
from prela_core.bus.grouping import GroupBounds
from prela_core.bus.pauses import Pauses
from prela_core.errors import InvalidError, StoreUnavailableError
from prela_core.io.direct_bus import DirectBus
from prela_core.io.kafka_feed import KafkaFeed
from prela_core.io.kafka_letters import KafkaLetters
from prela_core.model import SpanBatch
from prela_core.testing import MemoryBus, span_record

AWAY = StoreUnavailableError("the store can't write now", retry_after=0)
POISON = InvalidError("the store can't hold what was sent")

Publish = Callable[[SpanBatch], Awaitable[Any]]


@attrs.define
class Pipe:
    """A feed, and the way things get into it: each is sent again until it is accepted or poison.

    `outcomes` says what became of what was published, where senders are told.
    """

    feed: Feed
    publish: Publish
    close: Callable[[], None]
    tells: bool
    sending: list[asyncio.Task[None]] = attrs.field(factory=list)
    outcomes: dict[str, Exception | None] = attrs.field(factory=dict)

    def send(self, *batches: SpanBatch) -> None:
        self.sending += [asyncio.create_task(self._send(each)) for each in batches]

    async def _send(self, batch: SpanBatch) -> None:
        while True:
            try:
                await self.publish(batch)
            except StoreUnavailableError:
                continue
            except InvalidError as error:
                self.outcomes[batch.project_id] = error
                return
            self.outcomes[batch.project_id] = None
            return

    async def take(self) -> Delivery:
        delivery = await self.feed.take()
        assert delivery is not None
        return delivery


@asynccontextmanager
async def pipe_of(kind: str, bootstrap: str) -> AsyncIterator[Pipe]:
    if kind == "direct":
        direct = DirectBus(group=20, linger=0.001)
        yield Pipe(direct, direct.publish, direct.close, tells=True)
    elif kind == "memory":
        memory = MemoryBus(automatic=True)
        yield Pipe(memory, memory.publish, memory.close, tells=True)
    else:
        async with log(bootstrap) as held:
            letters = KafkaLetters(held.connection)
            feed = KafkaFeed(
                held.connection,
                topic=held.topic,
                group=held.group,
                letters=letters,
                bounds=GroupBounds(rows=20, age=0.02),
                pauses=Pauses(0.01, 0.05),
            )
            await feed.start()
            try:
                yield Pipe(feed, held.publish, feed.close, tells=False)
            finally:
                await feed.stop()
                await letters.close()


Play = Callable[[Callable[[Pipe], Awaitable[None]]], None]


@pytest.fixture(params=["direct", "memory", "kafka"])
def play(request: pytest.FixtureRequest) -> Play:
    """Run a scene with a pipe of each kind."""
    bootstrap = request.getfixturevalue("kafka") if request.param == "kafka" else ""

    def play(scene: Callable[[Pipe], Awaitable[None]]) -> None:
        async def run() -> None:
            async with asyncio.timeout(60), pipe_of(request.param, bootstrap) as pipe:
                try:
                    await scene(pipe)
                finally:
                    for each in pipe.sending:
                        each.cancel()
                    await asyncio.gather(*pipe.sending, return_exceptions=True)

        asyncio.run(run())

    return play


def batch(project: str, spans: int = 1) -> SpanBatch:
    return SpanBatch(
        project, 1, [span_record(trace_id=project, span_id=str(at)) for at in range(spans)]
    )


def projects(delivery: Delivery) -> list[str]:
    return [each.project_id for each in delivery.batches]


def test_everything_published_is_taken_whole(play: Play) -> None:
    async def scene(pipe: Pipe) -> None:
        sent = {str(at): batch(str(at), at % 7 + 1) for at in range(30)}
        pipe.send(*sent.values())
        taken: dict[str, SpanBatch] = {}
        while len(taken) < 30:
            delivery = await pipe.take()
            assert len(delivery.batches) == len(delivery.tokens)
            assert delivery.spans == sum(len(each.spans) for each in delivery.batches)
            assert not set(projects(delivery)) & set(taken)
            taken |= {each.project_id: each for each in delivery.batches}
            await pipe.feed.commit(delivery)
        for project, one in sent.items():
            assert list(one.spans) == list(taken[project].spans)

    play(scene)


def test_what_was_committed_does_not_come_again(play: Play) -> None:
    async def scene(pipe: Pipe) -> None:
        pipe.send(batch("a"))
        await pipe.feed.commit(await pipe.take())
        pipe.send(batch("b"))
        assert ["b"] == projects(await pipe.take())

    play(scene)


def test_poison_does_not_come_again_and_nothing_beside_it_suffers(play: Play) -> None:
    async def scene(pipe: Pipe) -> None:
        pipe.send(batch("a"))
        await pipe.feed.refuse(await pipe.take(), POISON)
        pipe.send(batch("b"))
        delivery = await pipe.take()
        assert ["b"] == projects(delivery)
        await pipe.feed.commit(delivery)
        await asyncio.gather(*pipe.sending)
        assert {"a": POISON if pipe.tells else None, "b": None} == pipe.outcomes

    play(scene)


def test_what_the_store_could_not_take_comes_again(play: Play) -> None:
    """From the sender who was told, or from the feed: nobody needs to know which."""

    async def scene(pipe: Pipe) -> None:
        pipe.send(batch("a", 3))
        for _ in range(4):
            delivery = await pipe.take()
            assert ["a"] == projects(delivery)
            await pipe.feed.refuse(delivery, AWAY)
        await pipe.feed.commit(await pipe.take())
        await asyncio.gather(*pipe.sending)
        assert {"a": None} == pipe.outcomes

    play(scene)


def test_halves_are_settled_each_by_itself(play: Play) -> None:
    async def scene(pipe: Pipe) -> None:
        pipe.send(batch("a", 4))
        pieces, whole = [await pipe.take()], 0
        while pieces:
            piece = pieces.pop(0)
            if halves := piece.halves():
                pieces += reversed(halves)
            else:
                whole += piece.spans
                await pipe.feed.commit(piece)
        assert 4 == whole
        pipe.send(batch("b"))
        assert ["b"] == projects(await pipe.take())

    play(scene)


def test_after_it_was_closed_it_ends(play: Play) -> None:
    async def scene(pipe: Pipe) -> None:
        waiting = asyncio.create_task(pipe.feed.take())
        await asyncio.sleep(0)
        pipe.close()
        assert await waiting is None
        assert await pipe.feed.take() is None

    play(scene)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_everything_is_stored_or_refused_once(play: Play, seed: int) -> None:
    async def scene(pipe: Pipe) -> None:
        chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        wanted = {(str(at), str(each)) for at in range(25) for each in range(chance.randint(1, 5))}
        for project in sorted({project for project, _ in wanted}):
            pipe.send(batch(project, sum(one == project for one, _ in wanted)))
        ended: list[tuple[str, str]] = []
        while len(ended) < len(wanted):
            pieces = [await pipe.take()]
            while pieces:
                piece = pieces.pop(chance.randrange(len(pieces)))
                fate = chance.random()
                if fate < 0.25 and (halves := piece.halves()):
                    pieces += halves
                elif fate < 0.5:
                    await pipe.feed.refuse(piece, AWAY)
                else:
                    ended += [
                        (one.project_id, span.span_id)
                        for one in piece.batches
                        for span in one.spans
                    ]
                    if fate < 0.85:
                        await pipe.feed.commit(piece)
                    else:
                        await pipe.feed.refuse(piece, POISON)
        assert sorted(wanted) == sorted(ended)
        await asyncio.gather(*pipe.sending)
        assert {project for project, _ in wanted} == set(pipe.outcomes)

    play(scene)
