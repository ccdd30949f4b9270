"""Opening accounts with the real clock and real randomness."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from prela_core.errors import SettingsError, UnavailableError
from prela_server.accounts.cached import CachedAccounts
from prela_server.accounts.database import Database
from prela_server.accounts.sqlite import SqliteDatabase
from prela_server.accounts.stored import StoredAccounts

__all__ = ["open_accounts"]


def open_accounts(
    data_dir: Path,
    *,
    database_url: str | None = None,
    create: bool = True,
    watch: Callable[[Exception | None], None] = lambda _: None,
) -> CachedAccounts:
    """Open the accounts in PostgreSQL at `database_url`, or those in `data_dir` without one.

    What is missing is made, unless `create` is False, which PostgreSQL does not heed. Raises
    `SettingsError` and `UnavailableError` as `SqliteDatabase` says, and `SettingsError` as
    `PostgresDatabase` says. A PostgreSQL that is away may come back: it is no error here, but
    of each call meanwhile; `watch` is given the reason, and None when it is back.
    """
    database: Database
    if database_url is None:
        database = SqliteDatabase(data_dir, create=create)
    else:
        database = _postgres(database_url, watch)
    return CachedAccounts(StoredAccounts(database, now=_now_micros))


def _postgres(url: str, watch: Callable[[Exception | None], None]) -> Database:
    try:
        from prela_server.accounts.postgres import PostgresDatabase  # noqa: PLC0415 - optional
    except ImportError as error:
        raise SettingsError(
            "DATABASE_URL is set, but psycopg is not installed: pip install 'prela-core[postgres]'"
        ) from error
    database = PostgresDatabase(url, watch=watch)
    with suppress(UnavailableError):
        database.prepare()
    return database


def _now_micros() -> int:
    return time.time_ns() // 1000
