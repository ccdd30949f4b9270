"""Small inserts, made durable at once and put into the engine together.

An insert takes the engine some ten milliseconds however few its rows are, and as much again in
merges. So what many senders send in small requests is written to a journal, for which it may be
answered, and goes into the engine a few times a second; whoever asks the store a question has it
put there first. (docs/decisions/0029-journal.md)
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import msgspec

from prela_core.errors import PrelaError, StoreUnavailableError
from prela_core.io.clickhouse_errors import RefusedByStoreError
from prela_core.io.insert_journal import InsertJournal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LaterInserts", "Tables", "bytes_in", "rows_in"]

_log = logging.getLogger(__name__)

_GROUP_ROWS = 10_000
_GROUP_BYTES = 16 << 20
"""What goes in together, of rows or of bytes, before it has waited for its time."""
_AGE_SECONDS = 0.3
_MOST_ROWS = 60_000
_MOST_BYTES = 64 << 20
"""What waits at most, while the engine can't write; one insert more than that."""
_PAUSE_SECONDS = 1.0
"""Between two attempts while the engine can't write."""

Tables = Sequence[tuple[str, "pa.Table | None"]]
"""Rows by the name of their table."""


@attrs.frozen(eq=False)
class _Added:
    tables: list[tuple[str, pa.Table]]
    rows: int
    size: int
    mark: int | None


class LaterInserts:
    """Holds rows in a journal in `directory` until `insert` has put them into the engine.

    `insert` returns when they are on disk there, and raises as a store does. `ended` is told the
    marks of what was put away. What an earlier process left is put away by `recover`.

    Rows that the engine refuses once they were answered for are kept in a file of their own.
    """

    def __init__(
        self,
        directory: Path,
        insert: Callable[[Tables], None],
        ended: Callable[[int], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._journal = InsertJournal(directory)
        self._insert = insert
        self._ended = ended
        self._clock = clock
        self._changed = threading.Condition()
        self._putting = threading.Lock()
        self._added: list[_Added] = []
        self._taken: list[_Added] = []
        self._rows = self._size = 0
        self._first_at = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    def recover(self) -> int:
        """Put away what an earlier process did not; say how many rows."""
        left = [_decoded(record) for record in self._journal.left()]
        if left:
            self._put_away(left)
            self._journal.forget_all()
        return sum(each.rows for each in left)

    def add(self, tables: Tables, mark: int) -> None:
        """Take rows; they are durable when it returns, and `mark` is under way until they are seen.

        Raises `OSError` when the disk does not take them, and `StoreUnavailableError` when too
        much waits for the engine.
        """
        held = [(name, table) for name, table in tables if table is not None]
        record = _encoded(held)
        added = _Added(held, rows_in(held), len(record), mark)
        if self._rows >= _MOST_ROWS or self._size >= _MOST_BYTES:
            self.flush()
        with self._changed:
            if self._closed:
                raise StoreUnavailableError("the store is closed")
            self._journal.append(record)
            if not self._added:
                self._first_at = self._clock()
            self._added.append(added)
            self._rows += added.rows
            self._size += added.size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="prela-later", daemon=True)
                self._thread.start()
            if len(self._added) == 1 or self._is_enough:
                self._changed.notify_all()

    def flush(self) -> None:
        """Return when all that was added before is in the engine; raise as its insert does."""
        with self._changed:
            if not self._added and not self._taken:
                return
        with self._putting:
            try:
                self._put_taken()  # what failed before
                with self._changed:
                    self._taken, self._added = self._added, []
                    self._journal.turn()
                self._put_taken()
            except OSError as error:
                raise StoreUnavailableError(
                    f"the store's journal can't be written now ({error.strerror})", retry_after=2
                ) from error

    def close(self) -> None:
        """Put away what is there, or leave it to the next process, and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        try:
            self.flush()
        except PrelaError as error:
            _log.warning("spans wait in %s until the store can write: %s", self._directory, error)
        self._journal.close()

    def _put_taken(self) -> None:
        if self._taken:
            self._put_away(self._taken)
            self._journal.forget()
            with self._changed:
                self._rows -= sum(each.rows for each in self._taken)
                self._size -= sum(each.size for each in self._taken)
                self._taken = []

    @property
    def _is_enough(self) -> bool:
        return self._rows >= _GROUP_ROWS or self._size >= _GROUP_BYTES

    def _put_away(self, added: Sequence[_Added]) -> None:
        try:
            self._insert(_together(added))
        except RefusedByStoreError:
            for each in added:
                self._put_alone(each)
        for each in added:
            if each.mark is not None:
                self._ended(each.mark)

    def _put_alone(self, added: _Added) -> None:
        try:
            self._insert(added.tables)
        except RefusedByStoreError as error:
            aside = self._directory / f"refused-{time.time_ns()}"
            aside.write_bytes(_encoded(added.tables))
            _log.error("the store refuses %d rows, kept in %s: %s", added.rows, aside, error)

    def _run(self) -> None:
        told = False
        while self._waited():
            try:
                self.flush()
            except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
                if not told:
                    known = isinstance(error, PrelaError)
                    why = str(error) if known else type(error).__name__
                    _log.warning("what was accepted waits for the store: %s", why)
                told = True
                with self._changed:
                    self._changed.wait(_PAUSE_SECONDS)
            else:
                told = False

    def _waited(self) -> bool:
        """Wait until there is enough, or some for long enough; say whether to go on."""
        with self._changed:
            while not self._closed:
                if not self._added and not self._taken:
                    self._changed.wait()
                    continue
                left = self._first_at + _AGE_SECONDS - self._clock()
                if left <= 0 or self._is_enough:
                    return True
                self._changed.wait(left)
            return False


def rows_in(tables: Tables) -> int:
    """Count the rows of all tables."""
    return sum(table.num_rows for _, table in tables if table is not None)


def bytes_in(tables: Tables) -> int:
    """Count the bytes that the rows of all tables take in memory."""
    return sum(table.nbytes for _, table in tables if table is not None)


def _together(added: Iterable[_Added]) -> list[tuple[str, pa.Table]]:
    """Make one table of all rows that go into the same one, and have the same columns.

    An earlier version may have left some with others.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and loaded with the first rows

    alike: dict[tuple[str, str], list[pa.Table]] = {}
    for each in added:
        for name, table in each.tables:
            alike.setdefault((name, str(table.schema)), []).append(table)
    return [
        (name, pa.concat_tables(tables).combine_chunks()) for (name, _), tables in alike.items()
    ]


def _encoded(tables: Sequence[tuple[str, pa.Table]]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - as above

    parts = []
    for name, table in tables:
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        parts.append((name, sink.getvalue()))
    return msgspec.msgpack.encode(parts)


def _decoded(record: bytes) -> _Added:
    import pyarrow as pa  # noqa: PLC0415 - as above

    parts = msgspec.msgpack.decode(record, type=list[tuple[str, bytes]])
    tables = [(name, pa.ipc.open_stream(text).read_all()) for name, text in parts]
    return _Added(tables, rows_in(tables), len(record), None)
