"""Where the traces are that a command is about: a server, or a data directory.

A server that holds the data directory is found by the directory's lock and asked instead, so
that `prela query` works alike whether `prela serve` runs or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from prela_core.errors import InvalidError
from prela_core.store import Reader

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore
    from prela_core.io.http_client import HttpClient

__all__ = ["PROJECT_ID", "OpenSource", "find_server", "open_directory", "open_source"]

PROJECT_ID = "default"
"""The project of a data directory. A server ignores it: there the key says which project."""

_PATIENCE = 5.0
"""Seconds to wait for another command that has the directory open; those are short."""


class OpenSource(Protocol):
    """What commands need to read traces; tests put their own in the place of `open_source`."""

    def __call__(
        self, data_dir: Path, url: str | None, api_key: str | None
    ) -> AbstractContextManager[Reader]:
        """Open the source; it is closed when the context ends. Raises `PrelaError`."""


@contextmanager
def open_source(data_dir: Path, url: str | None, api_key: str | None) -> Iterator[Reader]:
    """Open the server at `url`, or the one that holds the data directory, or the directory.

    A directory that does not exist or has no store is an `InvalidError`: reading makes none.
    """
    server = find_server(data_dir, url, api_key)
    if server is not None:
        with server:
            yield server
        return
    from prela_core.io.data_directory import is_data_directory

    if not is_data_directory(data_dir):
        what = "has no store" if data_dir.exists() else "does not exist"
        raise InvalidError(
            f"{data_dir} {what}, so there are no traces in it; start `prela serve` and "
            "send some, run `prela ingest`, or name another --data-dir"
        )
    with open_directory(data_dir) as store:
        store.rest()
        yield store


@contextmanager
def open_directory(directory: Path) -> Iterator[ClickHouseStore]:
    """Open the store in `directory`, made if it is missing, waiting a little for its turn."""
    from prela_core.io.clickhouse_opening import open_embedded
    from prela_core.io.data_directory import DataDirectory

    with DataDirectory(directory, command="prela").acquire(patience=_PATIENCE) as held:
        store = open_embedded(held.store_path, readers=1, retention_days=None)
        try:
            yield store
        finally:
            store.close()


def find_server(directory: Path, url: str | None, api_key: str | None) -> HttpClient | None:
    """Give a client of the server at `url`, or of the one that serves `directory`, if any.

    Raises `SettingsError` for a directory that can't be looked into.
    """
    from prela_core.io.data_directory import server_of

    url = url or server_of(directory, patience=_PATIENCE)
    if not url:
        return None
    from prela_core.io.http_client import HttpClient

    return HttpClient(url, api_key)
