"""Spans straight into a data directory, without a server: for tests, notebooks and scripts."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from prela_core.errors import DataDirectoryBusyError, InputError
from prela_core.io.data_directory import DataDirectory, default_data_directory, holder_of
from prela_core.io.process_lock import ProcessLock
from prela_core.io.sending import Refusals
from prela_core.io.shared_store import SharedStore, open_held, take
from prela_core.model import Span
from prela_core.wire.decoded import Decoded
from prela_core.wire.limits import Limits
from prela_core.wire.records import to_record

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore

__all__ = ["StoreExporter"]

_LIMITS = Limits()
_PATIENCE_SECONDS = 5.0
"""Commands that have the directory open are short."""


class StoreExporter:
    """Writes spans into the embedded store of the data directory at `path`.

    The default is `PRELA_DATA_DIR`, or else `~/.prela`, where `prela serve` and `prela query` look
    too. The directory is opened when the first spans come, or `store` is asked for, and held until
    `close()`: only one process may have it (no forked child), and one process only one directory.
    `prela_core.connect` with the same path, in the same process, asks the same store.
    Spans are on the disk on return.

    Raises `DataDirectoryBusyError` when another process has it, `SettingsError` when it can't be
    used, `StoreUnavailableError` when the store can't write now. Spans that no server would take
    are counted in `refused`, and the first are logged. Needs the extra `prela-core[embedded]`.
    """

    project_id = "default"
    """The project of a data directory: what `store` is to be asked about."""

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.path = default_data_directory() if path is None else Path(path).expanduser()
        self._lock = ProcessLock()
        self._shared: SharedStore | None = None
        self._is_closed = False
        self._pid = 0
        self._refusals = Refusals()
        self._last = 0

    @property
    def store(self) -> ClickHouseStore:
        """The store while it is open, as a `prela_core.store.Reader` for the same process."""
        with self._lock:
            return self._opened()

    @property
    def refused(self) -> int:
        """How many spans were no spans that can be stored."""
        return self._refusals.count

    def __call__(self, spans: Sequence[Span]) -> None:
        """Store `spans`."""
        if not spans:
            return
        with self._lock:
            store = self._opened()
            received_at = self._receipt()
            records = []
            for span in spans:
                try:
                    records.append(to_record(span, received_at=received_at, limits=_LIMITS))
                except InputError as error:
                    self._refusals.note(str(self.path), 1, str(error))
            if records:
                decoded = Decoded(records, [], [], total=len(spans))
                store.insert([decoded.batch(self.project_id, received_at)])

    def close(self) -> None:
        """Let go of the directory; what was stored can be read by others from now on."""
        with self._lock:
            self._is_closed = True
            self._let_go()

    def _opened(self) -> ClickHouseStore:
        if self._is_closed:
            raise RuntimeError("the exporter is closed")
        if self._shared is not None and self._pid != os.getpid():
            raise RuntimeError(
                f"{self.path} is open in the process that this one was forked from, and only one "
                "may have it; start `prela serve`, and export to that from both"
            )
        if self._shared is None:
            self._pid = os.getpid()
            self._shared = take(self.path, lambda undo: open_held(self._held(), undo))
        return self._shared.store

    def _held(self) -> DataDirectory:
        directory = DataDirectory(self.path, command=Path(sys.argv[0]).name or "python")
        try:
            return directory.acquire()
        except DataDirectoryBusyError as error:
            holder = holder_of(self.path)
            if holder is not None and holder.url is not None:
                raise DataDirectoryBusyError(
                    f"{self.path} is open in `{holder.command}` (process {holder.pid}), which "
                    f"takes spans at {holder.url}; export to that server instead, with "
                    f"{holder.url!r} as the exporter, or stop it"
                ) from error
        return directory.acquire(patience=_PATIENCE_SECONDS)

    def _let_go(self) -> None:
        shared, self._shared = self._shared, None
        if shared is not None:
            shared.give_back()

    def _receipt(self) -> int:
        """Give a moment of receipt; each is later than the one before."""
        self._last = max(time.time_ns() // 1000, self._last + 1)
        return self._last
