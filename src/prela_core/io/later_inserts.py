"""Small inserts, made durable at once and put into the engine together.

An insert takes the engine more than ten milliseconds however few its rows are, and merges come on
top. So what many senders send in small requests is written to a journal, for which it may be
answered, and goes into the engine a few times a second; whoever asks the store a question has it
put there first. (docs/decisions/0029-journal.md)
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from prela_core.errors import PrelaError, StoreUnavailableError
from prela_core.io.clickhouse_errors import RefusedByStoreError
from prela_core.io.insert_journal import Aside, InsertJournal, set_aside
from prela_core.io.insert_tables import Held, Tables, decoded, encoded, rows_in, together

__all__ = ["LaterInserts"]

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


@attrs.frozen(eq=False)
class _Added:
    tables: Held
    rows: int
    size: int
    mark: int | None


class LaterInserts:
    """Holds rows in a journal in `directory` until `insert` has put them into the engine.

    `insert` returns when they are on disk there, and raises as a store does. `ended` is told the
    marks of what was put away. What an earlier process left goes in first.

    Rows that the engine refuses once they were answered for, and what can't be read in a journal
    that was left, are kept in files of their own beside it, which the log names.
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
        self._left = self._journal.left()
        self._insert = insert
        self._ended = ended
        self._clock = clock
        self._changed = threading.Condition()
        self._putting = threading.Lock()
        self._added: list[_Added] = []
        self._taken: list[_Added] = []
        self._rows = self._size = 0
        self._count = self._put = 0
        """How many were added, and how many of them are in the engine."""
        self._first_at = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False
        self._shut = False

    def recover(self) -> None:
        """Put away what an earlier process did not, now or as soon as the engine can write."""
        try:
            self.flush()
        except PrelaError as error:
            _log.warning("what was accepted before waits for the store: %s", error)
            with self._changed:
                self._start()

    def add(self, tables: Tables, mark: int, then: Callable[[], None] = lambda: None) -> None:
        """Take rows; they are durable when it returns, and `mark` is under way until they are seen.

        `then` is called once they are durable, before anybody can see them.
        Raises `OSError` when the disk does not take them, and `StoreUnavailableError` when too
        much waits for the engine.
        """
        held = [(name, table) for name, table in tables if table is not None]
        record = encoded(held)
        added = _Added(held, rows_in(held), len(record), mark)
        if self._rows >= _MOST_ROWS or self._size >= _MOST_BYTES:
            self.flush()
        with self._changed:
            if self._closed:
                raise StoreUnavailableError("the store is closed")
            self._start()
            self._journal.append(record)
            if not self._added:
                self._first_at = self._clock()
            self._added.append(added)
            self._count += 1
            self._rows += added.rows
            self._size += added.size
            then()
            if len(self._added) == 1 or self._is_enough:
                self._changed.notify_all()

    def flush(self) -> None:
        """Return when all that was added before is in the engine; raise as its insert does."""
        with self._changed:
            wanted = self._count
        if self._has_put(wanted):
            return
        with self._putting:
            if self._shut or self._has_put(wanted):
                return
            try:
                self._put_left()
                self._put_taken()  # what failed before
                with self._changed:
                    self._journal.turn()
                    self._taken, self._added = self._added, []
                self._put_taken()
            except PrelaError:
                raise
            except Exception as error:
                why = error.strerror if isinstance(error, OSError) else type(error).__name__
                raise StoreUnavailableError(
                    f"what was accepted can't be put away now ({why})", retry_after=2
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
        with self._putting:
            if not self._shut:
                self._journal.close()
            self._shut = True

    def _start(self) -> None:
        if self._thread is None and not self._closed:
            thread = threading.Thread(target=self._run, name="prela-later", daemon=True)
            thread.start()
            self._thread = thread

    def _has_put(self, wanted: int) -> bool:
        return self._put >= wanted and not self._left

    @property
    def _is_enough(self) -> bool:
        return self._rows >= _GROUP_ROWS or self._size >= _GROUP_BYTES

    def _put_left(self) -> None:
        while self._left:
            group: list[_Added] = []
            for record in self._left[0]:
                group += self._read(record)
                if sum(each.size for each in group) >= _GROUP_BYTES:
                    self._put_away(group)
                    group = []
            self._put_away(group)
            self._left[0].drop()
            del self._left[0]

    def _read(self, record: bytes) -> list[_Added]:
        try:
            tables = decoded(record)
        except ValueError:
            aside = set_aside(self._directory, Aside.UNREADABLE, record)
            _log.error("a journal holds %d bytes that are no rows, kept in %s", len(record), aside)
            return []
        return [_Added(tables, rows_in(tables), len(record), None)]

    def _put_taken(self) -> None:
        """Put away what was taken: all at once, or in pieces where that was too much."""
        at_once = len(self._taken)
        while self._taken:
            piece = self._taken[:at_once]
            try:
                self._put_away(piece)
            except StoreUnavailableError:
                if len(piece) == 1:
                    raise
                at_once = len(piece) // 2
                continue
            with self._changed:
                self._put += len(piece)
                self._rows -= sum(each.rows for each in piece)
                self._size -= sum(each.size for each in piece)
                del self._taken[: len(piece)]
        self._journal.forget()

    def _put_away(self, added: Sequence[_Added]) -> None:
        if not added:
            return
        try:
            self._insert(together(each.tables for each in added))
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
            aside = set_aside(self._directory, Aside.REFUSED, encoded(added.tables))
            _log.error("the store refuses %d rows, kept in %s: %s", added.rows, aside, error)

    def _run(self) -> None:
        told = False
        while self._waited():
            try:
                self.flush()
            except PrelaError as error:
                if not told:
                    _log.warning("what was accepted waits for the store: %s", error)
                told = True
                with self._changed:
                    self._changed.wait(_PAUSE_SECONDS)
            else:
                told = False

    def _waited(self) -> bool:
        """Wait until there is enough, or some for long enough; say whether to go on."""
        with self._changed:
            while not self._closed:
                if (self._taken or self._left) and not self._putting.locked():
                    return True  # it failed before
                if not self._added:
                    self._changed.wait()
                    continue
                left = self._first_at + _AGE_SECONDS - self._clock()
                if left <= 0 or self._is_enough:
                    return True
                self._changed.wait(left)
            return False
