"""The tables of `accounts.sqlite3`, step by step, and the proof that its pepper is the right one.

`PRAGMA user_version` counts the steps taken. A published step is never changed.
"""

from __future__ import annotations

import hmac
import sqlite3

from prela_core.errors import SettingsError

__all__ = ["VERSION", "check_pepper", "migrate", "version_of"]

_STEPS = (
    (
        # scopes: words separated by a space. Times: microseconds since 1970.
        """
        CREATE TABLE keys (
            key_id     TEXT    NOT NULL PRIMARY KEY,
            project_id TEXT    NOT NULL,
            scopes     TEXT    NOT NULL,
            name       TEXT    NOT NULL,
            digest     BLOB    NOT NULL,
            created_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) WITHOUT ROWID
        """,
        "CREATE INDEX keys_by_project ON keys (project_id)",
        "CREATE TABLE pepper_check (digest BLOB NOT NULL)",
    ),
    # Its name in PostgreSQL, where it stands among the tables of others.
    ("ALTER TABLE keys RENAME TO prela_keys",),
)

VERSION = len(_STEPS)


def version_of(db: sqlite3.Connection) -> int:
    """Count the steps that this database has taken; 0 for an empty one."""
    (version,) = db.execute("PRAGMA user_version").fetchall()[0]
    return int(version)


def migrate(db: sqlite3.Connection, pepper: bytes) -> None:
    """Bring the tables up to date; safe to run from several processes at once."""
    # IMMEDIATE, so that of several processes one migrates and the others wait for it.
    db.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(db)
        for statements in _STEPS[version:]:
            for statement in statements:
                db.execute(statement)
        if version == 0:
            db.execute("INSERT INTO pepper_check (digest) VALUES (?)", (_mark(pepper),))
        db.execute(f"PRAGMA user_version = {max(version, VERSION)}")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def check_pepper(db: sqlite3.Connection, pepper: bytes) -> None:
    """Raise `SettingsError` when the keys of `db` were hashed under another pepper.

    Otherwise a data directory put together from two backups would call every key unknown.
    """
    rows = db.execute("SELECT digest FROM pepper_check").fetchall()
    if not any(hmac.compare_digest(digest, _mark(pepper)) for (digest,) in rows):
        raise SettingsError(
            "accounts.secret is not the one that the keys in accounts.sqlite3 were made with: "
            "put the right one back, or remove both files and create new keys"
        )


def _mark(pepper: bytes) -> bytes:
    # Not the text of any key, so this tells nothing about the hash of one.
    return hmac.digest(pepper, b"accounts.sqlite3", "sha256")
