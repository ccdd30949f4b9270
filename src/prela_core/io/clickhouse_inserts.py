"""How accepted spans get into the engine: at once, or by way of the journal where they are few."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prela_core.errors import PrelaError
from prela_core.io.clickhouse_connections import Use
from prela_core.io.clickhouse_errors import translated
from prela_core.io.clickhouse_statements import load_arrow, put, rows_of, tables_of
from prela_core.io.clickhouse_tombstones import Tombstones
from prela_core.io.insert_marks import InsertMarks
from prela_core.io.insert_tables import Tables, bytes_in, rows_in
from prela_core.io.kept_projects import KeptProjects
from prela_core.io.later_inserts import LaterInserts
from prela_core.model import SpanBatch
from prela_core.store.fragments import Query

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["Inserts"]

_LARGE, _LARGE_BYTES = 2_000, 4 << 20
"""So many rows, or bytes of them, are worth an insert of their own."""


class Inserts:
    """Puts spans into the engine, but for those that `tombstones` know to be deleted.

    `lend` gives a connection for a use. With a `journal`, a directory, what is left there goes in
    by `recover`; with `later` as well, small inserts are durable there before they are in the
    engine. `marks` tell which are under way to where questions see them, and `kept` is told of all.
    """

    def __init__(
        self,
        lend: Callable[[Use], AbstractContextManager[Client]],
        marks: InsertMarks,
        tombstones: Tombstones,
        kept: KeptProjects | None,
        *,
        journal: Path | None,
        later: bool,
    ) -> None:
        self._lend = lend
        self._marks = marks
        self._tombstones = tombstones
        self._kept = kept
        self._has_failed = False
        """Whether a write did since the last that went well."""
        self._later: LaterInserts | None = None
        self._takes_small = later
        if journal is not None:
            with translated(writing=True):
                self._later = LaterInserts(journal, self._put_later, marks.end)

    def prepare(self) -> None:
        """Load, and connect to, what the first insert would else wait for."""
        load_arrow()
        with self._lend(Use.WRITE) as client:
            self._tombstones.may_hit((), lambda query: rows_of(client, query))

    def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store all spans of `batches`; returns only after they are durable."""
        stored_at = self._marks.begin()
        is_later = False
        try:
            is_later = self._insert(batches, stored_at)
        finally:
            if not is_later:
                self._marks.end(stored_at)

    def _insert(self, batches: Sequence[SpanBatch], stored_at: int) -> bool:
        """Store `batches`; say whether they are still under way to where questions see them."""
        tables = tables_of(batches, stored_at)
        received = [(batch.project_id, batch.received_at) for batch in batches]
        with self._lend(Use.WRITE) as client:

            def ask(query: Query) -> list[Sequence[Any]]:
                return rows_of(client, query)

            if self._tombstones.may_hit(received, ask):
                tables = tables_of(self._tombstones.surviving(batches, ask), stored_at)
            # Told of while it has the connection, so that no deletion comes between.
            projects = {project_id for project_id, _ in received}
            if self._later is not None and self._takes_small and _is_small(tables):
                self._later.add(tables, stored_at, lambda: self._tell(projects, tables))
                return True
            with self._kept.coming(projects) if self._kept else nullcontext():
                with self._forgetting_faults():
                    put(client, tables)
                self._tell(projects, tables)
            return False

    def _tell(self, project_ids: Collection[str], tables: Tables) -> None:
        if self._kept is not None:
            self._kept.added(project_ids, tables)

    def recover(self) -> None:
        """Put into the engine what an earlier process had accepted, as soon as that can write."""
        if self._later is not None:
            self._later.recover()

    def flush(self) -> None:
        """Return when all that was accepted is in the engine; raises as its insert does."""
        if self._later is not None:
            with self._forgetting_faults():
                self._later.flush()

    def catch_up(self) -> None:
        """Do so if the engine can write."""
        with suppress(PrelaError):
            self.flush()

    def close(self) -> None:
        """Put away what is there, or leave it to the next process."""
        if self._later is not None:
            self._later.close()

    def _put_later(self, tables: Tables) -> None:
        with self._forgetting_faults(), self._lend(Use.LATER) as client:
            put(client, tables)
        if self._has_failed and self._kept is not None:
            self._kept.forget()  # it knows nothing of what waited when it read
        self._has_failed = False

    @contextmanager
    def _forgetting_faults(self) -> Iterator[None]:
        """Keep nothing of what is stored once a write failed: some of it may be there, or later."""
        try:
            yield
        except BaseException:
            self._has_failed = True
            if self._kept is not None:
                self._kept.forget()
            raise


def _is_small(tables: Tables) -> bool:
    return 0 < rows_in(tables) < _LARGE and bytes_in(tables) < _LARGE_BYTES
