"""From a user's text to the one statement that is run.

The engine reads the text first and writes it again in its own spelling, without comments and as
one statement. Its reading of that is checked node by node, and only that very text is run: as a
subquery, below a WITH that says what the tables are, under bounds that it can't change.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Generator
from typing import Any

from prela_core.errors import InvalidError, StoreUnavailableError
from prela_core.store.fragments import Query
from prela_core.store.sql.gate import bare_names, check
from prela_core.store.sql.question import SqlForm, SqlQuestion
from prela_core.store.sql.tables import named_tables, only_of_project
from prela_core.store.sql.tree import read_tree

__all__ = ["SqlPlan", "raw_statement", "said_of"]

SqlPlan = Generator[Query, bytes, Query]
"""Yields queries, is sent the bytes of their answers, tab-separated, and returns the statement."""

_FORMATS = {SqlForm.JSON: "JSONCompact", SqlForm.CSV: "CSVWithNames", SqlForm.ARROW: "ArrowStream"}
_BOUNDS = {
    "readonly": "1",
    "allow_ddl": "0",
    "allow_introspection_functions": "0",
    "max_execution_time": "30",
    # The clock is looked at between blocks, so one block must not hold much.
    "function_range_max_elements_in_block": "1000000",
    "max_memory_usage": "2000000000",
    "max_bytes_before_external_group_by": "500000000",
    "max_bytes_before_external_sort": "500000000",
    "max_result_bytes": "256000000",
    "result_overflow_mode": "'throw'",
    "timeout_overflow_mode": "'throw'",
    "joined_subquery_requires_alias": "0",
    "date_time_output_format": "'iso'",
    "output_format_json_quote_64bit_integers": "0",
    "output_format_arrow_string_as_string": "1",
    "output_format_arrow_low_cardinality_as_dictionary": "0",
}
_ENDS = re.compile(
    r"[:.]? ?In scope |: [Ww]hile |\.? Maybe you meant|\. Expected one of|\. \([A-Z_]+\)"
)
_LONGEST = 500


def raw_statement(project_id: str, question: SqlQuestion) -> SqlPlan:
    """Find the statement that answers `question`, with the bytes of its form.

    Raises `InvalidError` for what is not one harmless SELECT.
    """
    spelled = yield Query(
        "SELECT base64Encode(formatQuerySingleLine({prela_text:String}))",
        {"prela_text": question.text},
    )
    text = _from_base64(spelled)
    if not text.startswith(("SELECT ", "WITH ", "(SELECT ", "(WITH ")):
        raise InvalidError("only a SELECT can be asked")
    dumped = yield Query(f"EXPLAIN AST {text}", {})
    named = yield Query(
        "SELECT base64Encode(currentDatabase()), base64Encode(table), max(name = 'project_id')"
        " FROM system.columns WHERE database = currentDatabase() GROUP BY table",
        {},
    )
    rows = [line.split(b"\t") for line in named.splitlines()]
    if not rows:
        raise StoreUnavailableError("the store has no tables yet")
    database = _from_base64(rows[0][0])
    tables = {_from_base64(table): has_project == b"1" for _, table, has_project in rows}
    tree = read_tree(dumped.decode(errors="replace").removesuffix("\n").split("\n"))
    functions = yield Query(
        "SELECT DISTINCT lower(name) FROM system.functions"
        " WHERE lower(name) IN {prela_names:Array(String)}",
        {"prela_names": sorted(bare_names(tree))},
    )
    check(tree, text, tables=tables, functions=functions.decode().split())
    bounds: dict[str, Any] = _BOUNDS | {
        "max_result_rows": str(question.max_rows),
        "additional_table_filters": only_of_project(project_id, database, tables),
    }
    settings = ", ".join(f"{name} = {value}" for name, value in bounds.items())
    return Query(
        f"WITH {named_tables(database)}\nSELECT * FROM ({text})\nSETTINGS {settings}"
        f"\nFORMAT {_FORMATS[question.form]}",
        {"prela_project": project_id},
    )


def said_of(message: str) -> str:
    """Cut the engine's error down to what is about the user's text."""
    said = _ENDS.split(message.partition("DB::Exception: ")[2] or message)[0]
    return " ".join(said.split())[:_LONGEST].rstrip(" .,:")


def _from_base64(data: bytes) -> str:
    return b64decode(data).decode(errors="replace")
