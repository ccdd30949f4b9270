"""Which projects are kept, for how long, and that nothing is shown which is no longer so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from prela_core.errors import InvalidError, StoreUnavailableError
from prela_core.io import clickhouse_inserts, kept_projects
from prela_core.io.clickhouse_errors import RefusedByStoreError
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_statements import put
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.io.insert_journal import InsertJournal
from prela_core.io.kept_projects import KeptProjects
from prela_core.model import SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import DeletionRequest, DeletionState, Order, PageRequest, TraceFilter
from prela_core.store.fragments import Query
from prela_core.store.kept_rows import is_deleting, kept_count, kept_rows, rows_in
from prela_core.store.rows import announcement_table, span_table
from prela_core.testing import NOON, ManualClock, span_record

MICROS = to_micros(NOON)
SMALL = PageRequest(limit=1000)


@attrs.define
class Engine:
    """Holds batches, and answers what is asked of it at first."""

    batches: list[SpanBatch] = attrs.field(factory=list)
    asked: list[str] = attrs.field(factory=list)
    meanwhile: Callable[[], None] = lambda: None
    """Done while rows are read, after what is there was looked at."""

    is_deleting: bool = False

    def ask(self, query: Query) -> list[Sequence[Any]]:
        if query.sql == is_deleting().sql:
            return [(int(self.is_deleting),)]
        project = query.parameters["project"]
        self.asked.append(project)
        own = [batch for batch in self.batches if batch.project_id == project]
        if query.sql == kept_count(project).sql:
            return [(sum(len(batch.spans) for batch in own), 0)]
        assert query.sql == kept_rows(project).sql
        rows = [*rows_in(span_table(own), project)] if own else []
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return rows

    @property
    def loads(self) -> int:
        return len(self.asked) // 2


@attrs.define
class House:
    """A store as far as it is kept, and the engine below it."""

    engine: Engine = attrs.field(factory=Engine)
    clock: ManualClock = attrs.field(factory=ManualClock)
    oldest: int = 0
    kept: KeptProjects = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.kept = KeptProjects(self.engine.ask, lambda: self.oldest, self.clock.seconds)

    def insert(self, *spans: SpanRecord, project: str = "p") -> None:
        batch = SpanBatch(project, MICROS, spans)
        self.engine.batches.append(batch)
        tables = [
            ("trace_announcements", announcement_table([batch])),
            ("spans", span_table([batch])),
        ]
        self.kept.added([project], tables)

    def ask_twice(self, project: str = "p") -> list[str] | None:
        self.traces(project)
        return self.traces(project)

    def traces(self, project: str = "p") -> list[str] | None:
        page = self.kept.page(project, TraceFilter(), Order.NEWEST, SMALL)
        return None if page is None else sorted(row.trace_id for row in page.items)


@pytest.fixture
def house() -> House:
    house = House()
    house.insert(span_record(trace_id="a"))
    return house


def many(count: int) -> list[SpanRecord]:
    return [span_record(trace_id="many", span_id=f"{number}") for number in range(count)]


def test_rows_are_read_once_it_is_asked_again_and_then_no_more(house: House) -> None:
    assert house.traces() is None
    assert 0 == house.engine.loads
    assert ["a"] == house.traces() == house.traces()
    assert 1 == house.engine.loads


def test_what_is_inserted_is_there_for_whoever_asks_next(house: House) -> None:
    house.traces()
    house.traces()
    house.insert(span_record(trace_id="b"))
    house.insert(span_record(trace_id="c"), project="q")
    assert ["a", "b"] == house.traces()
    assert 1 == house.engine.loads


def test_what_the_engine_alone_can_tell_is_not_asked_here(house: House) -> None:
    for _ in range(3):
        assert house.kept.page("p", TraceFilter(q="word"), Order.NEWEST, SMALL) is None
        assert house.kept.page("p", TraceFilter(), Order.SLOWEST, SMALL) is None
    assert 0 == house.engine.loads


def test_once_forgotten_it_is_read_anew(house: House) -> None:
    house.traces()
    house.traces()
    house.engine.batches.clear()
    house.kept.forget()
    assert [] == house.traces()


def test_what_is_inserted_while_rows_are_read_is_not_missed(house: House) -> None:
    house.traces()
    house.engine.meanwhile = lambda: house.insert(span_record(trace_id="b"))
    assert ["a", "b"] == house.traces()


class Gate:
    """A lock behind which something is done once, right after it was let go."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self.then: Callable[[], None] | None = None

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        then, self.then = self.then, None
        if then is not None:
            then()


