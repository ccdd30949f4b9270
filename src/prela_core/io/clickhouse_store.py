"""The store on ClickHouse: the engine in this process or a server, by the same code."""

from __future__ import annotations

import io
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import DatabaseError

from prela_core.errors import StoreUnavailableError
from prela_core.io.clickhouse_errors import RefusedByStoreError, is_unsupported, translated
from prela_core.io.clickhouse_letters import ClickHouseLetters
from prela_core.io.clickhouse_parameters import in_parts
from prela_core.model import SpanBatch
from prela_core.store import (
    MetricQuery,
    MetricTable,
    Order,
    Page,
    PageRequest,
    Reindexed,
    ReindexScope,
    SearchHit,
    StoredSpan,
    TraceDetail,
    TraceFilter,
    TraceSummary,
    migrations,
    plans,
)
from prela_core.store.fragments import Query
from prela_core.store.metric_plan import metrics
from prela_core.store.reindex import reindex
from prela_core.store.rows import Rewritten, announcement_table, rewritten_table, span_table
from prela_core.store.word_index import WORDS_INDEX, indexed_rows

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["ClickHouseStore", "open_embedded", "open_server"]

T = TypeVar("T")

_WRITE_SETTINGS = {
    # An answered insert must be in a part on disk, not in the server's buffer.
    "async_insert": 0,
    # A request may hold spans of any month since 1970.
    "max_partitions_per_insert_block": 0,
    # It costs as much as all the rest of an insert: merges build it.
    "exclude_materialize_skip_indexes_on_insert": WORDS_INDEX,
}
_READ_SETTINGS = {
    "max_execution_time": 30,
    "max_memory_usage": 4_000_000_000,
    "max_result_rows": 1_000_000,
    "readonly": 1,
}
_CONNECT_SECONDS = 3  # tried twice by the driver: nobody is to wait long for a server that is away


@attrs.define
class _Connection:
    client: Client | None = None


