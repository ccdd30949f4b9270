"""The operation that asks in SQL."""

from __future__ import annotations

from http import HTTPStatus

from prela_server.accounts import Scope
from prela_server.docs.operation import ASKING, QUERY, Operation
from prela_server.query.sql_routes import MEDIA_TYPES, SqlAnswer, SqlColumn, SqlDocument

__all__ = ["sql_operations"]

_GIVEN = SqlAnswer(
    columns=[
        SqlColumn(name="model", type="LowCardinality(String)"),
        SqlColumn(name="tokens", type="Nullable(UInt64)"),
    ],
    rows=[["gpt-4o", 412]],
    row_count=1,
)


def sql_operations() -> list[Operation]:
    """Give `/api/v1/sql`."""
    return [
        Operation(
            method="POST",
            path="/api/v1/sql",
            name="askSql",
            tag=QUERY,
            summary="Ask in SQL",
            description="One SELECT, in ClickHouse's SQL, over the tables `spans` and `traces` of "
            "the key's project: each span once, as it is seen everywhere else. Nothing else can "
            "be read, and nothing written. A query may take 30 seconds and 2 GB of memory, and no "
            "function that costs more than its input is long. One query runs at a time: others "
            "wait 3 seconds for their turn, and are then asked to come again later.",
            scope=Scope.READ,
            body=SqlDocument,
            sent={
                "Tokens by model": {
                    "query": "SELECT model, sum(input_tokens) AS tokens FROM spans "
                    "WHERE model != '' GROUP BY model ORDER BY tokens DESC"
                }
            },
            answer=SqlAnswer,
            others=tuple(MEDIA_TYPES.values())[1:],
            answer_text="The rows.",
            given=_GIVEN,
            errors=(
                *ASKING,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.REQUEST_TIMEOUT,
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            ),
        ),
    ]
