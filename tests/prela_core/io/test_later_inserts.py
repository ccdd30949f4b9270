"""Small inserts are durable at once, and in the engine together, whatever fails between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from prela_core.errors import StoreUnavailableError
from prela_core.io import later_inserts
from prela_core.io.clickhouse_errors import RefusedByStoreError
from prela_core.io.insert_tables import Tables, decoded
from prela_core.io.later_inserts import LaterInserts


def table(*numbers: int) -> list[tuple[str, pa.Table | None]]:
    return [("announced", None), ("spans", pa.table({"number": list(numbers)}))]


class Engine:
    """Takes rows, unless it is told not to."""

    def __init__(self) -> None:
        self.inserts: list[list[int]] = []
        self.ended: list[int] = []
        self.is_away = False
        self.refuses: set[int] = set()
        self.most = 10**6
        self.too_large: set[int] = set()
        self.changed = threading.Condition()

    def insert(self, tables: Tables) -> None:
        numbers = [n for _, each in tables if each is not None for n in each["number"].to_pylist()]
        with self.changed:
            if self.is_away:
                raise StoreUnavailableError("away")
            if len(numbers) > self.most or self.too_large.intersection(numbers):
                raise StoreUnavailableError("too much memory")
            if self.refuses.intersection(numbers):
                raise RefusedByStoreError("refused")
            self.inserts.append(numbers)
            self.changed.notify_all()

    @property
    def numbers(self) -> list[int]:
        return [number for each in self.inserts for number in each]


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def later(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LaterInserts]:
    monkeypatch.setattr(later_inserts, "_AGE_SECONDS", 3600.0)
    later = opened(engine, tmp_path)
    yield later
    later.close()


def opened(engine: Engine, directory: Path) -> LaterInserts:
    return LaterInserts(directory / "journal", engine.insert, engine.ended.append)


def test_what_is_added_goes_in_together_when_it_is_wanted(
    engine: Engine, later: LaterInserts
) -> None:
    for number in range(3):
        later.add(table(number, 10 + number), mark=number)
    assert ([], []) == (engine.inserts, engine.ended)
    later.flush()
    assert ([[0, 10, 1, 11, 2, 12]], [0, 1, 2]) == (engine.inserts, engine.ended)
    later.flush()
    assert 1 == len(engine.inserts)


def test_what_is_too_much_at_once_goes_in_in_pieces(engine: Engine, later: LaterInserts) -> None:
    engine.most = 3
    for number in range(10):
        later.add(table(number), mark=number)
    later.flush()
    assert list(range(10)) == engine.numbers == engine.ended
    assert 2 == len(engine.inserts[0])
    later.add(table(10), mark=10)
    later.flush()
    assert [10] == engine.inserts[-1]


def test_what_went_in_before_the_engine_was_away_is_not_put_in_again(
    engine: Engine, later: LaterInserts
) -> None:
    engine.most = 2
    engine.too_large = {7}
    for number in range(8):
        later.add(table(number), mark=number)
    with pytest.raises(StoreUnavailableError):
        later.flush()
    assert list(range(7)) == engine.numbers
    engine.too_large.clear()
    later.add(table(8), mark=8)
    later.flush()
    assert list(range(9)) == engine.numbers


def test_it_goes_in_by_itself_when_there_is_enough(
    engine: Engine, later: LaterInserts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later_inserts, "_GROUP_ROWS", 4)
    later.add(table(1, 2, 3), mark=1)
    later.add(table(4, 5), mark=2)
    with engine.changed:
        assert engine.changed.wait_for(lambda: engine.inserts, timeout=30)
    assert [1, 2, 3, 4, 5] == engine.numbers


def test_it_goes_in_by_itself_after_a_moment(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later_inserts, "_AGE_SECONDS", 0.01)
    later = opened(engine, tmp_path)
    later.add(table(1), mark=1)
    with engine.changed:
        assert engine.changed.wait_for(lambda: engine.inserts, timeout=30)
    later.close()
    assert [1] == engine.numbers


def test_what_the_engine_did_not_take_is_tried_again(
    engine: Engine, later: LaterInserts, tmp_path: Path
) -> None:
    engine.is_away = True
    later.add(table(1), mark=1)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match="away"):
            later.flush()
    later.add(table(2), mark=2)
    assert [] == engine.ended
    engine.is_away = False
    later.flush()
    assert ([[1], [2]], [1, 2]) == (engine.inserts, engine.ended)
    later.close()
    other = Engine()
    opened(other, tmp_path).recover()
    assert [] == other.numbers


def test_another_process_puts_away_what_one_could_not(engine: Engine, tmp_path: Path) -> None:
    engine.is_away = True
    later = opened(engine, tmp_path)
    later.add(table(1), mark=1)
    with pytest.raises(StoreUnavailableError):
        later.flush()
    later.add(table(2), mark=2)
    later.close()
    engine.is_away = False
    with pytest.raises(StoreUnavailableError, match="closed"):
        later.add(table(3), mark=3)
    after = opened(engine, tmp_path)
    after.recover()
    assert ([1, 2], []) == (engine.numbers, engine.ended)
    after.add(table(4), mark=4)
    after.close()
    assert [1, 2, 4] == engine.numbers


def test_what_was_left_waits_for_an_engine_that_can_write(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later_inserts, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(later_inserts, "_AGE_SECONDS", 3600.0)
    engine.is_away = True
    later = opened(engine, tmp_path)
    later.add(table(1), mark=1)
    later.close()
    after = opened(engine, tmp_path)
    after.recover()
    after.add(table(2), mark=2)
    assert [] == engine.inserts
    engine.is_away = False
    with engine.changed:
        assert engine.changed.wait_for(lambda: engine.inserts, timeout=30)
    after.close()
    assert ([1, 2], [2]) == (engine.numbers, engine.ended)


def test_who_waited_for_another_puts_nothing_more_away(
    engine: Engine, later: LaterInserts, monkeypatch: pytest.MonkeyPatch
) -> None:
    later.add(table(1), mark=1)
    begun, goes_on = threading.Event(), threading.Event()
    insert = engine.insert

    def slow(tables: Tables) -> None:
        begun.set()
        assert goes_on.wait(30)
        insert(tables)

    monkeypatch.setattr(later, "_insert", slow)
    askers = [threading.Thread(target=later.flush) for _ in range(4)]
    for each in askers:
        each.start()
    assert begun.wait(30)
    later.add(table(2), mark=2)
    goes_on.set()
    for each in askers:
        each.join()
    assert [1] == engine.inserts[0]
    assert len(engine.inserts) <= 2
    later.flush()
    assert [1, 2] == engine.numbers


def test_it_takes_no_more_than_it_can_hold(
    engine: Engine, later: LaterInserts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later_inserts, "_MOST_ROWS", 2)
    engine.is_away = True
    later.add(table(1, 2), mark=1)
    with pytest.raises(StoreUnavailableError, match="away"):
        later.add(table(3), mark=2)
    engine.is_away = False
    later.add(table(4), mark=3)
    assert ([1, 2], [1]) == (engine.numbers, engine.ended)


def test_it_takes_no_more_bytes_than_it_can_hold(
    engine: Engine, later: LaterInserts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later_inserts, "_MOST_BYTES", 1)
    engine.is_away = True
    later.add(table(1), mark=1)
    with pytest.raises(StoreUnavailableError, match="away"):
        later.add(table(2), mark=2)
    engine.is_away = False
    later.add(table(3), mark=3)
    assert [1] == engine.numbers


def test_rows_of_an_earlier_version_go_in_apart(engine: Engine, later: LaterInserts) -> None:
    later.add([("spans", pa.table({"number": [1], "gone": ["x"]}))], mark=1)
    later.add(table(2), mark=2)
    later.flush()
    assert [1, 2] == engine.numbers


def test_whatever_fails_is_tried_again(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later_inserts, "_AGE_SECONDS", 0.01)
    monkeypatch.setattr(later_inserts, "_PAUSE_SECONDS", 0.01)
    failed = threading.Event()
    insert = engine.insert

    def fails_once(tables: Tables) -> None:
        if not failed.is_set():
            failed.set()
            raise MemoryError
        insert(tables)

    monkeypatch.setattr(engine, "insert", fails_once)
    later = opened(engine, tmp_path)
    later.add(table(1), mark=1)
    with engine.changed:
        assert engine.changed.wait_for(lambda: engine.inserts, timeout=30)
    later.close()
    assert ([1], [1]) == (engine.numbers, engine.ended)


def test_rows_that_the_engine_refuses_are_kept_beside_the_others(
    engine: Engine, later: LaterInserts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine.refuses = {2}
    for number in range(4):
        later.add(table(number), mark=number)
    later.flush()
    assert ([0, 1, 3], [0, 1, 2, 3]) == (engine.numbers, engine.ended)
    (aside,) = (tmp_path / "journal").glob("refused-*")
    assert str(aside) in caplog.text
    ((_, rows),) = decoded(aside.read_bytes())
    assert [2] == rows["number"].to_pylist()


def test_what_the_disk_does_not_take_is_not_accepted(
    engine: Engine, later: LaterInserts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_record: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(later._journal, "append", full)
        with pytest.raises(OSError, match="No space"):
            later.add(table(1), mark=1)
    later.flush()
    assert [] == engine.numbers


def test_a_journal_that_could_not_be_emptied_is_emptied_later(
    engine: Engine, later: LaterInserts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise OSError(5, "Input/output error")

    later.add(table(1), mark=1)
    with monkeypatch.context() as patch:
        patch.setattr(later._journal, "forget", fails)
        with pytest.raises(StoreUnavailableError, match="Input/output"):
            later.flush()
    later.add(table(2), mark=2)
    later.flush()
    assert [1, 2] == engine.numbers
    assert not any(path.stat().st_size for path in later._directory.iterdir())
