"""The store on ClickHouse: the engine in this process or a server, by the same code."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from prela_core.analysis.reading import Analyses
from prela_core.ask import is_relative
from prela_core.errors import PrelaError
from prela_core.io.clickhouse_asking import Asking
from prela_core.io.clickhouse_cells import ClickHouseCells
from prela_core.io.clickhouse_connections import Use
from prela_core.io.clickhouse_deletions import ClickHouseDeletions
from prela_core.io.clickhouse_export import exported
from prela_core.io.clickhouse_inserts import Inserts
from prela_core.io.clickhouse_letters import ClickHouseLetters
from prela_core.io.clickhouse_schema import bring_up, keep_for
from prela_core.io.clickhouse_sql import answer_sql, end_sql
from prela_core.io.clickhouse_statements import command, put, rows_of
from prela_core.io.clickhouse_tombstones import Tombstones
from prela_core.io.clickhouse_words import tend_words
from prela_core.io.deleted_letters import DeletedLetters
from prela_core.io.insert_marks import InsertMarks
from prela_core.io.kept_projects import KeptProjects
from prela_core.model import SpanBatch
from prela_core.store import (
    Arrivals,
    ArrivalsRequest,
    GroupQuery,
    GroupSummary,
    MetricQuery,
    MetricTable,
    OpenTrace,
    Order,
    Page,
    PageRequest,
    Reindexed,
    ReindexScope,
    SearchHit,
    SpanFilter,
    SpanOrder,
    StoredSpan,
    TraceDetail,
    TraceFilter,
    TraceSummary,
    cell_queries,
    plans,
    trace_plan,
)
from prela_core.store.arrivals import arrivals, settled_everywhere
from prela_core.store.deletion_log import Step
from prela_core.store.deletion_queries import takes_step
from prela_core.store.export import ExportForm, Selection
from prela_core.store.find_plan import find_spans
from prela_core.store.group_plan import groups
from prela_core.store.metric_plan import metrics
from prela_core.store.reindex import reindex
from prela_core.store.rows import Rewritten, rewritten_table
from prela_core.store.search_plan import search
from prela_core.store.sql import SqlQuestion
from prela_core.store.stamps import stamp
from prela_core.store.word_index import indexed_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

__all__ = ["ClickHouseStore"]

T = TypeVar("T")

_END_SECONDS = 3.0
_END_PAUSE_SECONDS = 0.02
_DAY = 86_400_000_000
_LONGEST_WRITE = 10 * 60_000_000


class ClickHouseStore(Analyses):
    """A `Store` over clickhouse-connect.

    `connect` opens a connection: `writers` for writing, one for `ping`, one for what may take
    long, one for `tend` and `readers` for reading are kept, for use by any number of threads, and
    each is opened when it is first needed, so that a store can be made while its server is away.
    `durability` goes into the settings of each table; spans are kept for `retention_days` (0: for
    ever, None: as it was set before); `clock` gives seconds since 1970. From `windows_from` stored
    rows on, the newest are looked for in windows of time (`prela_core.store.plans.LookBack`). A
    deletion is not done before `settle_seconds` after it was asked: by then no other process
    inserts what it is about. `others_write` says whether other processes insert at all, for which
    arrivals wait. What is left in a `journal`, a directory, is put into the engine by `recover`;
    with `inserts_later` small inserts are durable there before they are in the engine, which has
    them before a question is answered. Where no other process writes, lists of the traces of a
    small project come from memory once it was listed `keeps_after` times (None: never).
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        *,
        readers: int = 4,
        writers: int = 2,
        durability: str = "",
        retention_days: int | None = 90,
        clock: Callable[[], float] = time.time,
        windows_from: int = 50_000,
        settle_seconds: float = 0.0,
        others_write: bool = True,
        journal: Path | None = None,
        inserts_later: bool = False,
        keeps_after: int | None = 1,
    ) -> None:
        self._durability = durability
        self._retention_days = retention_days
        self._clock = clock
        self._windows_from = windows_from
        self._marks = InsertMarks(self._micros)
        self._settle_seconds = settle_seconds
        self._others_write = others_write
        self._tombstones = Tombstones()
        self._kept_projects: KeptProjects | None = None
        self._asking = Asking(
            connect,
            self._catch_up,
            readers=readers,
            writers=writers,
            keeps_pages=not others_write,
            changing=self._changing,
        )
        if not others_write and retention_days is not None and keeps_after is not None:
            self._kept_projects = KeptProjects(self._asking.ask, self._oldest, clock, keeps_after)
        self._cells = ClickHouseCells(
            self._asking.ask_long,
            self._asking.tend,
            self._settled,
            micros=self._micros,
            oldest=self._oldest,
        )
        self._cells_are_there = False
        self._sql_mark = f"prela-sql-{uuid.uuid4()}"
        self._sql_runs = False
        self._rests = False
        self._inserts = Inserts(
            lambda use: self._asking.borrowed(use, writing=True),
            self._marks,
            self._tombstones,
            self._kept_projects,
            journal=journal,
            later=inserts_later,
        )

    def migrate(self) -> list[str]:
        """Bring the schema up to date and name the steps taken; safe to run at once by many."""
        # The connection that the first question needs anyway: to open one costs as much as that.
        with self._asking.connections.borrowed(Use.READ, writing=True) as client:
            taken = bring_up(client, self._durability)
            self._cells_are_there = True
            return taken + keep_for(client, self._retention_days)

    def recover(self) -> None:
        """Put into the engine what an earlier process had accepted, as soon as that can write."""
        self._inserts.recover()

    def rest(self) -> None:
        """Merge nothing in the background, until deletions are asked for.

        For an embedded engine that is asked a question or two: its merges would take the
        machine's time and memory meanwhile, and be given up at the end.
        """
        self._merge(on=False)

    def _merge(self, *, on: bool) -> None:
        with self._asking.borrowed(Use.READ, writing=True) as client:
            client.command(f"SYSTEM {'START' if on else 'STOP'} MERGES")
        self._rests = not on

    def prepare(self) -> None:
        """Load, and connect to, what the first insert would else wait for."""
        self._inserts.prepare()

    def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store all spans of `batches`; returns only after they are durable."""
        self._inserts.insert(batches)

    def reindex(self, scope: ReindexScope, *, dry_run: bool = False) -> Iterator[Reindexed]:
        """Read stored spans again, by the conventions and prices of now."""

        def write(rows: Sequence[Rewritten]) -> None:
            if not dry_run:
                for project_id in {row.project_id for row in rows if self._has_cells()}:
                    # What is read again is no news, so it would change cells and nobody knew.
                    self._cells.void(project_id, self._micros() + _LONGEST_WRITE)
                with self._asking.borrowed(Use.WRITE, writing=True) as client:
                    kept = self._tombstones.kept(rows, lambda query: rows_of(client, query))
                    if kept:
                        with self._changing():
                            put(client, [("spans", rewritten_table(kept))])

        return reindex(scope, self._asking.ask, write)

    @property
    def letters(self) -> ClickHouseLetters:
        """What could not be stored."""
        return ClickHouseLetters(self._asking.ask, self._write_letters, self.insert)

    @property
    def deletions(self) -> ClickHouseDeletions:
        """Where deletions are asked for, carried out and looked at."""
        if self._rests:
            self._merge(on=True)

        def learn(step: Step) -> None:
            # No insert may be under way that has not heard of it.
            with self._asking.connections.alone() as client:
                self._inserts.flush()
                command(client, takes_step(step))
                self._tombstones.learn(step.project_id, step.asked_at)

        letters = DeletedLetters(
            lambda: self.letters.letters(replayed=True),
            lambda batch: self._tombstones.surviving([batch], self._asking.ask)[0],
            self._write_letters,
            self._asking.delete,
        )
        return ClickHouseDeletions(
            self._asking.ask,
            self._asking.delete,
            learn,
            letters,
            micros=lambda: int(self._clock() * 1_000_000),
            settle_seconds=self._settle_seconds,
        )

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        """List the traces that `where` describes."""
        if (projects := self._kept_projects) is not None:
            found = projects.page(project_id, where, order, page)
            if found is not None:
                return found
        plan = plans.traces(project_id, where, order, page, self._look_back())
        return self._asking.page(plan, _same(where, project_id, order, page))

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace with all its spans, or None when the project has no such trace."""
        return self._asking.answer(trace_plan.trace(project_id, trace_id))

    def outline(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace whose spans lack what nearly all of their text is in."""
        return self._asking.answer(trace_plan.trace(project_id, trace_id, bodies=False))

    def open_trace(self, project_id: str, trace_id: str) -> OpenTrace | None:
        """Begin to read a trace of any size; no connection is held between its groups."""
        head = self._asking.answer(trace_plan.head(project_id, trace_id))
        if head is None:
            return None

        def read(after: tuple[int, str], limit: int) -> trace_plan.Group:
            plan = trace_plan.group_after(project_id, trace_id, head.hours, after, limit)
            return self._asking.answer(plan)

        return trace_plan.opened(head, read)

    def stamp(self, project_id: str, trace_id: str) -> str | None:
        """Give a text that is another one once the trace is; None when there is no such trace."""
        return self._asking.answer(stamp(project_id, trace_id))

    def spans(self, project_id: str, trace_id: str, page: PageRequest) -> Page[StoredSpan] | None:
        """List the spans of a trace by start, then by id; None when there is no such trace."""
        return self._asking.answer(trace_plan.spans(project_id, trace_id, page))

    def find_spans(
        self, project_id: str, where: SpanFilter, order: SpanOrder, page: PageRequest
    ) -> Page[StoredSpan]:
        """List the spans, of whatever traces, that `where` describes."""
        return self._asking.answer(find_spans(project_id, where, order, page, self._look_back()))

    def search(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[SearchHit]:
        """Find the traces that hold `where.q` (required), newest first, one hit a trace."""
        plan = search(project_id, where, page, self._look_back())
        return self._asking.page(plan, _same(where, project_id, "hits", page))

    def groups(self, project_id: str, asked: GroupQuery, page: PageRequest) -> Page[GroupSummary]:
        """List the services, models, users or the like that visible spans name."""
        plan = groups(project_id, asked, page, self._look_back().now)
        return self._asking.page(plan, _same(asked, project_id, page))

    def metrics(self, project_id: str, asked: MetricQuery) -> MetricTable:
        """Measure the visible spans of a window, by group and by bucket of time."""
        now = self._look_back().now
        oldest = self._oldest() if self._has_cells() else None
        return self._asking.answer(metrics(project_id, asked.at(now), oldest=oldest))

    @property
    def cells(self) -> ClickHouseCells:
        """What keeps cells, from which measures are answered quickly."""
        return self._cells

    def indexed_rows(self) -> tuple[int, int] | None:
        """Count the rows whose words are indexed, and all; None where the server has no index.

        A search finds the same in all of them, and takes longer for those that are not.
        """
        return self._asking.answer(indexed_rows())

    def tend(self) -> None:
        """Do what keeps searches fast and is not done yet; to be called once in a while.

        It changes no answer. Any number of processes may do so at once.
        """
        tend_words(self._asking.ask, self._asking.tend, from_rows=self._windows_from)

    def arrivals(self, project_id: str, wanted: ArrivalsRequest) -> Arrivals:
        """Give the spans that were stored since, in the order in which they were stored."""
        self._catch_up()
        settled = self._marks.settled()
        return self._asking.answer(
            arrivals(project_id, wanted, settled, others_write=self._others_write)
        )

    def export(self, project_id: str, selection: Selection, form: ExportForm) -> Iterator[bytes]:
        """Give a file of the spans that `selection` means, as it is made."""
        return exported(
            project_id,
            selection.at(self._look_back().now),
            form,
            ask=self._asking.ask,
            borrowed=lambda: self._asking.borrowed(Use.LONG, writing=False, once=True),
        )

    def sql(self, project_id: str, question: SqlQuestion) -> bytes:
        """Answer one SELECT over the project's spans and traces."""
        with self._asking.borrowed(Use.LONG, writing=False, once=True) as client:
            self._sql_runs = True
            try:
                return answer_sql(client, project_id, question, self._sql_mark)
            finally:
                self._sql_runs = False

    def ping(self) -> None:
        """Return when the store answers queries now."""
        with self._asking.borrowed(Use.PING, writing=False) as client:
            client.query("SELECT 1")

    @contextmanager
    def connection(self) -> Iterator[Client]:
        """Lend a connection to who keeps tables of their own beside the spans; errors are ours."""
        borrowed = self._asking.borrowed(Use.LONG, writing=True, once=True)
        with self._changing(), borrowed as client:
            yield client

    def close(self) -> None:
        """Let go of the store. Nothing may be called afterwards; SQL that still runs is ended."""
        self._end_sql()
        self._inserts.close()
        self._kept_projects = None
        self._asking.close()

    def _end_sql(self) -> None:
        """Have SQL ended that the closing of an embedded engine would else wait for."""
        until = time.monotonic() + _END_SECONDS
        with suppress(PrelaError):
            # More than once: a question is several queries.
            while self._sql_runs and time.monotonic() < until:
                with self._asking.borrowed(Use.PING, writing=False) as client:
                    end_sql(client, self._sql_mark)
                time.sleep(_END_PAUSE_SECONDS)

    def _write_letters(self, table: pa.Table) -> None:
        with self._asking.borrowed(Use.WRITE, writing=True) as client:
            put(client, [("dead_letters", table)])

    def _catch_up(self) -> None:
        """Have questions see what was accepted, if the engine can write."""
        self._inserts.catch_up()

    def _changing(self) -> AbstractContextManager[None]:
        """Keep nothing while what is stored becomes another, but for inserts."""
        projects = self._kept_projects
        return nullcontext() if projects is None else projects.changing()

    def _settled(self) -> int:
        self._catch_up()
        settled = self._marks.settled()
        return self._asking.answer(settled_everywhere(settled, others_write=self._others_write))

    def _has_cells(self) -> bool:
        """Say whether there may be cells: a reader may be newer than who brings up the schema."""
        if not self._cells_are_there:
            ((there,),) = self._asking.ask(cell_queries.are_there())
            self._cells_are_there = bool(there)
        return self._cells_are_there

    def _oldest(self) -> int:
        """Give the moment before which retention may have taken spans away."""
        days = self._retention_days
        return self._micros() - days * _DAY if days else 0

    def _look_back(self) -> plans.LookBack:
        return plans.LookBack(self._micros(), self._windows_from)

    def _micros(self) -> int:
        return int(self._clock() * 1_000_000)


def _same(asked: TraceFilter | GroupQuery, *more: object) -> tuple[object, ...] | None:
    """Give what is equal for questions of one answer; None where it depends on when they are."""
    return None if is_relative(asked.where) else (asked, *more)
