"""The tables of accounts in PostgreSQL, step by step, and the pepper, which is kept beside them.

`prela_accounts` has one row: how many steps were taken, and the pepper. A published step is
never changed. The tables stand in the first schema of the connection's search path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from prela_core.errors import SettingsError
from prela_server.accounts.secret import PEPPER_BYTES

__all__ = ["VERSION", "prepare"]

_STEPS = (
    (
        # Collated by bytes, so that keys are listed in the same order on every server.
        # scopes: words separated by a space. Times: microseconds since 1970.
        """
        CREATE TABLE prela_keys (
            key_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
            project_id TEXT COLLATE "C" NOT NULL,
            scopes     TEXT             NOT NULL,
            name       TEXT             NOT NULL,
            digest     BYTEA            NOT NULL,
            created_at BIGINT           NOT NULL,
            revoked_at BIGINT
        )
        """,
        "CREATE INDEX prela_keys_by_project ON prela_keys (project_id)",
        "CREATE TABLE prela_accounts (version INTEGER NOT NULL, pepper BYTEA NOT NULL)",
    ),
)

VERSION = len(_STEPS)

_LOCK = int.from_bytes(b"prela_ac")  # any number that others are unlikely to lock

# Not to_regclass: it asks a cache, which after the wait for the lock still says that there is
# no such table.
_TABLE = "SELECT 1 FROM pg_class WHERE relname = 'prela_accounts' AND pg_table_is_visible(oid)"

Connection = psycopg.Connection[tuple[Any, ...]]


def prepare(db: Connection, token_bytes: Callable[[int], bytes]) -> bytes:
    """Bring the tables up to date and give the pepper; safe from several processes at once.

    `db` must commit each statement by itself. Raises `SettingsError` when the tables are of a
    newer Prela or may not be made, and psycopg's errors.
    """
    version, pepper = _state(db)
    if version < VERSION:
        try:
            with db.transaction():
                # Of several processes one migrates and the others wait for it.
                db.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                version, pepper = _migrate(db, token_bytes)
        except psycopg.errors.InsufficientPrivilege as error:
            raise SettingsError(
                f"the user of DATABASE_URL may not make tables in its database: {error}"
            ) from error
    if version > VERSION:
        raise SettingsError(
            f"the accounts in PostgreSQL are of version {version}, and this Prela knows versions "
            f"up to {VERSION}: they were used with a newer Prela"
        )
    return pepper


def _state(db: Connection) -> tuple[int, bytes]:
    """Give the steps taken and the pepper; 0 and nothing where there are no tables yet."""
    if not db.execute(_TABLE).fetchall():
        return 0, b""
    ((version, pepper),) = db.execute("SELECT version, pepper FROM prela_accounts").fetchall()
    return version, pepper


def _migrate(db: Connection, token_bytes: Callable[[int], bytes]) -> tuple[int, bytes]:
    version, pepper = _state(db)  # once more, for it may have been another's turn
    for statements in _STEPS[version:]:
        for statement in statements:
            db.execute(statement)
    if version == 0:
        pepper = token_bytes(PEPPER_BYTES)
        db.execute("INSERT INTO prela_accounts VALUES (%s, %s)", (VERSION, pepper))
    elif version < VERSION:
        db.execute("UPDATE prela_accounts SET version = %s", (VERSION,))
    return max(version, VERSION), pepper
