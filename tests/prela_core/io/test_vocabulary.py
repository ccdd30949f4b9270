"""Searches find the same by copied words as without them, whatever becomes of the parts since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from tests.prela_core.io.test_words_index import MICROS, TEXTS, needles, pages, spans

from prela_core.ask import All, And, Not, Or, Words
from prela_core.ask import Any as Any_
from prela_core.io import clickhouse_answers
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch
from prela_core.store import (
    Order,
    PageRequest,
    SpanFilter,
    SpanOrder,
    TraceFilter,
    vocabulary,
    word_index,
)
from prela_core.testing import ManualClock, MemoryStore

LOOKED_FOR = ["refund", "款已", "возврат", "0af76519", "9xyz", "elvin", "nend", "1", "e", "x" * 40]


@pytest.fixture(scope="module", autouse=True)
def _small_parts_count() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(vocabulary, "_COPIED_ROWS", 1)
    patch.setattr(vocabulary, "_INDEXED_ROWS", 1)
    patch.setattr(vocabulary, "_QUIET_SECONDS", -1)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def stores(tmp_path_factory: Any) -> Iterator[tuple[ClickHouseStore, MemoryStore]]:
    """A store with a part that is copied, one with an index alone, and one without."""
    options: dict[str, Any] = {"retention_days": 0, "readers": 2, "windows_from": 0}
    directory = tmp_path_factory.mktemp("vocabulary")
    memory = MemoryStore()
    with closing(open_embedded(directory, clock=ManualClock().seconds, **options)) as store:
        command(store, "SYSTEM STOP MERGES spans")
        for number in range(3):
            batch = SpanBatch("p", MICROS + number, spans(number))
            store.insert([batch])
            memory.insert([batch])
            if number < 2:
                index(store)
            if number == 0:
                tend_words_only(store)
        yield store, memory


def command(store: ClickHouseStore, sql: str) -> None:
    with store.connection() as client:
        client.command(sql)


def ask(store: ClickHouseStore, sql: str) -> list[Any]:
    with store.connection() as client:
        return list(client.query(sql).result_rows)


def index(store: ClickHouseStore) -> None:
    command(store, "SYSTEM START MERGES spans")
    command(store, "ALTER TABLE spans MATERIALIZE INDEX words SETTINGS mutations_sync = 1")
    command(store, "SYSTEM STOP MERGES spans")


def tend_words_only(store: ClickHouseStore) -> None:
    """Tend without indexing what is not indexed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "_QUIET_SECONDS", 10**6)
        store.tend()


def copied_words(store: ClickHouseStore) -> set[str]:
    return {word for (word,) in ask(store, "SELECT DISTINCT word FROM vocabulary")}


@settings(max_examples=15, deadline=None)
@given(needles().filter(lambda q: q.replace('"', "").strip()))
def test_half_copied_it_finds_what_the_plain_definition_finds(
    stores: tuple[ClickHouseStore, MemoryStore], q: str
) -> None:
    store, memory = stores
    assert pages(memory, q, 200) == pages(store, q, 200)


def test_what_is_copied_is_looked_up_there_and_nowhere_else(
    stores: tuple[ClickHouseStore, MemoryStore],
) -> None:
    store, _ = stores
    ((name, part, *_),) = store._asking.ask(vocabulary.copied())
    assert "prerefund" in copied_words(store)
    questions = vocabulary.looks_up(["efun"], [(name, part)], 9)
    found = [row for question in questions for row in store._asking.ask(question)]
    by_part = {row[0]: sorted(row[1]) for row in found}
    assert {"refund", "refunds", "prerefund"} == set(by_part[part])
    assert name not in by_part
    assert 2 == len(by_part)
    narrowing = store._asking.answer(word_index.look_up(["efun"]))
    assert narrowing is not None
    assert {"refund", "refunds", "prerefund"} == set(narrowing.words[0])
    assert (2, True) == (len(narrowing.parts), name in narrowing.parts)


def test_digits_are_found_among_ids_and_in_other_words(
    stores: tuple[ClickHouseStore, MemoryStore],
) -> None:
    store, _ = stores
    whole = store._asking.ask(vocabulary.copied())
    for piece, among in (("1916CD43", "0af7651916cd43dd8448eb211c80319c"), ("9", "9xyz12")):
        of_copies, _ = vocabulary.looks_up([piece], whole, 99)
        ((_, words, _),) = [row for row in store._asking.ask(of_copies) if row[0] == whole[0][1]]
        assert among in words


@pytest.mark.parametrize(
    "where",
    [
        Words("efun"),
        And((Words("refund"), Words("was"))),
        And((Words("step"), Not(Words("1")))),
        Or((Words("refund"), Words("款已"))),
        Any_(And((Words("one"), Words("two")))),
        All(Words("возврат")),
        Not(Words("e")),
        Any_(Not(Words("refund"))),
    ],
)
def test_lists_find_the_same(stores: tuple[ClickHouseStore, MemoryStore], where: Any) -> None:
    store, memory = stores
    by_trace = TraceFilter(where=where)
    page = PageRequest(limit=200)
    (expected, found) = (
        [row.trace_id for row in each.traces("p", by_trace, Order.NEWEST, page).items]
        for each in (memory, store)
    )
    assert expected == found
    by_span = SpanFilter(where=where)
    (expected, found) = (
        [row.trace_id for row in each.find_spans("p", by_span, SpanOrder.NEWEST, page).items]
        for each in (memory, store)
    )
    assert expected == found


