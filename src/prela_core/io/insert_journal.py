"""What is accepted, on disk in a file, until the engine has it: two files that take turns."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["InsertJournal"]

_NAMES = ("0", "1")
_HEAD = struct.Struct("<II")
"""Before each record: how many bytes it has, and their CRC-32."""


class InsertJournal:
    """Records in `directory`, appended to one file while those of the other are put away.

    A record is on disk when `append` returns. `left` gives those that an earlier process did not
    put away; a last one that was not written to its end was never accepted, and is passed over.
    Methods raise `OSError`. One process uses a directory, and one thread at a time a method.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        self._paths = [directory / name for name in _NAMES]
        flags = os.O_RDWR | os.O_CREAT
        self._files = [os.open(path, flags, 0o600) for path in self._paths]
        _sync_directory(directory)
        self._written = [os.fstat(file).st_size for file in self._files]
        self._current = 0

    def left(self) -> Iterator[bytes]:
        """Give the records that both files hold."""
        for path in self._paths:
            yield from _records(path.read_bytes())

    def append(self, record: bytes) -> None:
        """Write one record to the end of the current file."""
        file, end = self._files[self._current], self._written[self._current]
        try:
            whole = _HEAD.pack(len(record), zlib.crc32(record)) + record
            at = 0
            while at < len(whole):
                at += os.pwrite(file, whole[at:], end + at)
            os.fdatasync(file)
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
        self._empty(1 - self._current)

    def forget_all(self) -> None:
        """Empty both files."""
        for number in range(len(self._files)):
            self._empty(number)

    def close(self) -> None:
        """Let go of the files, and remove those that are empty."""
        for path, file, written in zip(self._paths, self._files, self._written, strict=True):
            os.close(file)
            if not written:
                with suppress(OSError):
                    path.unlink()
        self._paths, self._files, self._written = [], [], []

    def _empty(self, number: int) -> None:
        if self._written[number]:
            os.ftruncate(self._files[number], 0)
            # Not only for its room: what is deleted from now on must not come back out of it.
            os.fsync(self._files[number])
            self._written[number] = 0


def _records(text: bytes) -> Iterator[bytes]:
    at = 0
    while at + _HEAD.size <= len(text):
        length, said = _HEAD.unpack_from(text, at)
        record = text[at + _HEAD.size : at + _HEAD.size + length]
        if len(record) < length or zlib.crc32(record) != said:
            return
        yield record
        at += _HEAD.size + length


def _sync_directory(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
