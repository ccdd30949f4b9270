"""Accounts in a database, whichever it is: the statements, and what their rows mean."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence

from prela_core.model import from_micros
from prela_server.accounts.database import Database, Row, away
from prela_server.accounts.keys import (
    Key,
    Scope,
    hash_key,
    in_order,
    is_key_id,
    matches,
    mint,
    parse,
)
from prela_server.accounts.model import Identity, KeyInfo, KeyRequest, is_project_id
from prela_server.accounts.port import no_such_key, refused

__all__ = ["StoredAccounts"]

_MINT_ATTEMPTS = 3

# The CAST tells PostgreSQL of which type a value is that may be missing.
_LIST = """
    SELECT key_id, project_id, scopes, name, created_at, revoked_at FROM prela_keys
    WHERE CAST(:project_id AS TEXT) IS NULL OR project_id = :project_id
    ORDER BY created_at, key_id
"""
_GET = """
    SELECT key_id, project_id, scopes, name, created_at, revoked_at FROM prela_keys
    WHERE key_id = :key_id
"""
_FIND = "SELECT project_id, scopes, digest, revoked_at FROM prela_keys WHERE key_id = :key_id"
_INSERT = """
    INSERT INTO prela_keys (key_id, project_id, scopes, name, digest, created_at)
    VALUES (:key_id, :project_id, :scopes, :name, :digest, :created_at)
    ON CONFLICT (key_id) DO NOTHING
"""
_REVOKE = """
    UPDATE prela_keys SET revoked_at = :revoked_at WHERE key_id = :key_id AND revoked_at IS NULL
"""


class StoredAccounts:
    """The `Accounts` that a database keeps. `now` gives microseconds since 1970."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], int],
        randbelow: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._database = database
        self._now = now
        self._randbelow = randbelow

    def create(self, project_id: str, scopes: Iterable[str], name: str = "") -> tuple[KeyInfo, str]:
        """Make a key; see `Accounts.create`."""
        wish = KeyRequest(project_id=project_id, scopes=scopes, name=name)
        words = " ".join(in_order(wish.scopes))
        for _ in range(_MINT_ATTEMPTS):
            key = mint(self._randbelow)
            row = (key.key_id, wish.project_id, words, wish.name, self._now(), None)
            if self._insert(key, row):
                return _to_info(row), key.text
        # The same 60 random bits thrice: the randomness is broken, and no key may come of it.
        raise away()

    def list(self, project_id: str | None = None) -> Sequence[KeyInfo]:
        """List keys; see `Accounts.list`."""
        if project_id is not None and not is_project_id(project_id):
            return []
        return [_to_info(row) for row in self._database.rows(_LIST, project_id=project_id)]

    def revoke(self, key_id: str) -> KeyInfo:
        """End a key; see `Accounts.revoke`."""
        if not is_key_id(key_id):
            raise no_such_key()
        self._database.change(_REVOKE, key_id=key_id, revoked_at=self._now())
        rows = self._database.rows(_GET, key_id=key_id)
        if not rows:
            raise no_such_key()
        return _to_info(rows[0])

    def identify(self, text: str | None) -> Identity:
        """Recognise a key; see `Accounts.identify`."""
        key = parse(text)
        if key is None:
            raise refused()
        pepper = self._database.pepper
        project_id, words, digest, revoked_at = self._find(key)
        if not matches(key, pepper, digest) or revoked_at is not None:
            raise refused()
        return Identity(project_id=project_id, key_id=key.key_id, scopes=_to_scopes(words))

    def ping(self) -> None:
        """Ask the database for anything; see `Accounts.ping`."""
        self._database.rows("SELECT 1 FROM prela_keys WHERE key_id = :key_id", key_id="")

    def close(self) -> None:
        """Close the database; see `Accounts.close`."""
        self._database.close()

    def _insert(self, key: Key, row: Row) -> bool:
        key_id, project_id, words, name, created_at, _ = row
        inserted = self._database.change(
            _INSERT,
            key_id=key_id,
            project_id=project_id,
            scopes=words,
            name=name,
            digest=hash_key(key, self._database.pepper),
            created_at=created_at,
        )
        return inserted == 1

    def _find(self, key: Key) -> tuple[str, str, bytes | None, int | None]:
        for project_id, words, digest, revoked_at in self._database.rows(_FIND, key_id=key.key_id):
            return project_id, words, digest, revoked_at
        return "", "", None, None


def _to_scopes(words: str) -> frozenset[Scope]:
    return frozenset(Scope(word) for word in words.split())


def _to_info(row: Row) -> KeyInfo:
    key_id, project_id, words, name, created_at, revoked_at = row
    return KeyInfo(
        key_id=key_id,
        project_id=project_id,
        scopes=_to_scopes(words),
        name=name,
        created_at=from_micros(created_at),
        revoked_at=None if revoked_at is None else from_micros(revoked_at),
    )
