"""What a plan will ask next is asked while it waits for what it asks now."""

from __future__ import annotations

import threading
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any, cast

import attrs
import pytest
from clickhouse_connect.driver.client import Client

from prela_core.errors import StoreUnavailableError
from prela_core.io.clickhouse_answers import Answers
from prela_core.io.clickhouse_connections import Connections, Use
from prela_core.store.fragments import Query

FIRST, SECOND, THIRD = (Query(name, {}) for name in ("first", "second", "third"))


class Engine:
    """Answers a statement with its own text, once all who should be there at once are."""

    def __init__(self, *, at_once: int = 1) -> None:
        self.asked: list[str] = []
        self.meeting = threading.Barrier(at_once)

    def query(self, sql: str, **_: Any) -> Any:
        self.asked.append(sql)
        if sql == "fails":
            raise OSError("no such file")
        self.meeting.wait(timeout=30)
        return SimpleNamespace(result_rows=[(sql,)], result_columns=[])

    def answers(self, *, readers: int) -> tuple[Answers, Connections]:
        connections = Connections(lambda: cast("Client", self), readers=readers, writers=1)
        return Answers(connections), connections


def asks(*queries: Query) -> Generator[Query, Any, list[str]]:
    found = []
    for query in queries:
        found += [(yield query)[0][0]]
    return found


def test_both_are_asked_at_once_and_each_once() -> None:
    engine = Engine(at_once=2)  # who is alone would wait for the other, in vain
    answers, _ = engine.answers(readers=2)
    first = attrs.evolve(FIRST, meanwhile=(SECOND,))
    assert ["first", "second"] == answers.answer(asks(first, SECOND))
    assert ["first", "second"] == sorted(engine.asked)


def test_without_an_idle_connection_they_are_asked_in_turn() -> None:
    engine = Engine()
    answers, _ = engine.answers(readers=1)
    first = attrs.evolve(FIRST, meanwhile=(SECOND,))
    assert ["first", "second"] == answers.answer(asks(first, SECOND))
    assert ["first", "second"] == engine.asked


def test_another_question_of_the_same_words_is_asked_for_itself() -> None:
    engine = Engine()
    answers, _ = engine.answers(readers=2)
    first = attrs.evolve(FIRST, meanwhile=(SECOND,))
    assert ["first", "second"] == answers.answer(asks(first, Query("second", {})))
    assert ["first", "second", "second"] == sorted(engine.asked)


def test_what_is_no_longer_wanted_may_fail() -> None:
    answers, _ = Engine().answers(readers=2)
    first = attrs.evolve(FIRST, meanwhile=(Query("fails", {}),))
    assert ["first", "third"] == answers.answer(asks(first, THIRD))


def test_a_failure_is_told_to_whoever_asks() -> None:
    answers, _ = Engine().answers(readers=2)
    fails = Query("fails", {})
    with pytest.raises(StoreUnavailableError):
        answers.answer(asks(attrs.evolve(FIRST, meanwhile=(fails,)), fails))


def test_all_connections_are_idle_again_afterwards() -> None:
    engine = Engine()
    answers, connections = engine.answers(readers=2)
    answers.answer(asks(attrs.evolve(FIRST, meanwhile=(SECOND, Query("fails", {})))))
    spares = [connections.spare(Use.READ, writing=False) for _ in range(3)]
    assert [True, True, False] == [spare is not None for spare in spares]
