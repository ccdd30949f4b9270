"""Files for spans that can't be delivered now, shared by all processes that use the directory."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path

from prela_core.errors import MalformedError, SettingsError
from prela_core.io.sink_log import SinkLog
from prela_core.model import Span
from prela_core.wire.lines import span_from_line, span_to_line

__all__ = ["Claim", "Spill"]

_MIB = 1 << 20
_READY, _PART, _CORRUPT = ".jsonl", ".part", ".corrupt"
_STALE_SECONDS = 3600.0
"""A file that was begun so long ago belongs to a process that died while it wrote."""


class Claim:
    """The spans of one file, which no other process touches until this one lets go.

    The lock is the kernel's (`flock`), so it ends with the process however that ends.
    """

    def __init__(self, path: Path, file: int, spans: Sequence[Span], *, is_whole: bool) -> None:
        self.spans = spans
        self._path = path
        self._file = file
        self._is_whole = is_whole

    def delivered(self) -> None:
        """Delete the file; one with lines that can't be read is set aside as `….corrupt`."""
        with suppress(OSError):
            if self._is_whole:
                self._path.unlink(missing_ok=True)
            else:
                self._path.rename(self._path.with_suffix(_CORRUPT))
        self.release()

    def release(self) -> None:
        """Leave the file to whoever claims it next."""
        os.close(self._file)


class Spill:
    """Writes spans to `directory` as files of JSON lines, and gives them back, oldest file first.

    Files appear whole, hold at most `most_a_file` bytes or one span, and take `most_bytes` in
    all at most, those of other processes included: what goes beyond is not saved. Only the
    user can read them, as they hold what the spans hold. `prela ingest` reads them too.

    Raises `SettingsError` on systems without `flock`, such as Windows.
    """

    def __init__(
        self,
        directory: str | PathLike[str],
        log: SinkLog,
        *,
        most_bytes: int = 256 * _MIB,
        most_a_file: int = 2 * _MIB,
    ) -> None:
        try:
            import fcntl  # noqa: PLC0415 - programs that spill nothing do without it
        except ImportError:
            raise SettingsError("spill needs file locks that this system has not") from None
        self._locks = fcntl
        self.directory = Path(directory)
        self._log = log
        self._most_bytes = most_bytes
        self._most_a_file = most_a_file

    def save(self, spans: Sequence[Span]) -> int:
        """Write `spans` to new files; say how many of them, from the first on, are there now."""
        saved = 0
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            free = self._most_bytes - self._taken()
            for count, text in self._texts(spans):
                free -= len(text)
                if free < 0:
                    self._log.warn(
                        "spill full",
                        f"the spill directory {self.directory} holds as much as it may "
                        f"({self._most_bytes:,} bytes); spans are lost until it is emptied",
                    )
                    break
                self._write(text)
                saved += count
        except OSError as error:
            self._log.warn(
                "spill",
                f"spans can't be saved to {self.directory} ({error.strerror or error}); let this "
                "user make it and write to it, or name another PRELA_SPILL_DIR",
            )
        return saved

    def claim(self) -> Claim | None:
        """Take the oldest file that no other process has; None when there is none."""
        for path in self._ready():
            try:
                file = os.open(path, os.O_RDONLY)
            except OSError:
                continue
            try:
                self._locks.flock(file, self._locks.LOCK_EX | self._locks.LOCK_NB)
                # The one who had it before may have deleted it while we opened it.
                if path.stat().st_ino == os.fstat(file).st_ino:
                    return self._read(path, file)
            except OSError:
                pass
            os.close(file)
        return None

    def _texts(self, spans: Sequence[Span]) -> Iterator[tuple[int, bytes]]:
        lines: list[bytes] = []
        size = 0
        for span in spans:
            line = span_to_line(span)
            if lines and size + len(line) > self._most_a_file:
                yield len(lines), b"".join(lines)
                lines, size = [], 0
            lines.append(line)
            size += len(line)
        if lines:
            yield len(lines), b"".join(lines)

    def _write(self, text: bytes) -> None:
        # Names in order of time, so that the oldest is claimed first.
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}"
        part = self.directory / f"{name}{_PART}"
        try:
            with open(part, "xb", opener=_private) as file:
                file.write(text)
            part.rename(self.directory / f"{name}{_READY}")
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _taken(self) -> int:
        taken = 0
        with os.scandir(self.directory) as found:
            for one in found:
                with suppress(FileNotFoundError):
                    taken += one.stat().st_size
        return taken

    def _ready(self) -> list[Path]:
        ready = []
        with suppress(OSError), os.scandir(self.directory) as found:
            for one in found:
                if one.name.endswith(_READY):
                    ready.append(Path(one.path))
                elif one.name.endswith(_PART):
                    with suppress(OSError):
                        if time.time() - one.stat().st_mtime > _STALE_SECONDS:
                            Path(one.path).unlink()
        return sorted(ready)

    def _read(self, path: Path, file: int) -> Claim:
        spans, wrong = [], 0
        with open(file, "rb", closefd=False) as lines:
            for line in lines:
                try:
                    spans.append(span_from_line(line))
                except MalformedError:
                    wrong += 1
        if wrong:
            self._log.warn(
                f"corrupt {path}",
                f"{path} holds {wrong} lines that are no spans; the others are delivered, and it "
                f"is set aside as {path.with_suffix(_CORRUPT).name}",
            )
        return Claim(path, file, spans, is_whole=not wrong)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
