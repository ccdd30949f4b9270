"""What every box of dead letters promises, over Kafka and over the embedded store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import attrs
import pytest
from tests.conftest import NOW
from tests.topics import Log, log

from prela_core.bus.letters import DeadLetter, KeptLetter, LetterBox, letters_of
from prela_core.bus.records import decode
from prela_core.errors import InvalidError
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.io.kafka_letter_box import KafkaLetterBox
from prela_core.io.kafka_letters import KafkaLetters
from prela_core.model import SpanBatch, to_micros
from prela_core.testing import span_record

AT = to_micros(NOW)  # recent, for letters are not kept for ever


class Post(Protocol):
    """Where letters are put, how they are looked at, and what was stored or sent again."""

    topic: str

    def bury(self, letters: Sequence[DeadLetter]) -> None: ...
    def open(self) -> AbstractContextManager[LetterBox]: ...
    def sent(self) -> list[str]: ...


@attrs.define
class OverKafka:
    held: Log
    runner: asyncio.Runner

    @property
    def topic(self) -> str:
        return self.held.topic

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        async def bury() -> None:
            writer = KafkaLetters(self.held.connection)
            await writer.bury(letters)
            await writer.close()

        self.runner.run(bury())

    def open(self) -> AbstractContextManager[LetterBox]:
        return KafkaLetterBox(self.held.connection, [self.held.topic, "never-made"])

    def sent(self) -> list[str]:
        records = self.runner.run(self.held.read(self.held.topic))
        return sorted(span.span_id for each in records for span in decode(each).spans)


@attrs.define
class Embedded:
    store: ClickHouseStore
    topic: str = "spans"

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        asyncio.run(self.store.letters.bury(letters))

    def open(self) -> AbstractContextManager[LetterBox]:
        return nullcontext(self.store.letters)

    def sent(self) -> list[str]:
        trace = self.store.trace("p", "t")
        return [] if trace is None else sorted(span.span_id for span in trace.spans)


@contextmanager
def _over_kafka(bootstrap: str) -> Iterator[OverKafka]:
    with asyncio.Runner() as runner:
        opening = log(bootstrap, partitions=1)
        held = runner.run(opening.__aenter__())
        try:
            yield OverKafka(held, runner)
        finally:
            runner.run(opening.__aexit__(None, None, None))


@pytest.fixture(params=["kafka", "embedded"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "kafka":
        with _over_kafka(request.getfixturevalue("kafka")) as over_kafka:
            yield over_kafka
        return
    store = open_embedded(tmp_path, retention_days=0, readers=1)
    try:
        yield Embedded(store)
    finally:
        store.close()


def letters(post: Post, *names: str) -> list[DeadLetter]:
    """Make a letter of a span each, given up one second after the other."""
    return [
        letter
        for at, name in enumerate(names)
        for letter in letters_of(
            SpanBatch("p", AT + at, [span_record(trace_id="t", span_id=name)]),
            InvalidError("it was wrong"),
            AT + at * 1_000_000,
            spans=post.topic,
        )
    ]


def names(found: Iterator[KeptLetter]) -> list[str]:
    return [decode(each.letter.record).spans[0].span_id for each in found]


def test_what_was_buried_is_there_in_order(post: Post) -> None:
    buried = letters(post, "a", "b", "c")
    for one in buried:
        post.bury([one])
    with post.open() as box:
        found = list(box.letters())
    assert buried == [attrs.evolve(each.letter) for each in found]
    assert 3 == len({each.place for each in found})
    assert not any(each.is_replayed for each in found)


def test_an_empty_box_is_no_error(post: Post) -> None:
    with post.open() as box:
        assert ([], []) == (list(box.letters()), list(box.replay()))
        assert None is box.letter("nowhere")
        assert None is box.letter(f"{post.topic}.dlq/0/0")


def test_a_letter_is_found_by_its_place(post: Post) -> None:
    post.bury(letters(post, "a", "b"))
    with post.open() as box:
        for each in list(box.letters()):
            assert each == box.letter(each.place)
        assert None is box.letter(f"{post.topic}.dlq/0/99")


def test_more_than_a_page_comes_through(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prela_core.io.clickhouse_letters.PAGE", 10)
    count = 130 if isinstance(post, OverKafka) else 25
    wanted = [f"{at:03}" for at in range(count)]
    post.bury(letters(post, *wanted)[:65])
    post.bury(letters(post, *wanted)[65:])
    with post.open() as box:
        assert wanted == sorted(names(box.letters()))
        assert count == len(list(box.replay()))
    assert wanted == post.sent()


def test_what_is_replayed_is_sent_once_and_noted(post: Post) -> None:
    post.bury(letters(post, "a", "b", "c"))
    with post.open() as box:
        assert ["a", "b"] == names(box.replay(2))
    assert ["a", "b"] == post.sent()
    with post.open() as box:
        assert ["c"] == names(box.letters())
        everything = list(box.letters(replayed=True))
        assert [True, True, False] == [each.is_replayed for each in everything]
        assert everything[0] == box.letter(everything[0].place)
    with post.open() as box:
        replayed = list(box.replay())
    assert [True] == [each.is_replayed for each in replayed]
    assert ["a", "b", "c"] == post.sent()
    with post.open() as box:
        assert ([], []) == (list(box.letters()), list(box.replay()))
    assert ["a", "b", "c"] == post.sent()


def test_who_stops_between_two_goes_on_there(post: Post) -> None:
    post.bury(letters(post, "a", "b", "c"))
    with post.open() as box:
        next(box.replay(1))
    with post.open() as box:
        assert ["b", "c"] == names(box.replay())
    assert ["a", "b", "c"] == post.sent()
