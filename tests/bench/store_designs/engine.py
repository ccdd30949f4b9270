"""The engine in this process: ask it, insert into it, and see what its tables weigh."""

from __future__ import annotations

import io
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from generator import PROJECT

__all__ = ["Rows", "arrow_stream", "ask", "cpu_seconds", "insert", "open_engine", "print_sizes"]

Rows = Sequence[Sequence[Any]]

_SIZES = """
SELECT table, count(), sum(rows), round(sum(data_compressed_bytes)/sum(rows),1),
    round(sum(secondary_indices_compressed_bytes)/sum(rows),1),
    round(sum(bytes_on_disk)/sum(rows),1)
FROM system.parts WHERE active AND database=currentDatabase() GROUP BY table ORDER BY table"""


def open_engine(folder: Path) -> Client:
    """Open the directory; one process at a time can hold it."""
    return clickhouse_connect.get_client(dsn=f"chdb:///{folder.resolve()}")


def ask(client: Client, sql: str, **values: Any) -> Rows:
    """Give the rows of a question, which may use `{project:String}` and the other `values`.

    The cache of conditions is off: it would answer the second run from the first.
    """
    bound = {"project": PROJECT, **values}
    settings = {"use_query_condition_cache": 0}
    return client.query(sql, parameters=bound, settings=settings).result_rows


def arrow_stream(table: pa.Table) -> bytes:
    """Write a table as the stream that the engine reads."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def insert(client: Client, table: str, block: bytes, **settings: Any) -> None:
    """Insert an Arrow stream and wait until it is on disk."""
    client.raw_insert(
        table, insert_block=block, fmt="ArrowStream", settings={"async_insert": 0, **settings}
    )


def cpu_seconds() -> float:
    """Give the CPU time of this process so far, its merges included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def print_sizes(client: Client) -> None:
    """Print a line for each table."""
    for row in ask(client, _SIZES):
        figures = " | ".join(str(value) for value in row)
        print(
            f"| size | {figures} | (table, parts, rows, data B/row, skip-index B/row, disk B/row)"
        )