class ClickHouseStore:
    """A `Store` over clickhouse-connect.

    `connect` opens a connection: one for writing, one for `ping` and `readers` for reading are
    kept, for use by any number of threads, and each is opened when it is first needed, so that a
    store can be made while its server is away. `durability` goes into the settings of each
    table; spans are kept for `retention_days` (0: for ever, None: as it was set before); `clock`
    gives seconds since 1970. From `windows_from` stored rows on, the newest are looked for in
    windows of time (`prela_core.store.plans.LookBack`).
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        *,
        readers: int = 4,
        durability: str = "",
        retention_days: int | None = 90,
        clock: Callable[[], float] = time.time,
        windows_from: int = 50_000,
    ) -> None:
        self._durability = durability
        self._retention_days = retention_days
        self._clock = clock
        self._windows_from = windows_from
        self._connect = connect
        self._closed = False
        self._connections: list[_Connection] = []
        self._writers: queue.LifoQueue[_Connection] = queue.LifoQueue()
        self._readers: queue.LifoQueue[_Connection] = queue.LifoQueue()
        # Whether the store answers is asked beside its questions, however long those take.
        self._pings: queue.LifoQueue[_Connection] = queue.LifoQueue()
        for pool in [self._writers, self._pings] + [self._readers] * readers:
            self._connections.append(_Connection())
            pool.put(self._connections[-1])

    def migrate(self) -> list[str]:
        """Bring the schema up to date and name the steps taken; safe to run at once by many."""
        with self._borrowed(self._writers, writing=True) as client:
            client.command(migrations.LOG_TABLE)
            log = client.query("SELECT number FROM schema_migrations")
            done = {row[0] for row in log.result_rows}
            steps = [
                step for step in migrations.migrations(self._durability) if step.number not in done
            ]
            taken = []
            for step in steps:
                try:
                    client.command(step.sql)
                except DatabaseError as error:
                    if step.is_optional and is_unsupported(error):
                        continue  # and tried again at the next start, on a newer server perhaps
                    raise
                client.command(
                    "INSERT INTO schema_migrations (number, name)"
                    " SELECT {number:UInt32}, {name:String}",
                    parameters={"number": step.number, "name": step.name},
                )
                taken.append(f"{step.number:04d} {step.name}")
            return taken + self._set_retention(client)

    def _set_retention(self, client: Client) -> list[str]:
        taken: list[str] = []
        if self._retention_days is None:
            return taken
        for table, ttl in migrations.retention(self._retention_days).items():
            definition = client.query(
                "SELECT create_table_query FROM system.tables"
                " WHERE database = currentDatabase() AND name = {table:String}",
                parameters={"table": table},
            ).result_rows[0][0]
            if ttl and f"TTL {ttl}" not in definition:
                client.command(
                    f"ALTER TABLE {table} MODIFY TTL {ttl}",
                    settings={"materialize_ttl_after_modify": 0},
                )
                taken.append(f"{table}: kept for {self._retention_days} days")
            elif not ttl and " TTL " in definition:
                client.command(f"ALTER TABLE {table} REMOVE TTL")
                taken.append(f"{table}: kept for ever")
        return taken

    def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store all spans of `batches`; returns only after they are durable."""
        try:
            tables = [("trace_announcements", announcement_table(batches))]
            if any(batch.spans for batch in batches):
                tables.append(("spans", span_table(batches)))
        except (pa.ArrowException, OverflowError, ValueError) as error:
            raise RefusedByStoreError("the store can't hold what was sent") from error
        self._write(tables)

    def reindex(self, scope: ReindexScope, *, dry_run: bool = False) -> Iterator[Reindexed]:
        """Read stored spans again, by the conventions and prices of now."""

        def write(rows: Sequence[Rewritten]) -> None:
            if not dry_run:
                self._write([("spans", rewritten_table(rows))])

        return reindex(scope, self._ask, write)

    @property
    def letters(self) -> ClickHouseLetters:
        """What could not be stored."""

        def write(table: pa.Table) -> None:
            self._write([("dead_letters", table)])

        return ClickHouseLetters(self._ask, write, self.insert)

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        """List the traces that `where` describes."""
        return self._answer(plans.traces(project_id, where, order, page, self._look_back()))

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace with its spans, or None when the project has no such trace."""
        return self._answer(plans.trace(project_id, trace_id))

    def spans(self, project_id: str, trace_id: str, page: PageRequest) -> Page[StoredSpan] | None:
        """List the spans of a trace by start, then by id; None when there is no such trace."""
        return self._answer(plans.spans(project_id, trace_id, page))

    def search(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[SearchHit]:
        """Find the traces that hold `where.q` (required), newest first, one hit a trace."""
        return self._answer(plans.search(project_id, where, page, self._look_back()))

    def metrics(self, project_id: str, asked: MetricQuery) -> MetricTable:
        """Measure the visible spans of a window, by group and by bucket of time."""
        return self._answer(metrics(project_id, asked))

    def indexed_rows(self) -> tuple[int, int] | None:
        """Count the rows whose words are indexed, and all; None where the server has no index.

        A search finds the same in all of them, and takes longer for those that are not.
        """
        return self._answer(indexed_rows())

    def ping(self) -> None:
        """Return when the store answers queries now."""
        with self._borrowed(self._pings, writing=False) as client:
            client.query("SELECT 1")

    def close(self) -> None:
        """Let go of the store. Nothing may be called afterwards."""
        self._closed = True
        while self._connections:
            client = self._connections.pop().client
            with suppress(Exception):  # a connection that can't be closed is gone all the same
                if client is not None:
                    client.close()

    def _write(self, tables: Sequence[tuple[str, pa.Table | None]]) -> None:
        with self._borrowed(self._writers, writing=True) as client:
            for name, table in tables:
                if table is not None:
                    answer = client.raw_insert(
                        name,
                        column_names=table.column_names,
                        insert_block=_arrow_stream(table),
                        fmt="ArrowStream",
                        settings=_WRITE_SETTINGS,
                    )
                    if not any(answer.summary.values()):
                        # A proxy's page with a status of 200 looks like success to the driver.
                        raise StoreUnavailableError("what answered the insert is no store")

    def _ask(self, query: Query) -> list[Sequence[Any]]:
        with self._borrowed(self._readers, writing=False) as client:
            return _rows(client, query)

    def _answer(self, plan: plans.Plan[T]) -> T:
        with self._borrowed(self._readers, writing=False) as client:
            try:
                query = next(plan)
                while True:
                    query = plan.send(_rows(client, query))
            except StopIteration as stop:
                answer: T = stop.value
                return answer

    @contextmanager
    def _borrowed(self, pool: queue.LifoQueue[_Connection], *, writing: bool) -> Iterator[Client]:
        connection = pool.get()
        try:
            if self._closed:
                raise StoreUnavailableError("the store is closed")
            with translated(writing=writing):
                if connection.client is None:
                    connection.client = self._connect()
                yield connection.client
        finally:
            pool.put(connection)

    def _look_back(self) -> plans.LookBack:
        return plans.LookBack(int(self._clock() * 1_000_000), self._windows_from)


def open_embedded(directory: Path, **options: Any) -> ClickHouseStore:
    """Open the engine in this process, with its data in `directory`, and bring its schema up.

    Inserts reach the disk before they return. Only one process may do so with a directory:
    hold `prela_core.io.data_directory.DataDirectory` while the store is open. `options` are
    those of `ClickHouseStore`. Raises `ModuleNotFoundError` where the engine is not installed.
    """
    if find_spec("chdb") is None:
        # The driver's own error names no module, and comes after the directory is made.
        raise ModuleNotFoundError("the engine is not installed", name="chdb")
    directory.mkdir(parents=True, exist_ok=True)
    store = ClickHouseStore(
        lambda: clickhouse_connect.get_client(dsn=f"chdb://{directory.resolve()}"),
        durability=migrations.DURABLE,
        **options,
    )
    try:
        store.migrate()
    except BaseException:
        store.close()
        raise
    return store


def open_server(
    host: str,
    *,
    port: int = 8123,
    username: str = "default",
    password: str = "",
    database: str = "default",
    secure: bool = False,
    timeout: int = 45,
    **options: Any,
) -> ClickHouseStore:
    """Open a ClickHouse server over HTTP. `options` are those of `ClickHouseStore`.

    The server need not be there: the first question or insert connects, as does any one after
    the server was away, and until then each raises `StoreUnavailableError`. `database` must
    exist; `migrate` makes the tables. The server may be silent for `timeout` seconds, which
    should be more than a question may take (30).
    """
    return ClickHouseStore(
        lambda: clickhouse_connect.get_client(
            host=host,
            port=port,
            username=username,
            password=password,
            database=database,
            secure=secure,
            autogenerate_session_id=False,
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=timeout,
            # What is asked for stays out of URLs, which libraries, proxies and servers log.
            form_encode_query_params=True,
        ),
        **options,
    )


def _rows(client: Client, query: Query) -> list[Sequence[Any]]:
    sql, parameters = in_parts(query.sql, query.parameters)
    result = client.query(sql, parameters=parameters, settings=_READ_SETTINGS)
    return list(result.result_rows)


def _arrow_stream(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
