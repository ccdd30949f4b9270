from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prela_core.errors import InvalidError, MalformedError, NotFoundError
from prela_core.model import to_micros
from prela_core.notebook import Connection
from prela_core.store import Order, Page, TraceFilter
from prela_core.testing import NOON, MemoryStore

MINUTE = 60_000_000
START = to_micros(NOON)

Insert = Callable[..., None]


def test_traces_are_listed_newest_first_with_conditions_that_all_hold(
    db: Connection, insert: Insert
) -> None:
    insert(
        {"trace_id": "a", "status": "error"},
        {"trace_id": "b", "started_at": START + MINUTE, "status": "error"},
        {"trace_id": "c", "started_at": START + 2 * MINUTE},
    )
    assert ["c", "b", "a"] == [each.trace_id for each in db.traces()]
    assert ["b", "a"] == [each.trace_id for each in db.traces(status="error")]
    assert ["a"] == [each.trace_id for each in db.traces(status="error", order="oldest")][:1]
    assert [] == db.traces(status="error", name="elsewhere")


def test_a_limit_beyond_a_page_follows_the_pages(db: Connection, insert: Insert) -> None:
    insert(*({"trace_id": f"t{at:04}", "started_at": START + at} for at in range(1203)))
    some = db.traces(limit=1100)
    assert (1100, True) == (len(some), some.more)
    every = db.traces(limit=None)
    assert (1203, False) == (len(every), every.more)
    assert ["t1202", "t0000"] == [every[0].trace_id, every[-1].trace_id]
    assert not db.traces(limit=1203).more


def test_moments_are_said_in_several_ways() -> None:
    asked: list[TraceFilter] = []

    class Listens(MemoryStore):
        def traces(self, _: str, where: TraceFilter, *__: Any) -> Page[Any]:
            asked.append(where)
            return Page(items=[])

    db = Connection(Listens(), project_id="p", place="a test", now=lambda: NOON)
    db.traces(since="1h30m")
    db.traces(since=timedelta(minutes=90))
    db.traces(start=datetime(2026, 1, 15, 10, 30), end="2026-01-15T12:00:00Z")  # noqa: DTZ001
    db.traces(start="2026-01-15T10:30:00+00:00", end=datetime(2026, 1, 15, 12, tzinfo=UTC))
    db.traces(since="99999d", attributes={"plan": "pro"})
    begin = START - 90 * MINUTE
    assert [(begin, None), (begin, None), (begin, START), (begin, START), (0, None)] == [
        (each.start_time, each.end_time) for each in asked
    ]
    assert (("plan", "pro"),) == asked[-1].attributes


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"colour": "red"}, "there is no condition colour; there are service_name, status"),
        ({"since": "soon"}, "'soon' is no length of time"),
        ({"start": "soon"}, "soon"),
        ({"since": "1h", "start": "2026-01-15"}, "give one of them"),
        ({"order": "best"}, "'best' is not one of newest, oldest"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"limit": "10"}, "limit must be at least 1, or None for all, not '10'"),
        ({"order": 7}, "7 is not one of newest, oldest"),
        ({"query": 7}, "a query is a text"),
        ({"since": 7}, "a length of time is"),
        ({"start": 7}, "a moment is"),
        ({"attributes": "plan=pro"}, "attributes are keys with their values"),
    ],
)
def test_a_question_that_can_not_be_asked_says_why(
    db: Connection, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises((InvalidError, MalformedError), match=said):
        db.traces(**asked)


def test_an_order_may_be_a_word_or_a_value(db: Connection, insert: Insert) -> None:
    insert({"trace_id": "a", "duration_ms": 5.0}, {"trace_id": "b", "duration_ms": 9.0})
    for order in ("slowest", "SLOWEST", "-duration_ms", Order.SLOWEST):
        assert ["b", "a"] == [each.trace_id for each in db.traces(order=order)]


def test_search_finds_words(db: Connection, insert: Insert) -> None:
    insert(
        {"trace_id": "a", "attributes": b'{"output.value":"You get a refund within five days."}'},
        {"trace_id": "b", "attributes": b'{"output.value":"No."}'},
    )
    (hit,) = db.search("refund")
    assert ("a", "output") == (hit.trace_id, hit.field)
    with pytest.raises(InvalidError):
        db.search("")


def test_a_trace_is_found_by_its_id_or_the_beginning_of_it(db: Connection, insert: Insert) -> None:
    insert({"trace_id": "aab"}, {"trace_id": "aac"}, {"trace_id": "b"}, {"trace_id": "aa"})
    assert "aab" == db.trace("aab").trace_id
    assert "aa" == db.trace("aa").trace_id
    assert "b" == db.trace(db.traces(name="chat gpt-4o-mini", order="oldest")[-1]).trace_id
    with pytest.raises(InvalidError, match="the ids of several traces begin with a: "):
        db.trace("a")
    assert db.trace("b").spans == db.spans("trace_id:b")
    assert "1 span" in repr(db.trace("b").spans)
    with pytest.raises(NotFoundError, match="there is no trace c"):
        db.trace("c")
    with pytest.raises(InvalidError, match="the id of a trace is empty"):
        db.trace("")
    for ask in (db.trace, db.graph, db.session):
        with pytest.raises(InvalidError, match="by its id"):
            ask(7)  # type: ignore[arg-type] # as people do


def test_it_says_where_the_traces_are_and_lets_go() -> None:
    gone: list[bool] = []
    with Connection(
        MemoryStore(),
        project_id="p",
        place="./data",
        now=lambda: NOON,
        let_go=lambda: gone.append(True),
    ) as db:
        assert "<Prela: the traces of ./data>" == repr(db)
    assert [True] == gone
