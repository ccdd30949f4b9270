"""Rows on their way into the engine: counted, put together, and written for the journal."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Held", "Tables", "bytes_in", "decoded", "encoded", "rows_in", "together"]

Tables = Sequence[tuple[str, "pa.Table | None"]]
"""Rows by the name of their table."""

Held = list[tuple[str, "pa.Table"]]
"""The same without those that have none."""


def rows_in(tables: Tables) -> int:
    """Count the rows of all tables."""
    return sum(table.num_rows for _, table in tables if table is not None)


def bytes_in(tables: Tables) -> int:
    """Count the bytes that the rows of all tables take in memory."""
    return sum(table.nbytes for _, table in tables if table is not None)


def together(inserts: Iterable[Held]) -> Held:
    """Make one table of all rows that go into the same one, and have the same columns.

    An earlier version may have left some with others.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and loaded with the first rows

    alike: dict[tuple[str, str], list[pa.Table]] = {}
    for tables in inserts:
        for name, table in tables:
            alike.setdefault((name, str(table.schema)), []).append(table)
    return [(name, pa.concat_tables(found).combine_chunks()) for (name, _), found in alike.items()]


def encoded(tables: Held) -> bytes:
    """Write rows as one record: names, and Arrow streams."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    parts = []
    for name, table in tables:
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        parts.append((name, sink.getvalue()))
    return msgspec.msgpack.encode(parts)


def decoded(record: bytes) -> Held:
    """Read what `encoded` wrote; raises `ValueError` for anything else."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    try:
        parts = msgspec.msgpack.decode(record, type=list[tuple[str, bytes]])
        return [(name, pa.ipc.open_stream(text).read_all()) for name, text in parts]
    except (msgspec.MsgspecError, pa.ArrowException, OSError) as error:
        raise ValueError("the record holds no rows") from error