def test_what_is_inserted_right_after_rows_were_read_is_not_missed(house: House) -> None:
    house.traces()
    gate = Gate(house.kept._lock)
    house.kept._lock = gate  # type: ignore[assignment] # it is used as one

    def arm() -> None:
        gate.then = lambda: house.insert(span_record(trace_id="b"))

    house.engine.meanwhile = arm
    house.traces()
    assert gate.then is None
    assert ["a", "b"] == house.traces()
    assert 1 == house.engine.loads


def test_what_is_forgotten_while_rows_are_read_is_not_kept(house: House) -> None:
    house.traces()

    def delete() -> None:
        house.engine.batches.clear()
        house.kept.forget()

    house.engine.meanwhile = delete
    assert house.traces() is None
    assert [] == house.traces()


def test_while_rows_are_read_others_ask_the_engine(house: House) -> None:
    house.traces()
    found: list[Any] = []
    house.engine.meanwhile = lambda: found.append(house.traces())
    assert ["a"] == house.traces()
    assert [None] == found


def test_what_can_not_be_read_now_is_left_to_the_engine(house: House) -> None:
    house.traces()

    def fail() -> None:
        raise StoreUnavailableError("too much for it")

    house.engine.meanwhile = fail
    for _ in range(3):
        assert house.traces() is None
    assert 1 == house.engine.loads
    house.clock.advance(601)
    assert ["a"] == house.traces()


def test_what_is_interrupted_is_not_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    assert ["a"] == house.ask_twice()
    house.insert(span_record(trace_id="b"))
    with monkeypatch.context() as patch:
        patch.setattr(kept_projects, "rows_in", interrupted)
        with pytest.raises(KeyboardInterrupt):
            house.traces()
    assert ["a", "b"] == house.traces()


def test_who_asks_wrongly_drops_nothing(house: House) -> None:
    assert ["a"] == house.ask_twice()
    with pytest.raises(InvalidError):
        house.kept.page("p", TraceFilter(status="odd"), Order.NEWEST, SMALL)
    assert ["a"] == house.traces()
    assert 1 == house.engine.loads


def test_large_news_are_not_held(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_projects, "_MOST_NEWS_BYTES", 2_000)
    assert ["a"] == house.ask_twice()
    house.insert(span_record(trace_id="b"))
    assert ["a", "b"] == house.traces()
    house.insert(span_record(trace_id="c", name="n" * 3_000))
    assert house.traces() is None
    assert ["a", "b", "c"] == house.traces()


def test_a_project_that_grows_quickly_is_asked_of_the_engine(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_projects, "_MOST_NEWS", 5)
    house.traces()
    house.traces()
    house.insert(*many(4))
    assert ["a", "many"] == house.traces()
    house.insert(*many(3))
    house.insert(*many(3))
    assert house.traces() is None
    assert ["a", "many"] == house.traces()
    house.kept.forget()
    house.engine.meanwhile = lambda: house.insert(*many(6))
    assert house.traces() is None


def test_a_large_project_is_left_to_the_engine_for_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_projects, "_MOST_ROWS", 5)
    house.insert(*many(5))
    for _ in range(4):
        assert house.traces() is None
    assert ["p"] == house.engine.asked
    del house.engine.batches[1]
    house.clock.advance(601)
    assert ["a"] == house.traces()


