"""Accounts in SQLite: `accounts.sqlite3` and `accounts.secret` in the data directory.

The files are made with mode 0600. Several processes may have them open, such as a server and
`prela keys create` beside it.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prela_core.errors import SettingsError, UnavailableError
from prela_core.model import from_micros
from prela_server.accounts import secret, sqlite_schema
from prela_server.accounts.keys import Key, Scope, hash_key, in_order, matches, mint, parse
from prela_server.accounts.model import Identity, KeyInfo, KeyRequest
from prela_server.accounts.port import no_such_key, refused

__all__ = ["DATABASE", "SECRET", "SqliteAccounts"]

DATABASE = "accounts.sqlite3"
SECRET = "accounts.secret"  # noqa: S105 - a file's name

_AWAY = "The accounts can't be reached now; try again."
_INFO = "key_id, project_id, scopes, name, created_at, revoked_at"
_MINT_ATTEMPTS = 3


class SqliteAccounts:
    """The `Accounts` of a data directory, over one connection that threads take turns at.

    `now` gives microseconds since 1970. A call waits up to `busy_seconds` for other threads,
    and as long again for other processes. Opening makes the directory and files that are
    missing; with `create=False` it raises `SettingsError` instead. It also raises
    `SettingsError` for files that can't be used: damaged, of a newer Prela, or not each
    other's; and `UnavailableError` when another process keeps the database locked.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        now: Callable[[], int],
        randbelow: Callable[[int], int] = secrets.randbelow,
        token_hex: Callable[[int], str] = secrets.token_hex,
        busy_seconds: float = 3.0,
        create: bool = True,
    ) -> None:
        self._now = now
        self._randbelow = randbelow
        self._busy_seconds = busy_seconds
        self._lock = threading.Lock()
        try:
            if create:
                data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
                # An empty file is an empty database. SQLite itself would make it readable for
                # all; its journal takes over the mode of the database.
                secret.create_once(data_dir / DATABASE, b"")
            elif not (data_dir / DATABASE).exists():
                raise SettingsError(
                    f"There are no API keys in {data_dir} yet: is it the right data directory? "
                    "The first `prela keys create` makes what is missing."
                )
            self._db = _connect(data_dir / DATABASE, busy_seconds)
        except OSError as error:
            raise SettingsError(f"{data_dir} can't be used: {error}") from error
        try:
            self._pepper = _prepare(self._db, data_dir / SECRET, token_hex)
        except BaseException:
            self._db.close()
            raise

    def create(self, project_id: str, scopes: Iterable[str], name: str = "") -> tuple[KeyInfo, str]:
        """Make a key; see `Accounts.create`."""
        wish = KeyRequest(project_id=project_id, scopes=scopes, name=name)
        words = " ".join(in_order(wish.scopes))
        for _ in range(_MINT_ATTEMPTS):
            key = mint(self._randbelow)
            row = (key.key_id, wish.project_id, words, wish.name, self._now(), None)
            if self._insert(row, hash_key(key, self._pepper)):
                return _to_info(row), key.text
        # The same 60 random bits thrice: the randomness is broken, and no key may come of it.
        raise UnavailableError(_AWAY)

    def list(self, project_id: str | None = None) -> Sequence[KeyInfo]:
        """List keys; see `Accounts.list`."""
        with self._connected() as db:
            rows = db.execute(
                f"SELECT {_INFO} FROM keys WHERE :project IS NULL OR project_id = :project "  # noqa: S608 - a constant
                "ORDER BY created_at, key_id",
                {"project": project_id},
            ).fetchall()
        return [_to_info(row) for row in rows]

    def revoke(self, key_id: str) -> KeyInfo:
        """End a key; see `Accounts.revoke`."""
        with self._connected() as db:
            db.execute(
                "UPDATE keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL",
                (self._now(), key_id),
            )
            rows = db.execute(
                f"SELECT {_INFO} FROM keys WHERE key_id = ?",  # noqa: S608 - a constant
                (key_id,),
            ).fetchall()
        if not rows:
            raise no_such_key()
        return _to_info(rows[0])

    def identify(self, text: str | None) -> Identity:
        """Recognise a key; see `Accounts.identify`."""
        key = parse(text)
        if key is None:
            raise refused()
        project_id, words, digest, revoked_at = self._find(key)
        if not matches(key, self._pepper, digest) or revoked_at is not None:
            raise refused()
        return Identity(project_id=project_id, key_id=key.key_id, scopes=_to_scopes(words))

    def close(self) -> None:
        """Close the database; see `Accounts.close`."""
        with self._lock:
            self._db.close()

    def _insert(self, row: tuple[Any, ...], digest: bytes) -> bool:
        with self._connected() as db:
            try:
                db.execute(
                    f"INSERT INTO keys ({_INFO}, digest) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
                    (*row, digest),
                )
            except sqlite3.IntegrityError:
                return False
        return True

    def _find(self, key: Key) -> tuple[str, str, bytes | None, int | None]:
        with self._connected() as db:
            # All rows are fetched even where there can be one: a statement that is not run to
            # its end keeps the file locked.
            rows = db.execute(
                "SELECT project_id, scopes, digest, revoked_at FROM keys WHERE key_id = ?",
                (key.key_id,),
            ).fetchall()
        return rows[0] if rows else ("", "", None, None)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        # Without a bound, threads would queue up behind one that waits for another process.
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise UnavailableError(_AWAY)
        try:
            yield self._db
        except sqlite3.Error as error:
            raise UnavailableError(_AWAY) from error
        finally:
            self._lock.release()


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            path,
            timeout=busy_seconds,
            isolation_level=None,  # each statement commits itself; only migrations begin more
            check_same_thread=False,  # the lock keeps threads apart
        )
    except sqlite3.Error as error:
        raise SettingsError(f"{path} can't be opened: {error}") from error


