"""Where the traces are that a command asks about: a data directory, or a server."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from prela_core.store import Reader

__all__ = ["PROJECT_ID", "OpenSource", "open_source"]

PROJECT_ID = "default"
"""The project of a data directory. A server ignores it: there the key says which project."""


class OpenSource(Protocol):
    """What commands need to read traces; tests put their own in the place of `open_source`."""

    def __call__(
        self, data_dir: Path, url: str | None, api_key: str | None
    ) -> AbstractContextManager[Reader]:
        """Open the source; it is closed when the context ends. Raises `PrelaError`."""


def open_source(
    data_dir: Path, url: str | None, api_key: str | None
) -> AbstractContextManager[Reader]:
    """Open the server at `url` where one is given, else the data directory.

    Only one process may open a data directory: `DataDirectoryBusyError` while `prela serve`
    runs on it.
    """
    if url:
        return _open_remote(url, api_key)
    return _open_embedded(data_dir)


def _open_embedded(data_dir: Path) -> AbstractContextManager[Reader]:
    """Open the embedded store at `data_dir` for reading."""
    raise NotImplementedError(f"the embedded store is not wired in yet: {data_dir}")


def _open_remote(url: str, api_key: str | None) -> AbstractContextManager[Reader]:
    """Ask the query API at `url`."""
    raise NotImplementedError(f"the HTTP reader is not wired in yet: {url}, {bool(api_key)}")
