"""The accounts' database in PostgreSQL: connections, deadlines, and an end to waiting."""

from __future__ import annotations

import functools
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from prela_core.errors import SettingsError
from prela_server.accounts.database import Row, away
from prela_server.accounts.postgres_schema import prepare

__all__ = ["PostgresDatabase"]

T = TypeVar("T")
Watch = Callable[[Exception | None], None]

_SSL_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_SCHEME = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")


class _Connection(psycopg.Connection[Row]):
    """A connection that waits for its server until a moment of `time.monotonic`, and no longer.

    The server's own timeouts would not do: a server that hangs does not keep them, and poolers
    in front of one do not take them.
    """

    until = 0.0

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        left = max(0.0, self.until - time.monotonic())
        return super().wait(gen, interval, left if timeout is None else min(timeout, left))


class PostgresDatabase:
    """The `Database` at `url` (`postgresql://user:password@host/database`).

    Nothing is asked on construction: `prepare` says what is wrong with the server, and is
    otherwise done when it is first needed. The URL's parameters are libpq's. `watch` is given
    the reason when the server goes away, and None when it is back.

    A call waits `patience` seconds at most for everything, and up to 2 for a new connection.
    After one that failed, others fail at once, while one tries again every `pause` seconds:
    requests must not queue up behind a server that is gone. At most `capacity` connections are
    open.
    """

    def __init__(
        self,
        url: str,
        *,
        patience: float = 3.0,
        pause: float = 1.0,
        capacity: int = 4,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
        watch: Watch = lambda _: None,
    ) -> None:
        self._conninfo = _conninfo(url)
        self._watch = watch
        self._patience = patience
        self._pause = pause
        self._token_bytes = token_bytes
        self._pepper: bytes | None = None
        self._turns = threading.BoundedSemaphore(capacity)
        self._idle: deque[_Connection] = deque()
        self._lock = threading.Lock()
        self._outage: psycopg.Error | None = None
        self._next_try = 0.0
        self._closed = False

    def prepare(self) -> None:
        """Set the tables up; raises `SettingsError` when they can't be, whatever is tried."""
        self._pepper = self._ask(lambda db: prepare(db, self._token_bytes))

    @property
    def pepper(self) -> bytes:
        """The secret in the database; see `Database.pepper`."""
        if (pepper := self._pepper) is not None:
            return pepper
        try:
            self._pepper = pepper = self._ask(lambda db: prepare(db, self._token_bytes))
        except SettingsError as error:  # who sends a key can't help it
            raise away() from error
        return pepper

    def rows(self, statement: str, **values: object) -> list[Row]:
        """Ask; see `Database.rows`."""
        return self._run(statement, values, lambda cursor: cursor.fetchall())

    def change(self, statement: str, **values: object) -> int:
        """Change rows; see `Database.change`."""
        return self._run(statement, values, lambda cursor: cursor.rowcount)

    def close(self) -> None:
        """Close all connections; see `Database.close`."""
        self._closed = True
        self._close_idle()

    def _run(
        self, statement: str, values: dict[str, object], read: Callable[[psycopg.Cursor[Row]], T]
    ) -> T:
        _ = self.pepper  # which is there when the tables are
        return self._ask(lambda db: read(db.execute(_spelled(statement), values)))

    def _ask(self, question: Callable[[_Connection], T]) -> T:
        until = time.monotonic() + self._patience
        self._fail_during_an_outage()
        if not self._turns.acquire(timeout=self._patience):
            raise away()
        try:
            answer = self._answer(question, until)
        except psycopg.Error as error:
            self._note(error.with_traceback(None))
            raise away() from error
        finally:
            self._turns.release()
        self._note(None)
        return answer

    def _note(self, outage: psycopg.Error | None) -> None:
        with self._lock:
            before, self._outage = self._outage, outage
            if outage is not None:
                self._next_try = time.monotonic() + self._pause
                # What comes back may be another database, such as a restored one.
                self._pepper = None
        if (before is None) != (outage is None):
            self._watch(outage)

    def _fail_during_an_outage(self) -> None:
        with self._lock:
            if self._closed:
                raise away()
            if self._outage is None:
                return
            now = time.monotonic()
            if now < self._next_try:
                raise away() from self._outage
            self._next_try = now + self._patience + self._pause  # this call tries; others wait

    def _answer(self, question: Callable[[_Connection], T], until: float) -> T:
        connection = self._unbroken(until) or self._connect()
        connection.until = until
        try:
            answer = question(connection)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        if self._closed:
            self._close_idle()
        return answer

    def _unbroken(self, until: float) -> _Connection | None:
        """Give an idle connection that still works.

        It is tried with a question of its own: when a change fails, nobody can tell whether it
        was made, and so it must not be what finds a connection broken.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        connection.until = until
        try:
            connection.execute(b"")
        except psycopg.Error:
            connection.close()
            if time.monotonic() >= until:
                raise
            self._close_idle()  # what broke one, broke them all
            return None
        return connection

    def _connect(self) -> _Connection:
        # Statements prepared on a server's connection would be missed by poolers' clients.
        return _Connection.connect(self._conninfo, autocommit=True, prepare_threshold=None)

    def _close_idle(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return


def _conninfo(url: str) -> str:
    if not _SCHEME.match(url):
        raise SettingsError("DATABASE_URL must begin with postgresql:// or postgres://")
    try:
        given = conninfo_to_dict(_SCHEME.sub("postgresql://", url, count=1))
    except psycopg.Error:  # its sentence may quote the password
        raise SettingsError(
            "DATABASE_URL can't be read: it is of the form postgresql://user:password@host/database"
        ) from None
    _check(given)
    # Two seconds is the least that libpq knows.
    return make_conninfo("", **{"application_name": "prela", "connect_timeout": 2, **given})


def _check(given: Mapping[str, Any]) -> None:
    """Refuse what libpq takes and no server can be reached by: its complaint would quote it.

    What looks like a host or a port then is often a part of the password.
    """
    hosts, ports = str(given.get("host", "")), str(given.get("port", ""))
    if "@" in hosts or not re.fullmatch(r"[0-9,]*", ports):
        raise SettingsError(
            "DATABASE_URL names no host and port that can be: in a user or a password, "
            "characters such as @ : / # must be written as %40 %3A %2F %23"
        )
    if given.get("sslmode", "prefer") not in _SSL_MODES:
        raise SettingsError(f"DATABASE_URL: sslmode is not one of {', '.join(sorted(_SSL_MODES))}")


@functools.cache
def _spelled(statement: str) -> bytes:
    """Name the values of `statement` as psycopg does."""
    return re.sub(r":(\w+)", r"%(\1)s", statement).encode()
