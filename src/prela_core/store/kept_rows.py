"""What is kept of a small project's rows: read from the engine, or taken from what is inserted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from prela_core.store.conditions import EXACT_COLUMNS
from prela_core.store.fragments import MICROS, PROJECT, Query
from prela_core.store.rows_together import READ_COLUMNS
from prela_core.store.trace_row import ROW_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "KEPT_COLUMNS",
    "TAKEN_COLUMNS",
    "announced",
    "announced_in",
    "is_deleting",
    "kept_count",
    "kept_rows",
    "rows_in",
]

Row = Sequence[Any]

_TABLES = ("spans", "trace_announcements")
_MORE_COLUMNS = tuple(each for each in EXACT_COLUMNS if each not in ROW_COLUMNS)
KEPT_COLUMNS = (*ROW_COLUMNS, "version", *_MORE_COLUMNS)
"""What is kept of a span's row: all that makes a trace's, and what filters ask for."""
_MOMENTS = ("started_at", "ended_at")
_ANNOUNCED = ("trace_id", "version", "started_at", "metadata")
TAKEN_COLUMNS = dict(zip(_TABLES, (KEPT_COLUMNS, _ANNOUNCED), strict=True))
"""What `rows_in` and `announced_in` look at of what is inserted, beside the project."""


def kept_count(project_id: str) -> Query:
    """Count the rows of a project's spans, and those of its announcements, of whatever version."""
    counts = (f"(SELECT count() FROM {table} WHERE {PROJECT})" for table in _TABLES)
    return Query(f"SELECT {', '.join(counts)}", {"project": project_id})


def is_deleting() -> Query:
    """Say whether rows of whatever project are being taken away."""
    return Query(
        "SELECT count() > 0 FROM system.mutations WHERE database = currentDatabase()"
        " AND table IN {tables:Array(String)} AND NOT is_done",
        {"tables": list(_TABLES)},
    )


def kept_rows(project_id: str) -> Query:
    """Give the rows of a project's spans, of whatever version, in the order of `KEPT_COLUMNS`."""
    columns = ", ".join((*READ_COLUMNS, *_MORE_COLUMNS))
    return Query(f"SELECT {columns} FROM spans WHERE {PROJECT}", {"project": project_id})


def announced(project_id: str) -> Query:
    """Give `(trace_id, version, start, metadata)` of all that was announced of a project."""
    columns = (MICROS.format(name) if name in _MOMENTS else name for name in _ANNOUNCED)
    return Query(
        f"SELECT {', '.join(columns)} FROM trace_announcements WHERE {PROJECT}",
        {"project": project_id},
    )


def rows_in(spans: pa.Table, project_id: str) -> Iterator[Row]:
    """Give the same as `kept_rows` of what is inserted into `spans`."""
    return _rows(spans, project_id, KEPT_COLUMNS)


def announced_in(announcements: pa.Table, project_id: str) -> Iterator[Row]:
    """Give the same as `announced` of what is inserted into `trace_announcements`.

    Raises `ValueError` for metadata that is not in UTF-8.
    """
    for *said, metadata in _rows(announcements, project_id, _ANNOUNCED):
        yield *said, metadata.decode()


def _rows(table: pa.Table, project_id: str, names: Sequence[str]) -> Iterator[Row]:
    columns = [
        _micros(table[name]) if name in _MOMENTS else table[name].to_pylist() for name in names
    ]
    projects = table["project_id"].to_pylist()
    rows = zip(*columns, strict=True)
    return (row for own, row in zip(projects, rows, strict=True) if own == project_id)


def _micros(moments: pa.ChunkedArray) -> list[int | None]:
    """Give moments in microseconds as they are; a cast would load what computes, for 25 ms."""
    return [each for chunk in moments.chunks for each in chunk.view("int64").to_pylist()]
