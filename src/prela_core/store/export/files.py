"""Files of spans in their forms, made piece by piece of tables as they come."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from prela_core.store.export.queries import METADATA
from prela_core.store.export.selection import ExportForm
from prela_core.store.rows import SPAN_FIELDS

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["file_of", "schema"]

_MOMENTS = ("started_at", "ended_at", "created_at")
_FRACTIONS = ("duration_ms", "cost_usd", "ttft_ms")
_WHOLE = (
    *("input_tokens", "output_tokens", "reasoning_tokens"),
    *("cache_read_tokens", "cache_write_tokens"),
)

_GROUP_BYTES = 32 * 1024 * 1024
"""How much a row group of Parquet holds, about."""


def schema() -> pa.Schema:
    """Give the columns of Arrow and Parquet: the fields of a `StoredSpan`, then `METADATA`."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed where files are made

    forms = {
        **dict.fromkeys(_MOMENTS, pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(_FRACTIONS, pa.float64()),
        **dict.fromkeys(_WHOLE, pa.int64()),
        "flags": pa.list_(pa.string()),
    }
    return pa.schema([(name, forms.get(name, pa.string())) for name in (*SPAN_FIELDS, METADATA)])


def file_of(form: ExportForm, tables: Iterable[pa.Table]) -> Iterator[bytes]:
    """Give the bytes of a file of `form`, as they are made.

    `tables` have the columns of `schema`; for `ExportForm.JSONL` they have the lines in a column
    named `line`.
    """
    if form is ExportForm.JSONL:
        return _lines(tables)
    return _stream(tables) if form is ExportForm.ARROW else _parquet(tables)


class _Sink(io.RawIOBase):
    """Takes what a writer writes, until it is taken from here."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _lines(tables: Iterable[pa.Table]) -> Iterator[bytes]:
    for table in tables:
        for column in table.column("line").chunks:
            yield b"".join(line.as_buffer().to_pybytes() + b"\n" for line in column)


def _stream(tables: Iterable[pa.Table]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415 - as above

    columns, sink = schema(), _Sink()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), columns, options=options) as writer:
        for table in tables:
            writer.write_table(table.cast(columns))
            yield sink.take()
    yield sink.take()


def _parquet(tables: Iterable[pa.Table]) -> Iterator[bytes]:
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    columns, sink = schema(), _Sink()
    with pq.ParquetWriter(sink, columns, compression="zstd") as writer:
        for group in _groups(table.cast(columns) for table in tables):
            writer.write_table(group)
            yield sink.take()
    yield sink.take()


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    import pyarrow as pa  # noqa: PLC0415 - as above

    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(each.nbytes for each in waiting) >= _GROUP_BYTES:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
