"""The feed over a real broker: what is given, when it is given again, and what is committed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from tests.topics import Log, log, make_letters, until

from prela_core.bus import Delivery, Record
from prela_core.bus.grouping import GroupBounds
from prela_core.bus.letters import DeadLetter, decode_letter
from prela_core.bus.pauses import Pauses
from prela_core.bus.records import decode
from prela_core.errors import BusUnavailableError, InvalidError, StoreUnavailableError
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_feed import KafkaFeed
from prela_core.io.kafka_letters import KafkaLetters
from prela_core.model import SpanBatch
from prela_core.testing import span_record

AWAY = StoreUnavailableError("the store can't write now", retry_after=0)
POISON = InvalidError("the store can't hold what was sent")
QUICK = GroupBounds(age=0.05)


def batch(trace_id: str, spans: int = 1, **fields: Any) -> SpanBatch:
    return SpanBatch(
        "p", 1, [span_record(trace_id=trace_id, span_id=str(at), **fields) for at in range(spans)]
    )


def run(bootstrap: str, scene: Callable[[Log], Awaitable[None]], **options: Any) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60), log(bootstrap, **options) as held:
            await scene(held)

    asyncio.run(bounded())


@asynccontextmanager
async def feed_of(held: Log, **options: Any) -> AsyncIterator[KafkaFeed]:
    letters = KafkaLetters(held.connection)
    feed = KafkaFeed(
        held.connection,
        topic=held.topic,
        group=held.group,
        letters=letters,
        **{"bounds": QUICK, "pauses": Pauses(0.05, 0.2)} | options,
    )
    await feed.start()
    try:
        yield feed
    finally:
        await feed.stop()
        await letters.close()


async def take(feed: KafkaFeed) -> Delivery:
    delivery = await feed.take()
    assert delivery is not None
    return delivery


async def take_spans(feed: KafkaFeed, count: int) -> list[Delivery]:
    """Take and commit until so many spans have come."""
    taken: list[Delivery] = []
    while sum(each.spans for each in taken) < count:
        taken.append(await take(feed))
        await feed.commit(taken[-1])
    return taken


def ids(*deliveries: Delivery) -> list[str]:
    return sorted(
        f"{span.trace_id}/{span.span_id}"
        for delivery in deliveries
        for each in delivery.batches
        for span in each.spans
    )


def expected(*batches: SpanBatch) -> list[str]:
    return sorted(f"{span.trace_id}/{span.span_id}" for each in batches for span in each.spans)


def test_what_was_committed_does_not_come_again_and_the_rest_does(kafka: str) -> None:
    async def scene(held: Log) -> None:
        first = [batch(f"a{at}", 3) for at in range(20)]
        await held.publish(*first)
        async with feed_of(held) as feed:
            assert expected(*first) == ids(*await take_spans(feed, 60))
            await held.publish(*(later := [batch(f"b{at}") for at in range(20)]))
            await take(feed)  # and never committed
        async with feed_of(held) as feed:
            assert expected(*later) == ids(*await take_spans(feed, 20))
            assert 0 == await feed.look()
        assert 0 == await held.lag()

    run(kafka, scene)


def test_a_group_is_full_by_rows_and_what_was_sent_together_comes_together(kafka: str) -> None:
    async def scene(held: Log) -> None:
        async with feed_of(held, bounds=GroupBounds(rows=50, age=2.0)) as feed:
            await held.publish(*(batch(f"t{at}", 10) for at in range(20)))
            groups = await take_spans(feed, 200)
            assert all(len(each.batches) == len(each.tokens) for each in groups)
            assert max(each.spans for each in groups) <= 50
            assert len(groups) <= 10

    run(kafka, scene)


def test_what_the_store_could_not_take_is_given_again_and_not_committed(kafka: str) -> None:
    async def scene(held: Log) -> None:
        await held.publish(batch("a", 5))
        async with feed_of(held) as feed:
            for _ in range(3):
                delivery = await take(feed)
                assert expected(batch("a", 5)) == ids(delivery)
                await feed.refuse(delivery, AWAY)
            assert 1 == await feed.look()
            assert (3, 1) == (feed.figures.kept, feed.figures.rebalances)
            await feed.commit(await take(feed))
            assert 0 == await feed.look()
        assert [] == await held.read(held.letters)

    run(kafka, scene)


def test_parts_are_settled_one_by_one_and_only_the_bad_span_is_a_letter(kafka: str) -> None:
    async def scene(held: Log) -> None:
        await held.publish(batch("a", 4))
        async with feed_of(held) as feed:
            left, right = (await take(feed)).halves()
            bad, good = right.halves()
            await feed.commit(left)
            assert 1 == await feed.look()
            await feed.refuse(bad, POISON)
            await feed.refuse(good, AWAY)
            assert 1 == await feed.look()
            again = await take(feed)
            assert ["a/3"] == ids(again)
            await feed.commit(again)
            assert 0 == await feed.look()
        [letter] = map(decode_letter, await held.read(held.letters))
        assert ["2"] == [span.span_id for span in decode(letter.record).spans]
        assert f"InvalidError: {POISON}" == letter.reason
        assert (held.topic, 0) == (letter.record.topic, letter.offset)
        assert letter.at > 1_600_000_000_000_000

    run(kafka, scene)


def test_what_can_not_be_decoded_is_a_letter_as_it_was_and_holds_nothing_up(kafka: str) -> None:
    async def scene(held: Log) -> None:
        async with feed_of(held) as feed:
            await held.raw(b"\xc1 junk", key=b"key")
            await held.raw(None, key=b"gone")
            await held.raw(None, key=None)
            await held.publish(batch("a"))
            waiting = asyncio.create_task(take_spans(feed, 1))
            assert ["a/0"] == ids(*await waiting)
            idle = asyncio.create_task(feed.take())
            await held.drained()
            idle.cancel()
        junk, gone, empty = map(decode_letter, await held.read(held.letters))
        assert (b"\xc1 junk", b"key") == (junk.record.value, junk.record.key)
        assert (None, b"gone") == (gone.record.value, gone.record.key)
        assert (None, 2) == (empty.record.value, empty.offset)
        assert (("odd", b"1"),) == junk.record.headers
        assert junk.reason.startswith("RecordError: ")
        assert (held.topic, 0, 0) == (junk.record.topic, junk.partition, junk.offset)
        assert (3, 3) == (feed.figures.undecodable, feed.figures.dead_letters)

    run(kafka, scene)


def test_nothing_is_committed_past_a_letter_that_could_not_be_written(kafka: str) -> None:
    async def scene(held: Log) -> None:
        await held.publish(batch("a"))
        async with feed_of(held) as feed:
            await held.admin.delete_topics([held.letters])
            await feed.refuse(await take(feed), POISON)
            assert (1, 0) == (await feed.look(), feed.figures.dead_letters)
            await held.raw(b"\xc1 junk")
            await held.publish(*(good := [batch(f"b{at}") for at in range(9)]))
            assert expected(*good) == ids(*await take_spans(feed, 9))  # it holds nothing up
            assert await held.lag() >= 2
            await make_letters(held)
            await held.drained()
            assert (0, 2) == (await feed.look(), feed.figures.dead_letters)
        assert 2 == len(await held.read(held.letters))

    run(kafka, scene)


def test_a_record_too_large_for_a_letter_is_left_where_it_was(kafka: str) -> None:
    async def scene(held: Log) -> None:
        # No compression makes it small enough.
        noise = b'{"x":"%b"}' % b"".join(b"%x" % hash((at, "x")) for at in range(9000))
        await held.publish(batch("a", attributes=noise))
        async with feed_of(held) as feed:
            await feed.refuse(await take(feed), POISON)
            assert 0 == await feed.look()
        [letter] = map(decode_letter, await held.read(held.letters))
        assert (True, None, 0) == (letter.is_cut, letter.record.value, letter.offset)

    run(kafka, scene, largest_letter=20_000)


def test_a_flood_of_letters_that_can_not_be_written_is_bounded(kafka: str) -> None:
    async def scene(held: Log) -> None:
        bounds = GroupBounds(rows=10, size=50_000, age=0.01, held=200_000)
        async with feed_of(held, bounds=bounds) as feed:
            await held.admin.delete_topics([held.letters])
            junk = [Record(held.topic, b"%d" % at, bytes(1000), ()) for at in range(2000)]
            await held.send(junk)
            idle = asyncio.create_task(feed.take())
            await until(lambda: feed.figures.paused)
            taken = feed.figures.taken
            await asyncio.sleep(1.0)  # nothing more comes for as long as one likes
            assert (taken, 0) == (feed.figures.taken, feed.figures.dead_letters)
            assert taken < 1000
            await make_letters(held)
            await held.drained()
            assert (2000, 2000) == (feed.figures.dead_letters, feed.figures.taken)
            idle.cancel()
        letters = map(decode_letter, await held.read(held.letters))
        assert {one.key for one in junk} == {each.record.key for each in letters}

    run(kafka, scene)


def test_what_is_too_large_for_a_letter_by_its_key_is_one_without(kafka: str) -> None:
    async def scene(held: Log) -> None:
        noise = b"".join(b"%x" % hash((at, "k")) for at in range(9000))
        await held.raw(None, key=noise, partition=1)
        async with feed_of(held) as feed:
            idle = asyncio.create_task(feed.take())
            await held.drained()
            idle.cancel()
        [letter] = map(decode_letter, await held.read(held.letters))
        assert (True, b"", None) == (letter.is_cut, letter.record.key, letter.record.value)
        assert (held.topic, 1, 0) == (letter.record.topic, letter.partition, letter.offset)

    run(kafka, scene, largest_letter=20_000)


class NoText(str):
    """A name of a header as other clients may send it."""

    __slots__ = ()

    def encode(self, *_: object, **__: object) -> bytes:
        return b"\xff\xfe"


async def send_unreadable(held: Log, partition: int) -> None:
    """Send a record that our client refuses to read, and to write."""
    batch = held.producer.create_batch()
    batch._builder = builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, -1, 100_000)
    builder.append(0, None, b"k", b"v", [(NoText("x"), b"1")])
    batch._relative_offset = 1
    await (await held.producer.send_batch(batch, held.topic, partition=partition))


def test_what_the_client_can_not_read_is_stepped_over_and_noted(kafka: str) -> None:
    async def scene(held: Log) -> None:
        good = [batch(f"t{at}") for at in range(100)]
        for at in range(0, 100, 20):
            await held.publish(*good[at : at + 20])
            await send_unreadable(held, 3)
        async with feed_of(held) as feed:
            # The client drops what it found in other partitions before it fails.
            assert expected(*good) == ids(*await take_spans(feed, 100))
            idle = asyncio.create_task(feed.take())
            await held.drained()
            assert (0, 5) == (await feed.look(), feed.figures.undecodable)
            idle.cancel()
        letters = [decode_letter(each) for each in await held.read(held.letters)]
        assert [(True, None, 3)] * 5 == [
            (each.is_cut, each.record.value, each.partition) for each in letters
        ]

    run(kafka, scene)


async def delete_before(held: Log, offset: int) -> None:
    """Have the broker forget what stands before `offset`, as its retention does."""
    place = TopicPartition(held.topic, 0)
    await held.admin.delete_records({place: RecordsToDelete(before_offset=offset)})


def test_what_was_deleted_before_it_was_taken_is_told_once_and_holds_nothing_up(
    kafka: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(held: Log) -> None:
        await held.publish(*(batch(f"t{at}") for at in range(4)))
        async with feed_of(held, bounds=GroupBounds(rows=1, age=0.01)) as feed:
            await feed.commit(await take(feed))
        await delete_before(held, 3)
        async with feed_of(held) as feed:
            assert ["t3/0"] == ids(*await take_spans(feed, 1))
            assert (0, 2) == (await feed.look(), feed.figures.lost)
            assert (0, 2) == (await feed.look(), feed.figures.lost)
        await held.publish(*(batch(f"u{at}") for at in range(4)))
        await delete_before(held, 8)
        async with feed_of(held) as feed:  # all of it is gone, and nothing comes
            await until(lambda: feed.figures.rebalances)
            assert (0, 4) == (await feed.look(), feed.figures.lost)

    run(kafka, scene, partitions=1)
    told = [each.getMessage() for each in caplog.records if "were deleted" in each.getMessage()]
    assert ["2 records", "4 records"] == [" ".join(each.split()[:2]) for each in told]


def test_nobody_says_what_waits_before_the_group_gave_out_its_partitions(kafka: str) -> None:
    async def scene(held: Log) -> None:
        async with feed_of(held, revoke_seconds=20) as one:
            await until(lambda: one.figures.rebalances)
            await held.publish(batch("a"))
            in_hand = await take(one)
            async with feed_of(held) as other:
                assert None is await other.look()
                with pytest.raises(BusUnavailableError):
                    await other.ready()
                await one.commit(in_hand)
                idle = asyncio.create_task(one.take())
                await until(lambda: other.figures.rebalances)
                assert 0 == await other.look()
                idle.cancel()

    run(kafka, scene)


@pytest.mark.slow
def test_what_is_held_is_bounded_and_polling_goes_on(kafka: str) -> None:
    async def scene(held: Log) -> None:
        bounds = GroupBounds(rows=10, size=100_000, age=0.05, held=2_000_000)
        text = b'{"x":"%b"}' % (b"y" * 100_000)
        await held.publish(*(batch(f"t{at}", attributes=text) for at in range(200)))
        async with feed_of(held, bounds=bounds, session_seconds=6) as feed:
            kept = await take(feed)
            for _ in range(40):  # longer than the session of a member that does not poll
                await feed.refuse(kept, AWAY)
                kept = await take(feed)
            assert feed.figures.paused
            assert 2_000_000 <= feed.figures.held_bytes <= 3_000_000
            await feed.commit(kept)
            await take_spans(feed, 200 - kept.spans)
            assert (0, 1, False) == (
                await feed.look(),
                feed.figures.rebalances,
                feed.figures.paused,
            )

    run(kafka, scene)


def test_a_member_finishes_what_it_has_in_hand_before_partitions_go_to_others(
    kafka: str,
) -> None:
    async def scene(held: Log) -> None:
        await held.publish(*(batch(f"t{at}") for at in range(40)))
        async with feed_of(held, revoke_seconds=20) as one:
            in_hand = await take(one)
            async with feed_of(held) as other:
                await asyncio.sleep(1.0)  # it can't have anything while the first has not let go
                assert 0 == other.figures.taken
                await one.commit(in_hand)
                idle = asyncio.create_task(one.take())
                rest = await take_spans(other, 1) if in_hand.spans < 40 else []
                await until(lambda: other.figures.rebalances)
                assert not set(ids(in_hand)) & set(ids(*rest))
                idle.cancel()

    run(kafka, scene)


def test_what_is_not_finished_in_time_goes_to_others_and_its_commit_counts_for_nothing(
    kafka: str,
) -> None:
    async def scene(held: Log) -> None:
        await held.publish(*(batch(f"t{at}") for at in range(40)))
        async with feed_of(held, revoke_seconds=0.2) as one:
            in_hand = await take(one)
            async with feed_of(held) as other:
                await until(lambda: other.figures.rebalances)
                await one.commit(in_hand)
                assert not any((await held.committed()).values())
                seen: set[str] = set()
                takers = [asyncio.create_task(_collect(feed, seen)) for feed in (one, other)]
                await until(lambda: len(seen) == 40)
                await held.drained()
                for each in takers:
                    each.cancel()
                assert other.figures.taken > 0

    run(kafka, scene)


async def _collect(feed: KafkaFeed, seen: set[str]) -> None:
    while True:
        delivery = await take(feed)
        seen |= set(ids(delivery))
        await feed.commit(delivery)


def test_closing_ends_the_wait_and_leaves_the_group_at_once(kafka: str) -> None:
    async def scene(held: Log) -> None:
        async with feed_of(held) as one:
            waiting = asyncio.create_task(one.take())
            await until(lambda: one.figures.rebalances)
            one.close()
            assert await waiting is None
        await held.publish(batch("a"))
        async with asyncio.timeout(5), feed_of(held) as other:  # well before a session ends
            assert ["a/0"] == ids(*await take_spans(other, 1))

    run(kafka, scene)


def test_a_broker_that_is_not_there_is_unavailable() -> None:
    async def scene() -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            connection = KafkaConnection(bootstrap_servers=f"127.0.0.1:{bound.getsockname()[1]}")
            feed = KafkaFeed(connection, topic="spans", group="g", letters=KafkaLetters(connection))
            with pytest.raises(BusUnavailableError):
                await feed.start()
            letter = DeadLetter(Record("spans", None, b"", ()), "", 0)
            with pytest.raises(BusUnavailableError):
                await KafkaLetters(connection).bury([letter])
            await feed.stop()

    asyncio.run(scene())
