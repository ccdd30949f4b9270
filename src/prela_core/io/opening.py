"""Opening what has the traces: a server by its URL, a data directory by its path."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from prela_core.errors import InvalidError
from prela_core.io.data_directory import (
    DataDirectory,
    default_data_directory,
    holder_of,
    unusable,
)
from prela_core.io.http_client import HttpClient
from prela_core.notebook import Connection

__all__ = ["connect"]

_PROJECT_ID = "default"
"""The project of a data directory; a server takes it from the key."""

_PATIENCE_SECONDS = 5.0
"""Commands that have the directory open are short."""

_PAUSE_SECONDS = 0.05


def connect(
    path_or_url: str | PathLike[str] | None = None, api_key: str | None = None
) -> Connection:
    """Open traces to ask about: `connect("./data")`, `connect("https://prela.example", KEY)`.

    A path is a data directory, as `prela serve` and the exporter `store:path` fill it; where a
    server has it open, that server is asked. Without an argument it is `PRELA_URL`, or else
    `PRELA_DATA_DIR` or `~/.prela`. The key is `PRELA_API_KEY` where none is given. The directory
    is held until `close()`, so that no other process can open it meanwhile.

    Raises `InvalidError` for a directory that does not exist and for what can be no URL or key,
    `DataDirectoryBusyError` when another process has the directory and answers nowhere,
    `SettingsError` when it can't be used. The embedded engine needs `prela-core[embedded]`.
    """
    place = os.environ.get("PRELA_URL") or "" if path_or_url is None else os.fspath(path_or_url)
    if place.startswith(("http://", "https://")):
        return _server(place, api_key)
    directory = Path(place).expanduser() if place else default_data_directory()
    if not directory.is_dir():
        raise InvalidError(
            f"{directory} is no directory, so there are no traces in it; start `prela serve` "
            "and send some, run `prela ingest`, or name another"
        )
    url = _server_of(directory)
    return _server(url, api_key) if url else _directory(directory)


def _server(url: str, api_key: str | None) -> Connection:
    client = HttpClient(url, api_key or os.environ.get("PRELA_API_KEY"))
    return Connection(
        client, project_id=_PROJECT_ID, place=client.url, now=_now, let_go=client.close
    )


def _server_of(directory: Path) -> str | None:
    """Give the URL of the server that has `directory` open, waiting a little for one that starts.

    None when nobody has it, or one who answers nowhere.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    try:
        while (holder := holder_of(directory)) is not None:
            if holder.url or time.monotonic() >= until:
                return holder.url
            time.sleep(_PAUSE_SECONDS)
    except OSError as error:
        raise unusable(directory, error) from error
    return None


def _directory(path: Path) -> Connection:
    from prela_core.io.clickhouse_store import open_embedded  # noqa: PLC0415 - heavy

    held = DataDirectory(path, command=Path(sys.argv[0]).name or "python")
    held.acquire()
    try:
        store = open_embedded(held.store_path, readers=2, retention_days=None)
    except BaseException:
        held.release()
        raise

    def let_go() -> None:
        try:
            store.close()
        finally:
            held.release()

    return Connection(store, project_id=_PROJECT_ID, place=str(path), now=_now, let_go=let_go)


def _now() -> datetime:
    return datetime.now(UTC)