def _prepare(db: sqlite3.Connection, secret_path: Path, token_hex: Callable[[int], str]) -> bytes:
    """Bring the database up to date and give its pepper."""
    try:
        # No write-ahead log: before 3.51.3, SQLite can damage one that several processes use.
        db.execute("PRAGMA journal_mode = DELETE")
        # With EXTRA, a revocation survives a power loss too.
        db.execute("PRAGMA synchronous = EXTRA")
        version = sqlite_schema.version_of(db)
        if version > sqlite_schema.VERSION:
            raise SettingsError(
                f"{DATABASE} is of version {version}, and this Prela knows versions up to "
                f"{sqlite_schema.VERSION}: it was used with a newer Prela"
            )
        if version == 0:
            # Only for a new database: a lost pepper must not be replaced by one that fits no key.
            secret.create_once(secret_path, token_hex(secret.PEPPER_BYTES).encode("ascii"))
        pepper = secret.load_pepper(secret_path)
        if version < sqlite_schema.VERSION:
            sqlite_schema.migrate(db, pepper)
        sqlite_schema.check_pepper(db, pepper)
    except OSError as error:
        raise SettingsError(f"{secret_path} can't be used: {error}") from error
    except sqlite3.OperationalError as error:
        raise UnavailableError(_AWAY) from error
    except sqlite3.DatabaseError as error:
        raise SettingsError(f"{DATABASE} is damaged or no database: {error}") from error
    return pepper


def _to_scopes(words: str) -> frozenset[Scope]:
    return frozenset(Scope(word) for word in words.split())


def _to_info(row: tuple[Any, ...]) -> KeyInfo:
    key_id, project_id, words, name, created_at, revoked_at = row
    return KeyInfo(
        key_id=key_id,
        project_id=project_id,
        scopes=_to_scopes(words),
        name=name,
        created_at=from_micros(created_at),
        revoked_at=None if revoked_at is None else from_micros(revoked_at),
    )
