"""The file that agents remember in: SQLite, shared by the processes that run and approve."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from prela_agents.errors import StateError
from prela_core.errors import SettingsError

__all__ = ["VERSION", "Database", "Row"]

Row = sqlite3.Row

VERSION = 1
_BUSY_SECONDS = 20.0
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_LEAST_ROOM = 64 * 1024
"""What SQLite maps beside a file to use it at all takes half of that."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Database:
    """An open state file; it is made when it is missing. Raises `SettingsError` for a bad one.

    Each statement is a transaction by itself, and `transaction` makes one of several. What has
    returned is on disk: the journal is written through (`synchronous=FULL`), as a post that went
    out must not be forgotten. What can't be done, such as on a full disk or with a file that is
    damaged, is a `StateError`.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        try:
            if isinstance(path, Path):
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                path.touch(mode=0o600)  # drafts and what people wrote are not for everybody
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten
            self._migrate()
        except (sqlite3.Error, OSError, StateError) as error:
            if _is_full(error, Path(path)):
                raise StateError(
                    f"the agents' state at {path} can't be opened now: its disk is full"
                ) from error
            raise SettingsError(
                f"the agents' state at {path} can't be opened: {_why(error)}"
            ) from error

    def __enter__(self) -> Self:
        """Use it for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; what is in the middle of a transaction is undone."""
        self._db.close()

    def tidy(self) -> None:
        """Empty the journal, where what was purged could be read still."""
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all of what the block does, or nothing of it. Blocks may be inside each other."""
        if self._db.in_transaction:
            yield
            return
        # At once for writing: a reader that turns writer midway could be told to start again.
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._db.in_transaction:  # a full disk ends it by itself
            self._db.execute("ROLLBACK")

    def change(self, statement: str, *values: Any) -> int:
        """Run a statement that changes something; gives how many rows it changed."""
        return self._execute(statement, *values).rowcount

    def row(self, statement: str, *values: Any) -> Row | None:
        """Give the first row, or None."""
        found = self.rows(statement, *values)
        return found[0] if found else None

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """Give all rows."""
        with self._faults():
            return self._db.execute(statement, values).fetchall()

    def _execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        with self._faults():
            return self._db.execute(statement, values)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            why = "its disk is full" if _is_full(error, Path(self.path)) else str(error)
            raise StateError(
                f"the agents' state at {self.path} can't be used now: {why}; what was done is "
                "kept, and the next run goes on from there"
            ) from error
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _DAMAGED:  # a fault of ours
                raise
            raise StateError(
                f"the agents' state at {self.path} is damaged: {error}; put a copy of it in its "
                "place, or move it away to begin anew"
            ) from error

    def _migrate(self) -> None:
        with self.transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise SettingsError(
                    f"the agents' state at {self.path} is of a newer Prela (version {version}, "
                    f"and this one knows {VERSION}): upgrade"
                )
            if version == 0:
                script = files("prela_agents.state").joinpath("schema.sql").read_text("utf-8")
                for statement in _statements(script):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {VERSION}")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _is_full(error: Exception, path: Path) -> bool:
    """Say whether there is no room left. SQLite calls some of that an I/O error."""
    cause = error.__cause__ if isinstance(error, StateError) else error
    if isinstance(cause, OSError):
        return cause.errno in _NO_ROOM
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest says where it happened
    if code != sqlite3.SQLITE_IOERR:
        return code == sqlite3.SQLITE_FULL
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_ROOM
    except OSError:
        return False


def _statements(script: str) -> list[str]:
    """Take a script apart; `executescript` would end the transaction."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [part for each in "\n".join(lines).split(";") if (part := each.strip())]
