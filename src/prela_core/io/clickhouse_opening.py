"""Opening the store: on the engine in this process, or on a ClickHouse server."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import clickhouse_connect

from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.io.engine import load_engine
from prela_core.io.insert_journal import JOURNAL, holds_records
from prela_core.store import migrations

__all__ = ["open_embedded", "open_server"]

_ENGINE = {
    # Bytes that are kept unpacked.
    "uncompressed_cache_size": str(256 << 20),
    # Parts that may wait for a merge or a deletion, for each of the two threads: 32 in all, as on
    # a server. With the two that it has by itself, four are taken, and the next look for work is
    # up to a second later: a deletion took that long for every few parts.
    "background_merges_mutations_concurrency_ratio": "16",
}
"""Settings of the embedded engine itself."""
_CONNECT_SECONDS = 3  # tried twice by the driver: nobody is to wait long for a server that is away


def open_embedded(
    directory: Path, *, inserts_later: bool = False, **options: Any
) -> ClickHouseStore:
    """Open the engine in this process, with its data in `directory`, and bring its schema up.

    Inserts reach the disk before they return. Only one process may do so with a directory:
    hold `prela_core.io.data_directory.DataDirectory` while the store is open. With `inserts_later`
    small inserts reach a journal there, and the engine a moment later, or with the next question.
    `options` are those of `ClickHouseStore`. Raises `ModuleNotFoundError` where the engine is not
    installed.
    """
    if find_spec("chdb") is None:
        # The driver's own error names no module, and comes after the directory is made.
        raise ModuleNotFoundError("the engine is not installed", name="chdb")
    directory.mkdir(parents=True, exist_ok=True)
    load_engine()
    journal = directory / JOURNAL
    store = ClickHouseStore(
        lambda: clickhouse_connect.get_client(
            dsn=f"chdb://{directory.resolve()}", chdb_options=_ENGINE
        ),
        durability=migrations.DURABLE,
        others_write=False,
        journal=journal if inserts_later or holds_records(journal) else None,
        inserts_later=inserts_later,
        **options,
    )
    try:
        store.migrate()
        store.recover()
    except BaseException:
        store.close()
        raise
    return store


def open_server(
    host: str,
    *,
    port: int = 8123,
    username: str = "default",
    password: str = "",
    database: str = "default",
    secure: bool = False,
    timeout: int = 45,
    **options: Any,
) -> ClickHouseStore:
    """Open a ClickHouse server over HTTP. `options` are those of `ClickHouseStore`.

    The server need not be there: the first question or insert connects, as does any one after
    the server was away, and until then each raises `StoreUnavailableError`. `database` must
    exist; `migrate` makes the tables. The server may be silent for `timeout` seconds, which
    should be more than a question may take (30).
    """
    return ClickHouseStore(
        lambda: clickhouse_connect.get_client(
            host=host,
            port=port,
            username=username,
            password=password,
            database=database,
            secure=secure,
            autogenerate_session_id=False,
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=timeout,
            # What is asked for stays out of URLs, which libraries, proxies and servers log.
            form_encode_query_params=True,
        ),
        **options,
    )
