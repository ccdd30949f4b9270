"""The embedded store of this process: one place, for all in the process who want it.

The engine bears one directory in a process, and a directory bears one process. A program that
records into a directory and looks into it as well has it open once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from prela_core.errors import DataDirectoryBusyError
from prela_core.io.data_directory import DataDirectory
from prela_core.io.process_lock import ProcessLock

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore

__all__ = ["SharedStore", "is_open_here", "open_held", "take"]

_READERS = 2


@attrs.define(eq=False)
class SharedStore:
    """A store that is open in this process, for `users` of it; each says `give_back` once."""

    path: Path
    store: ClickHouseStore
    undo: ExitStack
    pid: int
    users: int = 1

    def give_back(self) -> None:
        """Let go of it; the last one closes it. In a forked child it is left alone."""
        global _shared  # noqa: PLW0603 - one for the process, as the engine is
        if self.pid != os.getpid():
            # It is the parent's; even to forget the engine here would wait for its threads.
            return
        with _lock:
            self.users -= 1
            if not self.users:
                _shared = None
                self.undo.close()


_lock = ProcessLock()
_shared: SharedStore | None = None


def is_open_here(path: Path) -> bool:
    """Say whether this process has the store of `path` open."""
    with _lock:
        shared = _shared
        return shared is not None and shared.pid == os.getpid() and shared.path == path.resolve()


def take(path: Path, opened: Callable[[ExitStack], ClickHouseStore]) -> SharedStore:
    """Give the store of `path`, a data directory or a file; by `opened` if it is not open yet.

    That leaves in its argument what has to be done when the store is closed. Raises
    `DataDirectoryBusyError` when this process has another one open, and what `opened` raises.
    """
    global _shared  # noqa: PLW0603 - likewise
    with _lock:
        if _shared is not None and _shared.pid == os.getpid():
            if _shared.path != path.resolve():
                raise DataDirectoryBusyError(
                    f"this process has {_shared.path} open, and the engine bears one place in a "
                    f"process; close that connection before you open {path}, or ask a server"
                )
            _shared.users += 1
            return _shared
        with ExitStack() as undo:
            store = opened(undo)
            _shared = SharedStore(path.resolve(), store, undo.pop_all(), os.getpid())
        return _shared


def open_held(
    directory: DataDirectory, undo: ExitStack, *, retention_days: int | None = None
) -> ClickHouseStore:
    """Open the store of a directory that was taken; `undo` closes it and lets the directory go."""
    from prela_core.io.clickhouse_opening import open_embedded  # noqa: PLC0415 - heavy

    undo.callback(directory.release)
    store = open_embedded(directory.store_path, readers=_READERS, retention_days=retention_days)
    undo.callback(store.close)
    return store
