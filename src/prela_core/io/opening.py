"""Opening what has the traces: a server by its URL, a data directory by its path."""

from __future__ import annotations

import os
import sys
import tempfile
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from prela_core.errors import InvalidError
from prela_core.io.data_directory import (
    DataDirectory,
    default_data_directory,
    is_data_directory,
    server_of,
)
from prela_core.io.http_client import HttpClient
from prela_core.io.loading import load
from prela_core.io.saved_login import read_login
from prela_core.io.shared_store import is_open_here, open_held, take
from prela_core.notebook import Connection
from prela_core.store import Reader

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore

__all__ = ["connect"]

_PROJECT_ID = "default"
"""The project of a data directory; a server takes it from the key."""

_PATIENCE_SECONDS = 5.0
"""Commands that have the directory open are short."""


def connect(
    path_or_url: str | PathLike[str] | None = None, api_key: str | None = None
) -> Connection:
    """Open traces to ask about: `connect("./data")`, `connect("https://prela.example", KEY)`.

    A path is a data directory, as `prela serve` and the exporter `store:path` fill it; where a
    server has it open, that server is asked. It may also be a file of spans, of any form that
    `prela import` reads, which is read into a store that ends with the connection. Without an
    argument it is `PRELA_URL`, or `PRELA_DATA_DIR`, or the server that `prela login` saved, or
    `~/.prela`. The key is `PRELA_API_KEY` where none is given, or the one that was saved for that
    server.

    A directory is held until `close()`, so that no other process can open it meanwhile, and a
    process has one directory or file open at a time, however often it connects to it.

    Raises `InvalidError` for what does not exist, for a file that holds anything but spans and
    for what can be no URL or key, `DataDirectoryBusyError` when another process has the directory
    and answers nowhere, or this one has another, and `SettingsError` when it can't be used. The
    embedded engine needs `prela-core[embedded]`.
    """
    place = _named_nowhere() if path_or_url is None else os.fspath(path_or_url)
    if place.startswith(("http://", "https://")):
        return _server(place, api_key)
    path = Path(place).expanduser() if place else default_data_directory()
    if path.is_file():
        return _file(path)
    if not is_data_directory(path):
        what = "has no store" if path.is_dir() else "is no directory and no file of spans"
        raise InvalidError(
            f"{path} {what}, so there are no traces in it; start "
            "`prela serve` and send some, run `prela ingest`, or name another"
        )
    url = None if is_open_here(path) else server_of(path, patience=_PATIENCE_SECONDS)
    return _server(url, api_key) if url else _directory(path)


def _named_nowhere() -> str:
    """Give what the environment names, or the server that was saved; "" where there is neither."""
    named = os.environ.get("PRELA_URL") or os.environ.get("PRELA_DATA_DIR")
    login = None if named else read_login()
    return named or (login.url if login is not None else "")


def _server(url: str, api_key: str | None) -> Connection:
    key = api_key or os.environ.get("PRELA_API_KEY")
    if key is None and (login := read_login()) is not None:
        # To another server the key would be given away.
        key = login.api_key if url.rstrip("/") == login.url.rstrip("/") else None
    client = HttpClient(url, key)
    return _connection(client, client.url, client.close)


def _directory(path: Path) -> Connection:
    shared = take(path, lambda undo: open_held(_held(path), undo))
    return _connection(shared.store, str(path), shared.give_back)


def _file(path: Path) -> Connection:
    def opened(undo: ExitStack) -> ClickHouseStore:
        folder = tempfile.TemporaryDirectory(prefix="prela-", ignore_cleanup_errors=True)
        home = Path(undo.enter_context(folder))
        # What was recorded long ago is to be seen all the same.
        store = open_held(_held(home), undo, retention_days=0)
        load(path, store, _PROJECT_ID)
        return store

    shared = take(path, opened)
    return _connection(shared.store, str(path), shared.give_back)


def _connection(reader: Reader, place: str, let_go: Callable[[], None]) -> Connection:
    """Make a connection that also lets go when nobody has it any more."""
    undo = ExitStack()
    undo.callback(let_go)
    connection = Connection(
        reader, project_id=_PROJECT_ID, place=place, now=_now, let_go=undo.close
    )
    weakref.finalize(connection, undo.close)
    return connection


def _held(path: Path) -> DataDirectory:
    return DataDirectory(path, command=Path(sys.argv[0]).name or "python").acquire()


def _now() -> datetime:
    return datetime.now(UTC)
