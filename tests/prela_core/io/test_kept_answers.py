"""A page is kept until something was written, and never shown to who was told of more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from prela_core.ask import Subject, parse
from prela_core.errors import StoreUnavailableError
from prela_core.io import kept_answers
from prela_core.io.clickhouse_answers import Answers
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.io.kept_answers import KeptAnswers
from prela_core.model import SpanBatch, TraceRecord, to_micros
from prela_core.store import (
    DeletionRequest,
    Dimension,
    GroupQuery,
    Order,
    Page,
    PageRequest,
    ReindexScope,
    TraceFilter,
    TraceSummary,
)
from prela_core.testing import NOON, ManualClock, span_record
from prela_core.testing.factories import trace_summary

MICROS = to_micros(NOON)


class Asked:
    """Gives pages of how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Page[TraceSummary]:
        self.times += 1
        return Page(items=[trace_summary(span_count=self.times)], next_cursor=None)


def times(page: Page[TraceSummary]) -> list[int]:
    return [row.span_count for row in page.items]


def nothing() -> None:
    """Come before a question that waits for nothing."""


def test_a_page_is_asked_for_once_until_something_changes() -> None:
    kept, asked = KeptAnswers(), Asked()
    assert [[1], [1]] == [times(kept.page("q", nothing, asked)) for _ in range(2)]
    assert [2] == times(kept.page("another", nothing, asked))
    kept.changed()
    assert [[3], [3]] == [times(kept.page("q", nothing, asked)) for _ in range(2)]


def test_what_changes_before_is_known_and_what_changes_meanwhile_is_not() -> None:
    kept, asked = KeptAnswers(), Asked()
    assert [[1], [1]] == [times(kept.page("q", kept.changed, asked)) for _ in range(2)]

    def overtaken() -> Page[TraceSummary]:
        page = asked()
        kept.changed()
        return page

    assert [2] == times(kept.page("r", nothing, overtaken))
    assert [3] == times(kept.page("r", nothing, asked))


def test_it_is_kept_for_a_while() -> None:
    clock = ManualClock()
    kept, asked = KeptAnswers(clock.monotonic), Asked()
    kept.page("q", nothing, asked)
    clock.advance(59.9)
    assert [1] == times(kept.page("q", nothing, asked))
    clock.advance(0.2)
    assert [2] == times(kept.page("q", nothing, asked))


def test_only_so_many_are_kept_and_no_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "_MOST", 2)
    kept, asked = KeptAnswers(), Asked()
    for question in ("a", "b", "a", "c"):  # b was looked at the longest ago
        kept.page(question, nothing, asked)
    assert 3 == asked.times
    assert [1] == times(kept.page("a", nothing, asked))
    assert [4] == times(kept.page("b", nothing, asked))

    for field in ({"name": "n" * 300_000}, {"metadata": Raw(b"0" * 300_000)}):
        large = Page(items=[trace_summary(**field)], next_cursor=None)
        assert large is kept.page("large", nothing, lambda page=large: page)
    many = Page(items=[trace_summary()] * 1_000, next_cursor=None)
    assert many is kept.page("large", nothing, lambda: many)
    assert [5] == times(kept.page("large", nothing, asked))


def test_who_was_given_a_page_may_change_its_list() -> None:
    kept, asked = KeptAnswers(), Asked()
    for _ in range(3):
        page = kept.page("q", nothing, asked)
        assert [1] == times(page)
        page.items.clear()


