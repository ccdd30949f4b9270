"""What the journal has taken is there again after any end; what it has not taken whole is not."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.io.insert_journal import InsertJournal, holds_records


def reopened(directory: Path) -> list[bytes]:
    """Give what another process would find; of a copy, for this one is still at it."""
    copy = directory.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(directory, copy)
    return left_in(copy)


def left_in(directory: Path) -> list[bytes]:
    assert not directory.exists() or holds_records(directory) or not any(directory.glob("left-*"))
    journal = InsertJournal(directory)
    left = [record for each in journal.left() for record in each]
    journal.close()
    return left


def test_records_are_given_back_until_they_are_forgotten(tmp_path: Path) -> None:
    journal = InsertJournal(tmp_path / "journal")
    journal.append(b"one")
    journal.append(b"1")
    assert [b"one", b"1"] == reopened(tmp_path / "journal")
    journal.turn()
    journal.append(b"two")
    assert [b"one", b"1", b"two"] == reopened(tmp_path / "journal")
    journal.forget()
    assert [b"two"] == reopened(tmp_path / "journal")
    journal.turn()
    journal.append(b"three")
    journal.forget()
    assert [b"three"] == reopened(tmp_path / "journal")


def test_it_does_not_turn_to_a_file_that_holds_records(tmp_path: Path) -> None:
    journal = InsertJournal(tmp_path / "journal")
    journal.append(b"one")
    journal.turn()
    with pytest.raises(ValueError, match="still holds"):
        journal.turn()


def test_what_earlier_processes_left_stays_until_it_is_dropped(tmp_path: Path) -> None:
    for record in (b"one", b"two"):
        journal = InsertJournal(tmp_path / "journal")
        journal.append(record)
        journal.close()
    journal = InsertJournal(tmp_path / "journal")
    journal.append(b"three")
    first, second = journal.left()
    assert ([b"one"], [b"two"]) == (list(first), list(second))
    first.drop()
    assert [b"two", b"three"] == reopened(tmp_path / "journal")
    assert holds_records(tmp_path / "journal")


def test_only_one_uses_a_directory(tmp_path: Path) -> None:
    journal = InsertJournal(tmp_path / "journal")
    with pytest.raises(BlockingIOError):
        InsertJournal(tmp_path / "journal")
    journal.append(b"one")
    journal.close()
    assert [b"one"] == left_in(tmp_path / "journal")


TORN = [
    b"\x50\0\0\0\x01\x02\x03\x04half",
    b"\x50",
    b"\0" * 4096,
    b"\x03\0\0\0\0\0\0\0one",
]


@pytest.mark.parametrize("tail", TORN)
@pytest.mark.parametrize("whole", [[], [b"one"]])
@pytest.mark.parametrize("name", ["0", "1"])
def test_nothing_is_written_behind_a_torn_end(
    tmp_path: Path, name: str, whole: list[bytes], tail: bytes
) -> None:
    directory = tmp_path / "journal"
    journal = InsertJournal(directory)
    for record in whole:
        journal.append(record)
    journal.close()
    text = (directory / "0").read_bytes()
    (directory / "0").write_bytes(b"")
    (directory / name).write_bytes(text + tail)
    journal = InsertJournal(directory)
    for _ in range(2):
        journal.append(b"two")
        journal.turn()
        journal.forget()
    journal.append(b"three")
    assert [*whole, b"three"] == reopened(directory)
    (left,) = journal.left()
    assert whole == list(left)
    left.drop()
    assert [b"three"] == reopened(directory)
    (aside,) = directory.glob("torn-*")
    assert tail == aside.read_bytes()


@settings(max_examples=50)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), st.data())
def test_a_file_cut_anywhere_gives_whole_records(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes], data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("cut") / "journal"
    journal = InsertJournal(directory)
    ends = [0]
    for record in records:
        journal.append(record)
        ends.append((directory / "0").stat().st_size)
    text = (directory / "0").read_bytes()
    at = data.draw(st.integers(0, len(text)))
    whole = sum(end <= at for end in ends) - 1
    (directory / "0").write_bytes(text[:at])
    assert records[:whole] == reopened(directory)
    if at < len(text):
        turned = bytes([text[at] ^ data.draw(st.integers(1, 255))])
        (directory / "0").write_bytes(text[:at] + turned + text[at + 1 :])
        assert records[:whole] == reopened(directory)[:whole]


def test_what_the_disk_did_not_take_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = InsertJournal(tmp_path / "journal")
    journal.append(b"one")
    write = os.pwrite

    def half(file: int, text: bytes, at: int) -> int:
        if len(text) < 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, text[: len(text) // 2], at)

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", half)
        with pytest.raises(OSError, match="No space left"):
            journal.append(b"x" * 1000)
    journal.append(b"two")
    assert [b"one", b"two"] == reopened(tmp_path / "journal")


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    journal = InsertJournal(tmp_path / "journal")
    journal.append(b"one")
    assert 0o700 == (tmp_path / "journal").stat().st_mode & 0o777
    assert {0o600} == {file.stat().st_mode & 0o777 for file in (tmp_path / "journal").iterdir()}
    journal.close()
