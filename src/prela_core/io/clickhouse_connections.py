"""The connections of one store, kept apart by use, so that none waits for another."""

from __future__ import annotations

import enum
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import attrs

from prela_core.errors import StoreUnavailableError
from prela_core.io.clickhouse_errors import translated
from prela_core.io.kept_answers import KeptAnswers

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["Connections", "Use"]


class Use(enum.Enum):
    """What a connection is for."""

    READ = enum.auto()
    WRITE = enum.auto()
    PING = enum.auto()
    """Whether the store answers is asked beside its questions, however long those take."""
    DELETE = enum.auto()
    """Inserts go on while something is deleted."""
    LONG = enum.auto()
    """What may take long does not keep the others waiting."""
    TEND = enum.auto()
    LATER = enum.auto()
    """What was accepted before goes in beside what is being accepted."""


_READING = frozenset({Use.READ, Use.PING})
_WRITING = frozenset({Use.WRITE, Use.LATER, Use.DELETE})


@attrs.define
class _Connection:
    client: Client | None = None

    def drop(self) -> None:
        """Close it; who asks next opens another."""
        client, self.client = self.client, None
        with suppress(Exception):  # one that can't be closed is gone all the same
            if client is not None:
                client.close()


class Connections:
    """`readers` connections for reading, `writers` for writing and one for each other use.

    `connect` opens one when it is first needed. They are lent to any number of threads. `kept` is
    told of each use by which what is stored may become another.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        kept: KeptAnswers | None = None,
        *,
        readers: int,
        writers: int,
    ) -> None:
        self._connect = connect
        self._kept = kept
        self._writers = writers
        self._closed = False
        self._to_be_alone = threading.Lock()
        self._all: list[_Connection] = []
        self._idle: dict[Use, queue.LifoQueue[_Connection]] = {}
        counts = dict.fromkeys(Use, 1) | {Use.READ: readers, Use.WRITE: writers}
        for use, count in counts.items():
            self._idle[use] = queue.LifoQueue()
            for _ in range(count):
                self._all.append(_Connection())
                self._idle[use].put(self._all[-1])

    @contextmanager
    def borrowed(self, use: Use, *, writing: bool, once: bool = False) -> Iterator[Client]:
        """Lend a connection; one that failed is closed when it bears that only `once`.

        Errors of the driver become ours, told as those of `writing` or of reading.
        """
        with self._lent(self._idle[use].get(), use, writing=writing, once=once) as client:
            yield client

    def spare(self, use: Use, *, writing: bool) -> AbstractContextManager[Client] | None:
        """Lend a connection as `borrowed` does, or give None where one would have to be waited for.

        Whoever has one already may ask for more only so: all might wait for each other.
        """
        try:
            connection = self._idle[use].get_nowait()
        except queue.Empty:
            return None
        return self._lent(connection, use, writing=writing, once=False)

    @contextmanager
    def _lent(
        self, connection: _Connection, use: Use, *, writing: bool, once: bool
    ) -> Iterator[Client]:
        failed = True
        try:
            if self._closed:
                raise StoreUnavailableError("the store is closed")
            with self._keeping(use), translated(writing=writing):
                if connection.client is None:
                    connection.client = self._connect()
                yield connection.client
            failed = False
        finally:
            if once and failed:
                connection.drop()
            self._idle[use].put(connection)

    def _keeping(self, use: Use) -> AbstractContextManager[None]:
        if self._kept is None or use in _READING:
            return nullcontext()
        return self._kept.writing() if use in _WRITING else self._kept.afterwards()

    @contextmanager
    def alone(self) -> Iterator[Client]:
        """Lend a connection for writing while nobody else has any."""
        with self._to_be_alone, ExitStack() as stack:
            all_of_them = [
                stack.enter_context(self.borrowed(Use.WRITE, writing=True))
                for _ in range(self._writers)
            ]
            yield all_of_them[0]

    def close(self) -> None:
        """Close all; whoever asks for one afterwards is told that the store is closed."""
        self._closed = True
        while self._all:
            self._all.pop().drop()
