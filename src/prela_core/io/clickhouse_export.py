"""Taking spans out of ClickHouse, piece by piece."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from prela_core.io.clickhouse_parameters import in_parts
from prela_core.store.export import ExportForm, Selection
from prela_core.store.export.files import file_of
from prela_core.store.export.pieces import pieces
from prela_core.store.fragments import Query

if TYPE_CHECKING:
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

__all__ = ["exported"]

_SETTINGS = (
    "readonly = 1, max_execution_time = 120, max_memory_usage = 4000000000,"
    " output_format_arrow_string_as_string = 1,"
    " output_format_arrow_low_cardinality_as_dictionary = 0"
)
# A server is to know that all went well before it begins to answer.
_WHOLE = {"wait_end_of_query": "1"}


def exported(
    project_id: str,
    selection: Selection,
    form: ExportForm,
    *,
    ask: Callable[[Query], Sequence[Sequence[Any]]],
    borrowed: Callable[[], AbstractContextManager[Client]],
) -> Iterator[bytes]:
    """Give the file of `form` that has what `selection` means, as it is made.

    A connection is borrowed for each piece, and not held while somebody takes their time with
    the bytes.
    """

    def tables() -> Iterator[pa.Table]:
        plan = pieces(project_id, selection, form, ask)
        last: str | None = None
        try:
            query = next(plan)
            while True:
                with borrowed() as client:
                    table = _table(client, query)
                last = table.column(0)[-1].as_py() if len(table) else None
                if len(table):
                    yield table
                query = plan.send(last)
        except StopIteration:
            return

    return file_of(form, tables())


def _table(client: Client, query: Query) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed where files are made

    sql, parameters = in_parts(query.sql, query.parameters)
    answer = client.raw_query(
        f"{sql} SETTINGS {_SETTINGS}",
        parameters=parameters,
        settings=_WHOLE,
        fmt="ArrowStream",
    )
    if not answer:  # no rows of the embedded engine
        return pa.table({"line": pa.array([], pa.string())})
    return pa.ipc.open_stream(io.BytesIO(answer)).read_all()
