"""The API gateway's door for SQL: one SELECT over the caller's own spans and traces."""

from __future__ import annotations

from typing import Annotated, Any

import anyio.to_thread
import attrs
import msgspec
from anyio import CapacityLimiter
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.errors import InvalidError, MalformedError
from prela_core.store import Reader
from prela_core.store.sql import MAX_ROWS, MAX_TEXT, SqlForm, SqlQuestion
from prela_server.accounts import Scope
from prela_server.edge.bodies import read_json_body
from prela_server.edge.guard import Guard
from prela_server.query.parameters import Parameters

__all__ = ["MEDIA_TYPES", "SqlAnswer", "SqlColumn", "SqlDocument", "sql_routes"]

MEDIA_TYPES = {
    SqlForm.JSON: "application/json",
    SqlForm.CSV: "text/csv",
    SqlForm.ARROW: "application/vnd.apache.arrow.stream",
}
_MAX_BODY = 8 * MAX_TEXT
_BODY_SECONDS = 10.0


@attrs.frozen(kw_only=True)
class SqlDocument:
    """A question in SQL."""

    query: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_TEXT,
            description="One SELECT of ClickHouse's SQL over the tables `spans` and `traces`.",
            extra_json_schema={"format": "sql"},
        ),
    ]
    format: Annotated[
        SqlForm,
        Meta(description="How the rows are written: as JSON, CSV with a header, or Arrow IPC."),
    ] = SqlForm.JSON
    max_rows: Annotated[
        float,  # to JSON 10.0 is a whole number, as it is to its schemas
        Meta(
            ge=1,
            le=MAX_ROWS,
            multiple_of=1,
            description="An answer of more rows is refused rather than cut.",
            extra_json_schema={"type": "integer"},
        ),
    ] = 10_000


@attrs.frozen(kw_only=True)
class SqlColumn:
    """A column of an answer."""

    name: Annotated[str, Meta(description="Its name, or the expression that it is.")]
    type: Annotated[str, Meta(description="Its type, as ClickHouse names it.")]


@attrs.frozen(kw_only=True)
class SqlAnswer:
    """The rows that were asked for."""

    columns: Annotated[list[SqlColumn], Meta(description="What the places of each row mean.")]
    rows: Annotated[list[list[Any]], Meta(description="The rows: one value for each column.")]
    row_count: Annotated[int, Meta(ge=0, description="How many rows there are.")]


# 7.0 is a whole number in JSON Schema.
_decoder = msgspec.json.Decoder(SqlDocument, strict=False)


def sql_routes(reader: Reader, guard: Guard) -> list[Route]:
    """Give the route that answers SQL, one query at a time."""
    limiter = CapacityLimiter(1)

    async def ask(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        Parameters(request.query_params, ())
        sent = _decoded(await read_json_body(request, limit=_MAX_BODY, seconds=_BODY_SECONDS))
        question = SqlQuestion(text=sent.query, form=sent.format, max_rows=int(sent.max_rows))
        answer = await anyio.to_thread.run_sync(reader.sql, project, question, limiter=limiter)
        return Response(answer, media_type=MEDIA_TYPES[sent.format])

    return [Route("/api/v1/sql", ask, methods=["POST"])]


def _decoded(body: bytes) -> SqlDocument:
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidError(f"the body is not as it must be: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"the body is not valid JSON: {error}") from None
