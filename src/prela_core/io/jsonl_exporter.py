"""Spans to a file, one JSON object a line: what `prela ingest` reads."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import FileIO
from os import PathLike
from pathlib import Path

import msgspec

from prela_core.errors import UnavailableError
from prela_core.io.process_lock import ProcessLock
from prela_core.model import Span
from prela_core.wire.encode import span_to_json

__all__ = ["JsonlExporter"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_GZIP = ".gz"
_LOCK = ".lock"
_UNFINISHED = ".part"


class JsonlExporter:
    """Appends spans to the file at `path`, which is made when the first ones come.

    The lines of one call are written as one piece, so threads and processes that append to the
    same file do not mix theirs, and what a writer left of a line when it died spoils no other.
    Raises `OSError` when the file can't be written, and `UnavailableError` when the disk is full.

    With `max_bytes`, a file that would grow larger is put aside first, unless it is empty: a
    `spans.jsonl` becomes `spans.20260115T120000.000000Z.jsonl`, the moment in UTC. With
    `max_seconds`, so is one whose first span was written longer ago.
    Of the files put aside, the newest `keep` are kept (None: all); with `compress`, they are
    gzipped. `prela ingest` reads the folder that holds them all. Processes that share a file do
    so by a lock on `path` with `.lock` at its end, and all of them should ask for the same.
    `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        max_bytes: int | None = None,
        max_seconds: float | None = None,
        keep: int | None = None,
        compress: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = Path(path)
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._keep = keep
        self._compress = compress
        self._clock = clock
        self._lock = ProcessLock()

    def __call__(self, spans: Sequence[Span]) -> None:
        """Append `spans`; they are in the file (not necessarily on the disk) on return."""
        if not spans:
            return
        lines = b"".join(msgspec.json.encode(span_to_json(span)) + b"\n" for span in spans)
        with self._lock:
            if self._max_bytes is None and self._max_seconds is None:
                self._append(lines)
                return
            with _held(self._path.with_name(self._path.name + _LOCK)) as lock:
                if self._is_due(lock, len(lines)):
                    self._put_aside()
                if not self._path.exists():
                    _write_moment(lock, self._clock())
                self._append(lines)

    def _append(self, lines: bytes) -> None:
        with self._path.open("ab+", buffering=0) as file:
            if _ends_within_a_line(file):
                lines = b"\n" + lines
            left = memoryview(lines)
            try:
                while left:
                    left = left[file.write(left) :]
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                raise UnavailableError(
                    f"{self._path} can't be written ({error.strerror})", retry_after=0
                ) from error

    def _is_due(self, lock: int, more: int) -> bool:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return False
        if not size:
            return False
        if self._max_bytes is not None and size + more > self._max_bytes:
            return True
        return (
            self._max_seconds is not None
            and self._clock() - _read_moment(lock, self._path) >= self._max_seconds
        )

    def _put_aside(self) -> None:
        """Rename the file; the lock is held."""
        moment = self._clock()
        while True:
            name = f"{datetime.fromtimestamp(moment, UTC):%Y%m%dT%H%M%S.%fZ}"
            aside = self._path.with_name(f"{self._path.stem}.{name}{self._path.suffix}")
            packed = aside.with_name(aside.name + _GZIP)
            if not aside.exists() and not packed.exists():
                break
            moment += 0.000_001
        self._path.rename(aside)
        if self._compress:
            # Another name until it is whole: who reads the folder meanwhile must see no half of it.
            part = packed.with_name(packed.name + _UNFINISHED)
            with aside.open("rb") as plain, gzip.open(part, "wb", 6) as file:
                shutil.copyfileobj(plain, file)
            part.rename(packed)
            aside.unlink()
        if self._keep is not None:
            put_aside = sorted(self._aside(), key=lambda path: path.name.removesuffix(_GZIP))
            for old in put_aside[: max(len(put_aside) - self._keep, 0)]:
                old.unlink(missing_ok=True)

    def _aside(self) -> Iterator[Path]:
        head, tail = f"{self._path.stem}.", self._path.suffix
        for path in self._path.parent.iterdir():
            name = path.name.removesuffix(_GZIP)
            if name.startswith(head) and name.endswith(tail) and path != self._path:
                moment = name[len(head) : len(name) - len(tail)]
                if _is_moment(moment):
                    yield path


def _ends_within_a_line(file: FileIO) -> bool:
    """Say whether a writer died, or its disk was full, before its last line was whole."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _is_moment(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%dT%H%M%S.%fZ")  # noqa: DTZ007 - only its form is asked for
    except ValueError:
        return False
    return True


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """Hold the lock at `path`, which ends with the process however that ends."""
    import fcntl  # noqa: PLC0415 - not on Windows, where a file that does not rotate is possible

    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _write_moment(lock: int, moment: float) -> None:
    """Note when the current file was begun: its own times change with each write."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(moment).encode(), 0)


def _read_moment(lock: int, path: Path) -> float:
    try:
        return float(os.pread(lock, 64, 0))
    except ValueError:
        return path.stat().st_mtime
