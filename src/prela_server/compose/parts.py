"""The adapters that the settings ask for, opened in time and closed in order.

Each is imported when it is needed: a gateway has no use for the engine, nor for Arrow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import anyio.to_thread
import structlog

from prela_core.errors import SettingsError
from prela_server.accounts.cached import CachedAccounts
from prela_server.accounts.open import open_accounts
from prela_server.settings import ClickHouse, Secret, Settings

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore
    from prela_core.io.redis_connection import RedisConnection

__all__ = [
    "READERS",
    "needed",
    "open_store",
    "opened_accounts",
    "opened_redis",
    "opened_store",
]

_log = structlog.get_logger()

READERS = 4
"""Questions that the store answers at once, for one process."""


_SETTLE_SECONDS = 120
"""By then each worker knows of a deletion (5 s), and has ended the inserts it was at (45 s, and
once more after a connection that broke)."""


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[ClickHouseStore]:
    """Open ClickHouse when it is set, or else the engine in the data directory, which is held.

    A server need not answer yet, and its schema is the worker's to set up.
    """
    store = await anyio.to_thread.run_sync(open_store, settings)
    try:
        yield store
    finally:
        await anyio.to_thread.run_sync(store.close)


def open_store(settings: Settings) -> ClickHouseStore:
    """Open the store as `opened_store` does, for whoever waits for it."""
    from prela_core.io.clickhouse_opening import open_embedded, open_server  # noqa: PLC0415 - heavy
    from prela_core.io.data_directory import DataDirectory  # noqa: PLC0415

    options = {"readers": READERS, "retention_days": settings.retention_days}
    server: ClickHouse = settings.clickhouse
    if server.host is None:
        directory = DataDirectory(settings.data_dir, command="prela serve")
        try:
            return open_embedded(directory.store_path, inserts_later=True, **options)
        except ModuleNotFoundError as error:  # as in an image for roles alone
            raise SettingsError(
                f"there is no place for spans ({error.name} is not installed): set "
                "CLICKHOUSE_HOST, or pip install 'prela-core[embedded]'"
            ) from error
    return open_server(
        server.host,
        port=server.http_port,
        username=server.username,
        password=server.password.reveal() if server.password else "",
        database=server.database,
        secure=server.secure,
        settle_seconds=_SETTLE_SECONDS,
        **options,
    )


@asynccontextmanager
async def opened_accounts(settings: Settings) -> AsyncIterator[CachedAccounts]:
    """Open the accounts in PostgreSQL when it is set, or else those in the data directory."""
    url = settings.accounts.database_url
    accounts = await anyio.to_thread.run_sync(
        lambda: open_accounts(
            settings.data_dir,
            database_url=url.reveal() if url else None,
            watch=_tell,
        )
    )
    try:
        yield accounts
    finally:
        await anyio.to_thread.run_sync(accounts.close)


def _tell(outage: Exception | None) -> None:
    if outage is None:
        _log.info("the accounts are back")
    else:
        _log.warning("the accounts are away", reason=" ".join(str(outage).split()))


@asynccontextmanager
async def opened_redis(url: Secret) -> AsyncIterator[RedisConnection]:
    """Open the Redis at `url`, which need not answer yet."""
    with needed("REDIS_URL", "redis"):
        from prela_core.io.redis_connection import RedisConnection  # noqa: PLC0415 - optional
    connection = RedisConnection(url.reveal())
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def needed(variable: str, extra: str) -> Iterator[None]:
    """Turn a library that is missing into a sentence on the setting that asks for it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{variable} is set, but {error.name} is not installed: "
            f"pip install 'prela-core[{extra}]'"
        ) from error
