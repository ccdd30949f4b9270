"""The accounts' database in SQLite: `accounts.sqlite3`, and `accounts.secret` beside it.

The files are made with mode 0600. Several processes may have them open, such as a server and
`prela keys create` beside it.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prela_core.errors import SettingsError
from prela_server.accounts import secret, sqlite_schema
from prela_server.accounts.database import Row, away

__all__ = ["DATABASE", "SECRET", "SqliteDatabase"]

DATABASE = "accounts.sqlite3"
SECRET = "accounts.secret"  # noqa: S105 - a file's name


class SqliteDatabase:
    """The `Database` of a data directory, over one connection that threads take turns at.

    A call waits up to `busy_seconds` for other threads, and as long again for other processes.
    Opening makes the directory and files that are missing; with `create=False` it raises
    `SettingsError` instead. It also raises `SettingsError` for files that can't be used:
    damaged, of a newer Prela, or not each other's; and `UnavailableError` when another process
    keeps the database locked.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        token_hex: Callable[[int], str] = secrets.token_hex,
        busy_seconds: float = 3.0,
        create: bool = True,
    ) -> None:
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

    @property
    def pepper(self) -> bytes:
        """The content of `accounts.secret`; see `Database.pepper`."""
        return self._pepper

    def rows(self, statement: str, **values: object) -> list[Row]:
        """Ask; see `Database.rows`."""
        with self._connected() as db:
            # All rows are fetched even where there can be one: a statement that is not run to
            # its end keeps the file locked.
            return db.execute(statement, values).fetchall()

    def change(self, statement: str, **values: object) -> int:
        """Change rows; see `Database.change`."""
        with self._connected() as db:
            return db.execute(statement, values).rowcount

    def close(self) -> None:
        """Close the database; see `Database.close`."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        # Without a bound, threads would queue up behind one that waits for another process.
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise away()
        try:
            yield self._db
        except sqlite3.Error as error:
            raise away() from error
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
        raise away() from error
    except sqlite3.DatabaseError as error:
        raise SettingsError(f"{DATABASE} is damaged or no database: {error}") from error
    return pepper
