"""The services that settings name, each with a look whether it answers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import anyio.to_thread

from prela_core.errors import UnavailableError
from prela_server.accounts.open import open_accounts
from prela_server.compose.parts import needed, open_store, opened_redis
from prela_server.settings import Settings

__all__ = ["Look", "services"]

Look = Callable[[Settings], Coroutine[Any, Any, str | None]]
"""Returns when the service answers, with what else there is to say of it.

Raises `UnavailableError` that says why it does not, if known.
Raises `SettingsError` when it can't be asked at all.
"""


def services(settings: Settings) -> dict[str, Look]:
    """Give a look at each service that is set, by its name; what is built in is not among them."""
    found: dict[str, Look] = {}
    if settings.kafka.is_set:
        found["Kafka"] = _kafka
    if settings.clickhouse.is_set:
        found["ClickHouse"] = _clickhouse
    if settings.accounts.database_url is not None:
        found["PostgreSQL"] = _postgres
    if settings.accounts.redis_url is not None:
        found["Redis"] = _redis
    return found


async def _kafka(settings: Settings) -> None:
    with needed("KAFKA_BOOTSTRAP_SERVERS", "kafka"):
        from prela_core.io.kafka_look import look  # noqa: PLC0415 - optional
        from prela_server.compose.kafka import connection_of  # noqa: PLC0415 - likewise
    await look(connection_of(settings))


async def _clickhouse(settings: Settings) -> str:
    return await anyio.to_thread.run_sync(_ping_store, settings)


def _ping_store(settings: Settings) -> str:
    from prela_core.io.clickhouse_words import said_of_index  # noqa: PLC0415 - optional

    store = open_store(settings)
    try:
        store.ping()
        return said_of_index(store.indexed_rows())
    finally:
        store.close()


async def _postgres(settings: Settings) -> None:
    await anyio.to_thread.run_sync(_ping_accounts, settings)


def _ping_accounts(settings: Settings) -> None:
    url = settings.accounts.database_url
    outages: list[Exception | None] = []
    accounts = open_accounts(
        settings.data_dir, database_url=url.reveal() if url else None, watch=outages.append
    )
    try:
        accounts.ping()
    except UnavailableError as error:
        # Whoever sends a key is told nothing of the database; who set it up is.
        why = next((str(outage) for outage in outages if outage is not None), str(error))
        raise UnavailableError(" ".join(why.split())) from error
    finally:
        accounts.close()


async def _redis(settings: Settings) -> None:
    url = settings.accounts.redis_url
    assert url is not None  # noqa: S101 - asked for only when it is set
    async with opened_redis(url) as redis:
        await redis.ping()
