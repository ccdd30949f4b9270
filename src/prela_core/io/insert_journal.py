"""What is accepted, on disk in a file, until the engine has it: two files that take turns."""

from __future__ import annotations

import enum
import fcntl
import logging
import os
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = [
    "JOURNAL",
    "Aside",
    "InsertJournal",
    "LeftRecords",
    "holds_records",
    "kept_aside",
    "set_aside",
]

_log = logging.getLogger(__name__)

JOURNAL = "journal"
"""The name of its directory, beside the files of the engine."""

_NAMES = ("0", "1")
_LEFT = "left-*"
_HEAD = struct.Struct("<II")
"""Before each record: how many bytes it has, never none, and their CRC-32."""
_sync_data = getattr(os, "fdatasync", os.fsync)  # which not every system has


def holds_records(directory: Path) -> bool:
    """Say whether an earlier process left records in `directory`, which need not be there."""
    found = [*(directory / name for name in _NAMES), *directory.glob(_LEFT)]
    return any(path.exists() and path.stat().st_size for path in found)


class Aside(enum.StrEnum):
    """Why something accepted is kept in a file of its own, and not in the engine."""

    REFUSED = "refused"
    """The engine can't hold these rows."""
    TORN = "torn"
    """The end of a journal, which is no record."""
    UNREADABLE = "unreadable"
    """A record of a journal that holds no rows."""


class LeftRecords:
    """A file of records that an earlier process did not put away."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0

    def __iter__(self) -> Iterator[bytes]:
        """Give its records as far as they are whole: what is behind was never accepted."""
        self._end = 0
        with self._path.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                length, said = _HEAD.unpack(head)
                record = file.read(length)
                if not length or len(record) < length or zlib.crc32(record) != said:
                    return
                self._end += _HEAD.size + length
                yield record

    def drop(self) -> None:
        """Remove the file, all records of which were read; what could not be is set aside."""
        rest = self._path.stat().st_size - self._end
        if rest:
            with self._path.open("rb") as file:
                file.seek(self._end)
                aside = set_aside(self._path.parent, Aside.TORN, file.read())
            _log.warning("a journal ended in %d bytes that are no record, kept in %s", rest, aside)
        self._path.unlink()
        _sync(self._path.parent)


class InsertJournal:
    """Records in `directory`, appended to one file while those of the other are put away.

    A record is on disk when `append` returns. Methods raise `OSError`; a directory that another
    process uses is one (`BlockingIOError`). One thread at a time calls a method.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        if not directory.exists():
            directory.mkdir(mode=0o700)
            _sync(directory.parent)
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._set_left_apart()
            flags = os.O_RDWR | os.O_CREAT
            self._files = [os.open(directory / name, flags, 0o600) for name in _NAMES]
            _sync(directory)
        except OSError:
            os.close(self._lock)
            raise
        self._written = [0, 0]
        self._current = 0

    def _set_left_apart(self) -> None:
        """Give files with records names of their own: nothing is appended to what may be torn."""
        for name in _NAMES:
            path = self._directory / name
            if path.exists() and path.stat().st_size:
                path.rename(self._directory / f"{_LEFT[:-1]}{time.time_ns()}-{name}")

    def left(self) -> list[LeftRecords]:
        """Give what earlier processes did not put away, oldest first."""
        return [LeftRecords(path) for path in sorted(self._directory.glob(_LEFT))]

    def append(self, record: bytes) -> None:
        """Write one record, which is not empty, to the end of the current file."""
        file, end = self._files[self._current], self._written[self._current]
        try:
            whole = _HEAD.pack(len(record), zlib.crc32(record)) + record
            at = 0
            while at < len(whole):
                at += os.pwrite(file, whole[at:], end + at)
            _sync_data(file)
        except OSError:
            # What is there of it must not stand before the next.
            with suppress(OSError):
                os.ftruncate(file, end)
            raise
        self._written[self._current] = end + len(whole)

    def turn(self) -> None:
        """Append to the other file from now on, which must be empty."""
        if self._written[1 - self._current]:
            raise ValueError("the other file still holds records")
        self._current = 1 - self._current

    def forget(self) -> None:
        """Empty the file that is not appended to: the engine has what it holds."""
        other = 1 - self._current
        if self._written[other]:
            os.ftruncate(self._files[other], 0)
            # Not only for its room: what is deleted from now on must not come back out of it.
            os.fsync(self._files[other])
            self._written[other] = 0

    def close(self) -> None:
        """Let go of the files."""
        for file in (*self._files, self._lock):
            os.close(file)


def kept_aside(directory: Path) -> list[Path]:
    """Give the files that `set_aside` made in `directory`, which need not be there."""
    return sorted(path for what in Aside for path in directory.glob(f"{what}-????????"))


def set_aside(directory: Path, what: Aside, content: bytes) -> Path:
    """Keep `content` in a file of its own, on disk when it returns; the same in the same file."""
    path = directory / f"{what}-{zlib.crc32(content):08x}"
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    _sync(directory)
    return path


def _sync(directory: Path) -> None:
    """Have the names in `directory` outlive the machine's sudden stop."""
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
