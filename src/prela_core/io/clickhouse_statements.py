"""Single statements on a connection to ClickHouse: questions, inserts and commands."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from prela_core.errors import StoreUnavailableError
from prela_core.io.clickhouse_errors import RefusedByStoreError
from prela_core.io.clickhouse_parameters import in_parts
from prela_core.model import SpanBatch
from prela_core.store.fragments import Query
from prela_core.store.rows import announcement_table, span_table
from prela_core.store.vocabulary import WORDS_INDEX

if TYPE_CHECKING:
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

__all__ = ["READ_SETTINGS", "command", "load_arrow", "put", "rows_of", "tables_of"]

_WRITE_SETTINGS = {
    # An answered insert must be in a part on disk, not in the server's buffer.
    "async_insert": 0,
    # A group is one block, which one thread can put away; others would only be started and ended.
    "max_threads": 1,
    "max_insert_threads": 1,
    # A request may hold spans of any month since 1970.
    "max_partitions_per_insert_block": 0,
    # It costs as much as all the rest of an insert: merges build it.
    "exclude_materialize_skip_indexes_on_insert": WORDS_INDEX,
}
READ_SETTINGS = {
    "max_execution_time": 30,
    "max_memory_usage": 4_000_000_000,
    "max_result_rows": 1_000_000,
    "readonly": 1,
    # What is compiled takes tens of milliseconds, once for each form, and saves none of them.
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
    # What was read lately stays unpacked: of a question that reads little, unpacking is a third.
    "use_uncompressed_cache": 1,
}
_DELETE_SETTINGS = {
    "max_memory_usage": 4_000_000_000,
    # What takes long is waited for by looking whether it is done.
    "mutations_sync": 0,
    "lightweight_deletes_sync": 0,
    "allow_nondeterministic_mutations": 1,
}


def tables_of(batches: Sequence[SpanBatch], stored_at: int) -> list[tuple[str, pa.Table | None]]:
    """Give what `batches` puts into each table at `stored_at` (microseconds).

    Raises `RefusedByStoreError` when it can't be.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and questions do without it

    try:
        tables = [("trace_announcements", announcement_table(batches))]
        if any(batch.spans for batch in batches):
            tables.append(("spans", span_table(batches, stored_at)))
    except (pa.ArrowException, OverflowError, ValueError) as error:
        raise RefusedByStoreError("the store can't hold what was sent") from error
    return tables


def load_arrow() -> None:
    """Load what tables are made and written with, before the first insert waits for it."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    _arrow_stream(pa.table({"number": [1]}))


def put(client: Client, tables: Sequence[tuple[str, pa.Table | None]]) -> None:
    """Insert rows; returns after they are in parts on the disk."""
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


def command(client: Client, query: Query, *, seconds: int = 30) -> None:
    """Do what changes something, in so many seconds at the most; a mutation is done later."""
    sql, parameters = in_parts(query.sql, query.parameters)
    settings = {**_DELETE_SETTINGS, "max_execution_time": seconds}
    client.command(sql, parameters=parameters, settings=settings)


def rows_of(client: Client, query: Query, *, seconds: int = 30) -> list[Sequence[Any]]:
    """Give the rows, or columns, that answer a question, in so many seconds at the most."""
    sql, parameters = in_parts(query.sql, query.parameters)
    settings = {**READ_SETTINGS, "max_execution_time": seconds, **query.settings}
    result = client.query(sql, parameters=parameters, settings=settings)
    return list(result.result_columns if query.by_column else result.result_rows)


def _arrow_stream(table: pa.Table) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - as above

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