def test_lists_by_words_find_the_same_and_look_at_few_rows(
    stores: tuple[ClickHouseStore, MemoryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, memory = stores
    asked: list[str] = []
    rows_of = clickhouse_answers.rows_of

    def watched(client: Any, query: Any) -> Any:
        asked.append(query.sql)
        return rows_of(client, query)

    monkeypatch.setattr(clickhouse_answers, "rows_of", watched)
    for q in [*LOOKED_FOR, "refund was", "e o"]:
        (expected, found) = (
            [
                row.trace_id
                for row in each.traces("p", TraceFilter(q=q), Order.NEWEST, PageRequest()).items
            ]
            for each in (memory, store)
        )
        assert expected == found
    assert any("hasAnyTokens" in sql for sql in asked)


def test_what_rests_is_to_be_indexed_and_the_larger_it_is_the_longer_it_must_rest(
    stores: tuple[ClickHouseStore, MemoryStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = stores
    whole = store._asking.ask(vocabulary.copied())
    assert store._asking.ask(vocabulary.quiet(whole))
    monkeypatch.setattr(vocabulary, "_ROWS_A_SECOND", 0.01)
    assert [] == store._asking.ask(vocabulary.quiet(whole))
    monkeypatch.setattr(vocabulary, "_QUIET_SECONDS", -101 * len(TEXTS))
    assert store._asking.ask(vocabulary.quiet(whole))
    monkeypatch.setattr(vocabulary, "_INDEXED_ROWS", 1 + 3 * len(TEXTS))
    assert [] == store._asking.ask(vocabulary.quiet(whole))


def test_tending_again_does_nothing_more(stores: tuple[ClickHouseStore, MemoryStore]) -> None:
    store, _ = stores
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "_COPIED_ROWS", 10**6)
        before = ask(store, "SELECT name FROM system.parts WHERE active AND table != 'x'")
        tend_words_only(store)
        assert before == ask(store, "SELECT name FROM system.parts WHERE active AND table != 'x'")


def test_a_copy_that_is_not_whole_does_not_count(
    stores: tuple[ClickHouseStore, MemoryStore],
) -> None:
    store, memory = stores
    ((_, part, *_),) = store._asking.ask(vocabulary.copied())
    command(store, f"ALTER TABLE vocabulary DROP PARTITION '{part}'")
    command(store, f"INSERT INTO vocabulary VALUES ('{part}', 1, 'refund', 1)")  # noqa: S608
    command(store, f"INSERT INTO vocabulary VALUES ('{part}', 2, '', 9)")  # noqa: S608
    assert [] == store._asking.ask(vocabulary.copied())
    store._asking._answers._known.clear()  # what is copied is taken to stay so for a minute
    assert pages(memory, "prerefund", 99) == pages(store, "prerefund", 99) != [[]]


def test_it_follows_what_becomes_of_the_parts(
    stores: tuple[ClickHouseStore, MemoryStore],
) -> None:
    """Stale, made anew, merged, deleted from: no answer changes, and no word outlives its spans."""
    store, memory = stores

    def same() -> None:
        for q in LOOKED_FOR:
            assert pages(memory, q, 200) == pages(store, q, 200), q

    command(store, "SYSTEM START MERGES spans")
    store.tend()  # indexes what is not indexed, in its own time
    index(store)
    tend_words_only(store)
    rows = 3 * len(TEXTS)
    assert (rows, rows) == store.indexed_rows()
    whole = store._asking.ask(vocabulary.copied())
    active = ask(
        store, "SELECT name FROM system.parts WHERE active AND table = 'spans' ORDER BY name"
    )
    assert active == sorted((name,) for name, *_ in whole)
    same()
    # A mutation that changes nothing in a part leaves its copy good.
    index(store)
    assert {row[1] for row in whole} == {row[1] for row in store._asking.ask(vocabulary.copied())}
    command(store, "SYSTEM START MERGES spans")
    command(store, "OPTIMIZE TABLE spans FINAL")
    assert [] == store._asking.ask(vocabulary.copied())  # for no merge builds the index
    same()
    index(store)
    store.tend()
    command(store, "SYSTEM START MERGES spans")
    parts = ask(store, "SELECT count() FROM system.parts WHERE active AND table = 'spans'")
    assert [(len(store._asking.ask(vocabulary.copied())),)] == parts
    same()
    at = TEXTS.index("call_9XyZ12")
    gone = f"trace_id IN ('t0-{at}', 't1-{at}', 't2-{at}')"
    command(store, f"ALTER TABLE spans DELETE WHERE {gone} SETTINGS mutations_sync = 1")
    assert "9xyz12" in copied_words(store)
    assert [[]] == pages(store, "9xyz", 99)
    store.tend()
    assert "prerefund" in copied_words(store)
    assert "9xyz12" not in copied_words(store)
    assert [[]] == pages(store, "9xyz", 99)
    # Without a vocabulary nothing is lost but time; who opens a store sees whether it has one.
    found = pages(store, "refund", 99)
    command(store, "DROP TABLE vocabulary")
    store._asking._answers._known.clear()
    assert found == pages(store, "refund", 99) != [[]]
    store.tend()
