"""The data directory: where it is, who holds it, and how the others find the holder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs
import msgspec

from prela_core.errors import DataDirectoryBusyError, SettingsError

__all__ = [
    "DataDirectory",
    "Holder",
    "default_data_directory",
    "holder_of",
    "is_data_directory",
    "server_of",
    "unusable",
]

_LOCK = "prela.lock"
_STORE = "store"
_PAUSE = 0.05


@attrs.frozen
class Holder:
    """The process that has a data directory open. `url` is None when it serves nobody."""

    pid: int
    command: str
    url: str | None = None


def default_data_directory() -> Path:
    """Give `PRELA_DATA_DIR`, or else `~/.prela`; a `SettingsError` where nobody knows `~`."""
    given = os.environ.get("PRELA_DATA_DIR") or "~/.prela"
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise SettingsError(
            f"the home directory of {given} is not known: set PRELA_DATA_DIR"
        ) from None


def unusable(path: Path, error: OSError) -> SettingsError:
    """Say of a data directory at `path` that it can't be used, why, and what to do."""
    return SettingsError(
        f"the data directory {path} can't be used ({error.strerror or error}); let this user "
        "make it and write to it, or choose another --data-dir"
    )


class DataDirectory:
    """Holds a data directory for this process; the engine bears only one at a time.

    Use it as a context manager. The lock is the kernel's (`flock`), so it ends with the
    process however that ends, and the file beside it says who holds it.
    """

    def __init__(self, path: Path, *, command: str) -> None:
        self.path = path
        self._command = command
        self._file: int | None = None

    @property
    def store_path(self) -> Path:
        """Where the engine keeps its files."""
        return self.path / _STORE

    def acquire(
        self,
        *,
        patience: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Take the directory, waiting up to `patience` seconds for another to let go of it.

        Raises `DataDirectoryBusyError`, which says who has it and what to do, and
        `SettingsError` for a directory that can't be made or written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unusable(self.path, error) from error
        until = clock() + patience
        while not _lock(file):
            if clock() >= until:
                os.close(file)
                raise DataDirectoryBusyError(_sentence(self.path, _read(self.path)))
            sleep(_PAUSE)
        self._file = file
        self._write(Holder(os.getpid(), self._command))
        return self

    def announce(self, url: str) -> None:
        """Say where this process answers, so that others can ask it."""
        self._write(Holder(os.getpid(), self._command, url))

    def release(self) -> None:
        """Let go of the directory."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self if self._file is not None else self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _write(self, holder: Holder) -> None:
        if self._file is None:
            raise RuntimeError("the data directory is not held")
        text = msgspec.json.encode(holder)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)


def is_data_directory(path: Path) -> bool:
    """Say whether `path` was ever held as a data directory, or is a copy of one's store.

    Whoever only reads asks first: holding a directory makes a store in it.
    """
    return (path / _LOCK).exists() or (path / _STORE / "metadata").is_dir()


def holder_of(path: Path) -> Holder | None:
    """Say who has the data directory open; None when nobody has."""
    try:
        file = os.open(path / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        # Shared, so that those who only look don't take each other for the holder.
        if _lock(file, fcntl.LOCK_SH):
            return None
        return _read(path) or Holder(0, "another process")
    finally:
        os.close(file)


def server_of(path: Path, *, patience: float) -> str | None:
    """Give the URL of the server that has the directory open; None when none has.

    Whoever has it and answers nowhere is waited for so many seconds: a server is just being
    started, or else a short command ends. Raises `SettingsError` for a directory that can't be
    looked into.
    """
    until = time.monotonic() + patience
    try:
        while (holder := holder_of(path)) is not None:
            if holder.url or time.monotonic() >= until:
                return holder.url
            time.sleep(_PAUSE)
    except OSError as error:
        raise unusable(path, error) from error
    return None


def _lock(file: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Holder | None:
    try:
        return msgspec.json.decode((path / _LOCK).read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError):
        return None


def _sentence(path: Path, holder: Holder | None) -> str:
    if holder is None:
        return f"{path} is open in another process; only one may have it. Try again in a moment."
    who = f"`{holder.command}` (process {holder.pid})"
    if holder.url is None:
        return f"{path} is open in {who}; only one process may have it. Wait until that ends."
    return (
        f"{path} is open in {who}, which answers at {holder.url}. Ask that server instead "
        f"(--url {holder.url}), stop it, or choose another --data-dir."
    )
