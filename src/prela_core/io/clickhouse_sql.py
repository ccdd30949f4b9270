"""Running a user's SQL on ClickHouse, and saying in their terms what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import msgspec
from clickhouse_connect.driver.exceptions import ClickHouseError
from msgspec import Raw

from prela_core.errors import InvalidError, StoreUnavailableError
from prela_core.io.clickhouse_errors import FOR_OPERATORS, TOO_EXPENSIVE, code_of
from prela_core.store.fragments import Query
from prela_core.store.sql.question import SqlForm, SqlQuestion
from prela_core.store.sql.statement import raw_statement, said_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["answer_sql", "end_sql"]

# A server is to know that all went well before it begins to answer.
_WHOLE = {"wait_end_of_query": "1"}
_TOO_MANY_ROWS = 396
_ENDED = 394


def answer_sql(client: Client, project_id: str, question: SqlQuestion, mark: str) -> bytes:
    """Give the rows that `question` asks for, in its form; `end_sql` with `mark` ends it.

    After an error, `client` must be closed: what a failed query had to say would, in some forms,
    be the embedded engine's answer to the next one. Raises `InvalidError` for what can't be
    asked, and for a query that is wrong or takes more than one may, `StoreUnavailableError`
    for one that was ended; errors of the store itself pass through as they are.
    """
    plan = raw_statement(project_id, question)
    try:
        query = next(plan)
        while True:
            query = plan.send(_run(client, query, question, mark))
    except StopIteration as stop:
        answered = _run(client, stop.value, question, mark)
    return _document(answered) if question.form is SqlForm.JSON else answered


def end_sql(client: Client, mark: str) -> None:
    """Let a query that runs with `mark` end at its next block of rows; `client` is another one."""
    client.command(
        "KILL QUERY WHERE Settings['log_comment'] = {prela_mark:String} ASYNC",
        parameters={"prela_mark": mark},
    )


def _run(client: Client, query: Query, question: SqlQuestion, mark: str) -> bytes:
    settings = _WHOLE | {"log_comment": mark}
    try:
        answer: bytes = client.raw_query(query.sql, parameters=query.parameters, settings=settings)
    except ClickHouseError as error:
        code = code_of(error)
        if code is None or (code in FOR_OPERATORS and code not in TOO_EXPENSIVE):
            raise
        if code == _ENDED:
            raise StoreUnavailableError(
                "the query was ended before it had an answer; ask again later", retry_after=5
            ) from error
        if code == _TOO_MANY_ROWS:
            raise InvalidError(
                f"the answer has over {question.max_rows:,} rows or is too long; "
                "add a LIMIT, or aggregate"
            ) from error
        if code in TOO_EXPENSIVE:
            raise InvalidError(
                "the query took more time or memory than one may; ask for fewer columns or "
                "an aggregate of less"
            ) from error
        raise InvalidError(said_of(str(error))) from error
    return answer


@attrs.frozen(slots=False)
class _Rows:
    meta: list[dict[str, Any]]
    data: Raw
    rows: int


def _document(answered: bytes) -> bytes:
    found = msgspec.json.decode(answered, type=_Rows)
    return msgspec.json.encode({"columns": found.meta, "rows": found.data, "row_count": found.rows})