def test_a_project_that_becomes_large_is_kept_no_longer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_projects, "_MOST_ROWS", 5)
    house.traces()
    assert ["a"] == house.traces()
    house.insert(*many(5))
    for _ in range(3):
        assert house.traces() is None
    assert ["p", "p", "p"] == house.engine.asked  # the third time for the count alone


def test_long_texts_count_as_well(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_projects, "_MOST_BYTES", 5_000)
    assert ["a"] == house.ask_twice()
    house.insert(span_record(trace_id="b", name="n" * 5_000))
    assert house.traces() is None
    assert house.traces() is None
    assert 2 == house.engine.loads


def test_projects_that_are_asked_about_do_not_push_each_other_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_projects, "_MOST_ROWS", 5)
    house.insert(*many(5), project="q")
    assert ["a"] == house.ask_twice("p")
    for _ in range(3):
        assert house.ask_twice("q") is None
        assert ["a"] == house.traces("p")
    assert 2 == house.engine.loads
    house.clock.advance(601)
    assert ["many"] == house.ask_twice("q")
    assert house.traces("p") is None


def test_of_many_projects_those_asked_about_last_are_known(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_projects, "_MOST_PROJECTS", 2)
    for project in "ppqr":
        house.traces(project)
    assert house.traces("p") is None
    assert ["a"] == house.traces("p")


