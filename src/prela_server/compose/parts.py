"""The adapters that the settings ask for, opened in time and closed in order.

Each is imported when it is needed: a gateway has no use for the engine, nor for Arrow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio.to_thread

from prela_core.store import Store
from prela_server.accounts import Accounts
from prela_server.accounts.open import open_accounts
from prela_server.edge.guard import Guard, key_guard, open_guard
from prela_server.settings import ClickHouse, Settings

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore

__all__ = ["READERS", "opened_keys", "opened_store"]

READERS = 4
"""Questions that the store answers at once, for one process."""


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """Open ClickHouse when it is set, or else the engine in the data directory, which is held.

    A server need not answer yet, and its schema is the worker's to set up.
    """
    store = await anyio.to_thread.run_sync(_open_store, settings)
    try:
        yield store
    finally:
        await anyio.to_thread.run_sync(store.close)


def _open_store(settings: Settings) -> ClickHouseStore:
    from prela_core.io.clickhouse_store import open_embedded, open_server  # noqa: PLC0415 - heavy
    from prela_core.io.data_directory import DataDirectory  # noqa: PLC0415

    options = {"readers": READERS, "retention_days": settings.retention_days}
    server: ClickHouse = settings.clickhouse
    if server.host is None:
        directory = DataDirectory(settings.data_dir, command="prela serve")
        return open_embedded(directory.store_path, **options)
    return open_server(
        server.host,
        port=server.http_port,
        username=server.username,
        password=server.password.reveal() if server.password else "",
        database=server.database,
        secure=server.secure,
        **options,
    )


@asynccontextmanager
async def opened_keys(settings: Settings) -> AsyncIterator[tuple[Accounts | None, Guard]]:
    """Open the accounts when keys are asked for, and give the guard that asks for them."""
    if not settings.asks_for_keys:
        yield None, open_guard()
        return
    accounts = await anyio.to_thread.run_sync(open_accounts, settings.data_dir)
    try:
        yield accounts, key_guard(accounts, accounts.recall)
    finally:
        await anyio.to_thread.run_sync(accounts.close)