def test_an_error_is_not_kept() -> None:
    kept = KeptAnswers()

    def fail() -> Page[TraceSummary]:
        raise ValueError("no page")

    with pytest.raises(ValueError, match="no page"):
        kept.page("q", nothing, fail)
    assert [1] == times(kept.page("q", nothing, Asked()))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ClickHouseStore]:
    with closing(
        open_embedded(
            tmp_path, inserts_later=True, retention_days=0, clock=ManualClock().seconds, writers=2
        )
    ) as store:
        yield store


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the engine was asked for."""
    answered: list[Any] = []
    answer = Answers.answer

    def noted(self: Answers, plan: Any) -> Any:
        answered.append(plan)
        return answer(self, plan)

    monkeypatch.setattr(Answers, "answer", noted)
    return answered


def insert(store: ClickHouseStore, *ids: str, count: int = 1) -> None:
    spans = [
        span_record(trace_id=each, span_id=f"{number}", name=f"word {each}", service_name=each)
        for each in ids
        for number in range(count)
    ]
    store.insert([SpanBatch("p", MICROS, spans)])


def seen(store: ClickHouseStore) -> list[list[str]]:
    """Give the traces that a list, a search and the list of services show."""
    page = PageRequest(limit=100)
    return [
        sorted(row.trace_id for row in store.traces("p", TraceFilter(), Order.NEWEST, page).items),
        sorted(row.trace_id for row in store.search("p", TraceFilter(q="word"), page).items),
        sorted(row.name for row in store.groups("p", GroupQuery(by=Dimension.SERVICE), page).items),
    ]


def test_the_engine_is_not_asked_again_for_what_has_not_changed(
    store: ClickHouseStore, plans: list[Any]
) -> None:
    insert(store, "a")
    assert [["a"]] * 3 == seen(store)
    count = len(plans)
    assert [["a"]] * 3 == seen(store)
    assert count == len(plans)


def test_each_project_and_each_question_has_its_own_answer(store: ClickHouseStore) -> None:
    insert(store, "a", "b")
    for _ in range(2):
        for project, limit, expected in (("p", 1, 1), ("p", 9, 2), ("other", 9, 0)):
            page = PageRequest(limit=limit)
            found = store.traces(project, TraceFilter(), Order.NEWEST, page)
            assert expected == len(found.items)


def test_whatever_changes_what_is_stored_is_seen_at_once(store: ClickHouseStore) -> None:
    insert(store, "small")
    seen(store)
    insert(store, "large", count=2_500)  # not by way of the journal
    assert [["large", "small"]] * 3 == seen(store)

    store.insert(
        [SpanBatch("p", MICROS, [], [TraceRecord("small", "s", MICROS, b'{"n":1}', b"{}")])]
    )
    (metadata,) = (
        row.metadata
        for row in store.traces("p", TraceFilter(), Order.NEWEST, PageRequest()).items
        if row.trace_id == "small"
    )
    assert b'{"n":1}' == bytes(metadata)

    seen(store)
    asked = DeletionRequest(
        deletion_id="d", project_id="p", asked_at=MICROS + 1, trace_ids=("large",)
    )
    store.deletions.ask(asked)
    assert list(store.deletions.carry_out())
    assert [["small"]] * 3 == seen(store)

    list(store.reindex(ReindexScope()))
    store.tend()
    assert [["small"]] * 3 == seen(store)
    with store.connection() as client:
        client.command("TRUNCATE TABLE spans")
    assert [[]] * 3 == seen(store)


def test_times_that_depend_on_when_it_is_asked_are_asked_anew(
    store: ClickHouseStore, plans: list[Any]
) -> None:
    where = TraceFilter(where=parse("since:1h", Subject.TRACE))
    for number in range(1, 4):
        store.traces("p", where, Order.NEWEST, PageRequest())
        assert number == len(plans)


def test_a_closed_store_answers_nothing(tmp_path: Path) -> None:
    store = open_embedded(tmp_path)
    question = ("p", TraceFilter(), Order.NEWEST, PageRequest())
    for _ in range(2):
        assert [] == store.traces(*question).items
    store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        store.traces(*question)


def test_what_can_not_be_looked_up_is_asked(store: ClickHouseStore) -> None:
    where = TraceFilter(name=["a list"])  # type: ignore[arg-type] # as a caller without types may
    assert [] == store.traces("p", where, Order.NEWEST, PageRequest()).items


def test_who_wrote_sees_it_however_many_ask(store: ClickHouseStore) -> None:
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            seen(store)

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            for number in range(20):
                insert(store, f"t{number}")
                for found in seen(store):
                    assert f"t{number}" in found
        finally:
            done.set()
        for each in asking:
            each.result()


def test_nothing_is_kept_while_something_is_written() -> None:
    kept, asked = KeptAnswers(), Asked()
    assert [1] == times(kept.page("q", nothing, asked))
    with kept.writing():
        assert [2] == times(kept.page("q", nothing, asked))
        assert [3] == times(kept.page("q", nothing, asked))
    assert [4] == times(kept.page("q", nothing, asked))
    assert [4] == times(kept.page("q", nothing, asked))

    def writes_while_it_is_asked() -> Page[TraceSummary]:
        with kept.writing():
            return asked()

    assert [5] == times(kept.page("other", nothing, writes_while_it_is_asked))
    assert [6] == times(kept.page("other", nothing, asked))