def test_a_project_that_was_pushed_out_while_it_was_read_is_not_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody told it of what came since."""
    monkeypatch.setattr(kept_projects, "_MOST_PROJECTS", 1)
    house.traces()
    house.engine.meanwhile = lambda: [house.traces("q"), None][1]
    assert house.traces() is None


def test_what_retention_may_take_is_asked_of_the_engine(house: House) -> None:
    """A page that ends before it is not."""
    house.insert(span_record(trace_id="old", started_at=MICROS - 100_000_000))
    assert ["a", "old"] == house.ask_twice()
    house.oldest = MICROS - 150_000_000
    assert house.traces() is None
    first = house.kept.page("p", TraceFilter(), Order.NEWEST, PageRequest(limit=1))
    assert first is None
    house.insert(span_record(trace_id="b"))
    first = house.kept.page("p", TraceFilter(), Order.NEWEST, PageRequest(limit=1))
    assert first is not None
    assert ["b"] == [row.trace_id for row in first.items]
    house.insert(span_record(trace_id="old", span_id="late"))  # there may be more of it
    assert house.kept.page("p", TraceFilter(), Order.NEWEST, PageRequest(limit=1)) is None


def test_while_something_changes_the_engine_is_asked(house: House) -> None:
    assert ["a"] == house.ask_twice()
    with house.kept.changing():
        house.engine.batches.clear()
        for _ in range(3):
            assert house.traces() is None
    assert [] == house.traces()


def test_while_rows_are_on_their_way_the_engine_is_asked(house: House) -> None:
    assert ["a"] == house.ask_twice()
    with house.kept.coming({"p"}):
        assert house.traces() is None
        house.insert(span_record(trace_id="b"))
        assert house.traces() is None
    assert ["a", "b"] == house.traces()
    assert 1 == house.engine.loads


def test_while_rows_are_taken_away_none_are_read(house: House) -> None:
    house.engine.is_deleting = True
    for _ in range(3):
        assert house.traces() is None
    assert 0 == house.engine.loads
    house.engine.is_deleting = False
    assert ["a"] == house.traces()


def test_what_can_not_be_read_is_left_to_the_engine(house: House) -> None:
    assert ["a"] == house.ask_twice()
    said = TraceRecord("a", "s", MICROS, b'{"n":"\xff"}', b"{}")
    table = announcement_table([SpanBatch("p", MICROS, [], [said])])
    house.kept.added({"p"}, [("trace_announcements", table)])
    assert house.traces() is None
    assert house.traces() is None


def test_whoever_wrote_sees_it_however_many_ask(house: House) -> None:
    house.traces()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            house.traces()

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        try:
            for number in range(300):
                house.insert(span_record(trace_id=f"t{number}"))
                if number % 20 == 0:
                    house.kept.forget()
                found = house.traces()
                assert found is None or f"t{number}" in found
        finally:
            done.set()
        for each in asking:
            each.result()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ClickHouseStore]:
    options: dict[str, Any] = {"inserts_later": True, "keeps_after": 0, "retention_days": 0}
    with closing(open_embedded(tmp_path, clock=ManualClock().seconds, **options)) as opened:
        yield opened


def listed(store: ClickHouseStore) -> list[str]:
    page = store.traces("p", TraceFilter(), Order.NEWEST, SMALL)
    return sorted(row.trace_id for row in page.items)


def insert(store: ClickHouseStore, trace_id: str, count: int = 1) -> None:
    spans = [span_record(trace_id=trace_id, span_id=f"{number}") for number in range(count)]
    store.insert([SpanBatch("p", MICROS, spans)])


def found(store: ClickHouseStore) -> list[str]:
    """Give the traces as only the engine tells them."""
    page = store.search("p", TraceFilter(q="chat"), SMALL)
    return sorted(row.trace_id for row in page.items)


def test_what_waited_while_the_engine_could_not_write_is_listed_once_it_is_there(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StoreUnavailableError("the disk is full")

    insert(store, "a")
    assert ["a"] == listed(store)
    with monkeypatch.context() as patch:
        patch.setattr(clickhouse_inserts, "put", away)
        insert(store, "b")
        assert ["a"] == found(store) == listed(store)
    assert ["a", "b"] == found(store) == listed(store)


@pytest.mark.parametrize("step", ["turn", "forget"])
def test_a_journal_that_fails_hides_nothing(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fails(_: InsertJournal) -> None:
        raise OSError(5, "Input/output error")

    insert(store, "a")
    assert ["a"] == listed(store)
    with monkeypatch.context() as patch:
        patch.setattr(InsertJournal, step, fails)
        insert(store, "b")
        found(store)
        listed(store)
    assert store.trace("p", "b") is not None  # put away again
    assert ["a", "b"] == found(store) == listed(store)


def test_a_deletion_that_was_not_carried_to_its_end_shows_nothing_that_is_gone(
    store: ClickHouseStore,
) -> None:
    for trace_id in ("a", "b", "c"):
        insert(store, trace_id)
    assert ["a", "b", "c"] == listed(store)
    asked = DeletionRequest(
        deletion_id="d", project_id="p", asked_at=MICROS + 1, trace_ids=("a", "b")
    )
    store.deletions.ask(asked)
    steps = store.deletions.carry_out()
    while next(steps)[1].state is not DeletionState.DELETING:
        listed(store)
    next(steps)  # it is under way at least
    listed(store)
    steps.close()
    until = time.monotonic() + 20
    while store.trace("p", "a") is not None:
        assert time.monotonic() < until
    assert ["c"] == listed(store)


def test_what_the_engine_refuses_after_all_is_listed_no_more(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: Any) -> None:
        raise RefusedByStoreError("not these")

    insert(store, "a")
    assert ["a"] == listed(store)
    with monkeypatch.context() as patch:
        patch.setattr(clickhouse_inserts, "put", refuses)
        insert(store, "b")
        assert ["a"] == found(store) == listed(store)
    assert ["a"] == found(store) == listed(store)


def test_what_is_there_although_its_insert_failed_is_listed(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*what: Any) -> None:
        put(*what)
        raise StoreUnavailableError("cut off")

    insert(store, "a")
    assert ["a"] == listed(store)
    with monkeypatch.context() as patch:
        patch.setattr(clickhouse_inserts, "put", cut_off)
        with pytest.raises(StoreUnavailableError, match="cut off"):
            insert(store, "b", count=2_500)
    assert ["a", "b"] == found(store) == listed(store)
