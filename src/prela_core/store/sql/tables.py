"""What the tables of a query stand for: the visible spans of one project, and its traces."""

from __future__ import annotations

from collections.abc import Mapping

from prela_core.store.rows import SPAN_FIELDS
from prela_core.store.trace_row import ROW
from prela_core.store.within import columns_of

__all__ = ["named_tables", "only_of_project"]

_METADATA = "if(length(metadata) > 2, metadata, '{}')"
_MOMENT = "fromUnixTimestamp64Micro({0}, 'UTC')"
_TRACE = f"""
    SELECT trace_id, service AS service_name, {_MOMENT.format("first_micros")} AS started_at,
        if(isNull(end_micros), NULL, {_MOMENT.format("assumeNotNull(end_micros)")})
            AS completed_at,
        (last_micros - first_micros) / 1000 AS duration_ms, trace_status AS status,
        nullIf(root, '') AS root_span_id, head_name AS name, spans AS span_count,
        errors AS error_count, tokens_in AS input_tokens, tokens_out AS output_tokens,
        cost AS cost_usd, models, {_METADATA} AS metadata
    FROM ({ROW}
        FROM spans GROUP BY trace_id) AS computed
    LEFT JOIN (
        SELECT trace_id, argMaxIf(metadata, version, length(metadata) > 2) AS metadata
        FROM $database.trace_announcements
        WHERE project_id = {{prela_project:String}} GROUP BY trace_id) AS announced
    USING (trace_id)"""


def named_tables(database: str) -> str:
    """Give the WITH list that makes `spans` and `traces` mean those of `{prela_project:String}`.

    Of each span only the visible version is there. The engine puts these in the place of the
    names wherever a query below uses them, before it looks for tables.
    """
    quoted = quoted_name(database)
    columns = (
        name if name == column else f"{column} AS {name}"
        for name, column in zip(SPAN_FIELDS, columns_of(SPAN_FIELDS), strict=True)
    )
    spans = (
        f"SELECT {', '.join(columns)} FROM {quoted}.spans"
        " WHERE project_id = {prela_project:String}"
        " ORDER BY version DESC LIMIT 1 BY trace_id, span_id"
    )
    traces = _TRACE.replace("$database", quoted)
    return f"spans AS ({spans}),\ntraces AS ({traces})"


def only_of_project(project_id: str, database: str, tables: Mapping[str, bool]) -> str:
    """Give the engine's `additional_table_filters`: a second wall, whatever a query reads.

    `tables` are those of the store, and whether they have a `project_id`; those without one
    give no rows at all.
    """
    mine = f"project_id = {_literal(project_id)}"
    filters = {
        f"{quoted_name(database)}.{quoted_name(table)}": mine if has_project else "0"
        for table, has_project in tables.items()
    }
    pairs = ", ".join(f"{_literal(name)}: {_literal(only)}" for name, only in filters.items())
    return f"{{{pairs}}}"


def quoted_name(name: str) -> str:
    """Quote the name of a database or table."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
