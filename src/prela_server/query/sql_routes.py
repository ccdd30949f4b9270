"""The API gateway's door for SQL: one SELECT over the caller's own spans and traces."""

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import anyio.to_thread
import attrs
import msgspec
from anyio import CapacityLimiter
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.errors import InvalidError, MalformedError, UnavailableError
from prela_core.store import Reader
from prela_core.store.sql import MAX_ROWS, MAX_TEXT, SqlForm, SqlQuestion
from prela_server.accounts import Scope
from prela_server.edge.bodies import read_json_body
from prela_server.edge.guard import Guard
from prela_server.edge.stopping import stopping_of
from prela_server.query.parameters import Parameters

__all__ = ["MEDIA_TYPES", "SqlAnswer", "SqlColumn", "SqlDocument", "sql_routes"]

MEDIA_TYPES = {
    SqlForm.JSON: "application/json",
    SqlForm.CSV: "text/csv",
    SqlForm.ARROW: "application/vnd.apache.arrow.stream",
}
_MAX_BODY = 8 * MAX_TEXT
_BODY_SECONDS = 10.0
_SLOT_SECONDS = 3.0
_ANSWER_SECONDS = 31.0
"""The engine ends a query after 30, but looks at the clock between blocks of rows only. Clients
wait for 35."""
_AGAIN_SECONDS = 5


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

    SCHEMA: ClassVar[Mapping[str, Any]] = MappingProxyType({"additionalProperties": False})


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
_KEYS = {field.name: field for field in attrs.fields(SqlDocument)}


def sql_routes(
    reader: Reader,
    guard: Guard,
    *,
    slot_seconds: float = _SLOT_SECONDS,
    answer_seconds: float = _ANSWER_SECONDS,
) -> list[Route]:
    """Give the route that answers SQL, one query at a time.

    A query that finds another one running after `slot_seconds` is refused for now, and one that
    takes `answer_seconds` is given up; none keeps the server from stopping.
    """
    turn = _Turn(slot_seconds, answer_seconds)

    async def ask(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        Parameters(request.query_params, ())
        sent = _decoded(await read_json_body(request, limit=_MAX_BODY, seconds=_BODY_SECONDS))
        question = SqlQuestion(text=sent.query, form=sent.format, max_rows=int(sent.max_rows))
        answer = await turn.answer(
            lambda: reader.sql(project, question), stopping=stopping_of(request)
        )
        return Response(answer, media_type=MEDIA_TYPES[sent.format])

    return [Route("/api/v1/sql", ask, methods=["POST"])]


class _Turn:
    """Runs one question at a time beside the loop, and waits for none without end."""

    def __init__(self, slot_seconds: float, answer_seconds: float) -> None:
        self._limiter = CapacityLimiter(1)
        self._slot_seconds = slot_seconds
        self._answer_seconds = answer_seconds

    async def answer(self, question: Callable[[], bytes], *, stopping: asyncio.Event) -> bytes:
        owner = object()
        try:
            async with asyncio.timeout(self._slot_seconds):
                await self._limiter.acquire_on_behalf_of(owner)
        except TimeoutError:
            raise UnavailableError(
                "another SQL query is running, and they are answered one at a time; "
                "ask again later",
                retry_after=_AGAIN_SECONDS,
            ) from None
        asked = asyncio.create_task(self._run(question, owner))
        # What nobody waits for any more may fail unheard.
        asked.add_done_callback(lambda task: task.cancelled() or task.exception())
        stopped = asyncio.create_task(stopping.wait())
        try:
            done, _ = await asyncio.wait(
                {asked, stopped}, timeout=self._answer_seconds, return_when=FIRST_COMPLETED
            )
        finally:
            stopped.cancel()
        if asked in done:
            return await asked
        if stopped in done:
            raise UnavailableError(
                "the server is stopping, so the query was given up; ask again later",
                retry_after=_AGAIN_SECONDS,
            )
        raise InvalidError(
            "the query took more time than one may; ask for fewer columns or an aggregate of less"
        )

    async def _run(self, question: Callable[[], bytes], owner: object) -> bytes:
        """Run `question`; the turn lasts until it has ended, whoever waits for it."""
        own = CapacityLimiter(1)
        try:
            return await anyio.to_thread.run_sync(question, abandon_on_cancel=True, limiter=own)
        finally:
            self._limiter.release_on_behalf_of(owner)


def _decoded(body: bytes) -> SqlDocument:
    try:
        keys = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).keys()
        unknown = sorted(keys - _KEYS.keys())  # msgspec drops what a class of attrs does not have
        if not unknown:
            return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidError(f"the body is not as it must be: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"the body is not valid JSON: {error}") from None
    raise InvalidError(
        f"the body has an unknown key {unknown[0][:60]!r}; it may have {', '.join(_KEYS)}",
        [{"pointer": f"/{key[:60]}", "detail": "is not known"} for key in unknown[:10]],
    )
