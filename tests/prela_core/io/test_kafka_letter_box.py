"""Letters in Kafka that are interrupted, cut, or no letters of ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from tests.topics import Log, log

from prela_core.bus.letters import DeadLetter, letters_of
from prela_core.bus.records import Record, decode
from prela_core.errors import BusUnavailableError, InvalidError
from prela_core.io.kafka_connection import KafkaConnection
from prela_core.io.kafka_letter_box import GROUP, KafkaLetterBox
from prela_core.io.kafka_letters import KafkaLetters
from prela_core.model import SpanBatch
from prela_core.testing import span_record


@attrs.frozen
class Kept:
    held: Log
    runner: asyncio.Runner

    def bury(self, *letters: DeadLetter) -> None:
        async def bury() -> None:
            writer = KafkaLetters(self.held.connection)
            await writer.bury(letters)
            await writer.close()

        self.runner.run(bury())

    def letters(self, *names: str) -> list[DeadLetter]:
        return [
            letter
            for name in names
            for letter in letters_of(
                SpanBatch("p", 1, [span_record(span_id=name)]),
                InvalidError("x"),
                1,
                spans=self.held.topic,
            )
        ]

    def sent(self) -> list[str]:
        records = self.runner.run(self.held.read(self.held.topic))
        return [decode(each).spans[0].span_id for each in records]

    def box(self) -> KafkaLetterBox:
        return KafkaLetterBox(self.held.connection, [self.held.topic])


@contextmanager
def _kept(bootstrap: str, **options: Any) -> Iterator[Kept]:
    with asyncio.Runner() as runner:
        opening = log(bootstrap, partitions=1, **options)
        held = runner.run(opening.__aenter__())
        try:
            yield Kept(held, runner)
        finally:
            runner.run(opening.__aexit__(None, None, None))


def test_who_is_stopped_between_sending_and_noting_sends_again_and_loses_nothing(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise KafkaConnectionError("gone")

    with _kept(kafka) as kept:
        kept.bury(*kept.letters("a", "b"))
        with kept.box() as box, monkeypatch.context() as patched:
            patched.setattr(AIOKafkaConsumer, "commit", fails)
            with pytest.raises(BusUnavailableError):
                list(box.replay())
        with kept.box() as box:
            assert 2 == len(list(box.replay()))
        assert ["a", "b", "a", "b"] == kept.sent()
        with kept.box() as box:
            assert [] == list(box.letters())


def test_what_comes_while_it_runs_is_left_for_the_next_time(kafka: str) -> None:
    with _kept(kafka) as kept:
        kept.bury(*kept.letters("a", "b"))
        with kept.box() as box:
            replaying = box.replay()
            next(replaying)
            kept.bury(*kept.letters("late"))
            assert 1 == len(list(replaying))
        with kept.box() as box:
            assert 1 == len(list(box.letters()))


def test_a_letter_without_its_record_is_passed_over(kafka: str) -> None:
    with _kept(kafka) as kept:
        [whole] = kept.letters("a")
        kept.bury(attrs.evolve(whole, is_cut=True), whole)
        with kept.box() as box:
            assert [False, True] == [each.is_replayed for each in box.replay()]
        assert ["a"] == kept.sent()
        with kept.box() as box:
            assert [False, True] == [each.is_replayed for each in box.letters(replayed=True)]


def test_whatever_stands_in_the_topic_is_shown_and_sent_as_it_is(kafka: str) -> None:
    with _kept(kafka) as kept:
        kept.bury(DeadLetter(Record(kept.held.topic, b"k", b"\xc1", (("h", b"1"),)), "odd", 1))
        kept.runner.run(kept.held.raw(None, key=None, topic=kept.held.letters))
        with kept.box() as box:
            odd, empty = box.letters()
            assert ("odd", b"\xc1") == (odd.letter.reason, odd.letter.record.value)
            assert ("", None) == (empty.letter.reason, empty.letter.record.value)
            assert 2 == len(list(box.replay()))
        sent = kept.runner.run(kept.held.read(kept.held.topic))
        assert Record(kept.held.topic, b"k", b"\xc1", (("h", b"1"),)) == sent[0]


def test_what_was_replayed_is_known_after_kafka_forgot_the_group(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _kept(kafka) as kept:
        kept.bury(*kept.letters("a", "b", "c"))
        with kept.box() as box:
            assert 1 == len(list(box.replay(1)))
        with kept.box() as box:
            assert 1 == len(list(box.replay(1)))
        monkeypatch.setattr("prela_core.io.kafka_letter_box.GROUP", f"new-{kept.held.group}")
        with kept.box() as box:
            assert [True, True, False] == [each.is_replayed for each in box.letters(replayed=True)]
            assert 1 == len(list(box.replay()))
        assert ["a", "b", "c"] == kept.sent()
        with kept.box() as box:
            assert [] == list(box.letters())
            assert 3 == len(list(box.letters(replayed=True)))
            assert [] == list(box.replay())


def test_letters_of_a_topic_that_was_made_anew_are_not_passed_over(kafka: str) -> None:
    async def commit(held: Log) -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers=held.bootstrap, group_id=GROUP)
        await consumer.start()
        consumer.assign([place := TopicPartition(held.letters, 0)])
        await consumer.commit({place: 1000})
        await consumer.stop()

    with _kept(kafka) as kept:
        kept.bury(*kept.letters("a", "b"))
        kept.runner.run(commit(kept.held))
        with kept.box() as box:
            assert 2 == len(list(box.letters()))
            assert 2 == len(list(box.replay()))
        assert ["a", "b"] == kept.sent()


@pytest.mark.parametrize(
    "place", ["", "/", "x/0/0", "{}/0", "{}/0/x", "{}/-1/0", "{}/0/99999", "{}/9/0"]
)
def test_what_is_no_place_finds_nothing(kafka: str, place: str) -> None:
    with _kept(kafka) as kept, kept.box() as box:
        assert None is box.letter(place.format(kept.held.letters))


def test_a_broker_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        connection = KafkaConnection(bootstrap_servers=f"127.0.0.1:{bound.getsockname()[1]}")
        with KafkaLetterBox(connection, ["spans"]) as box, pytest.raises(BusUnavailableError):
            list(box.letters())
