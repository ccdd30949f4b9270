from __future__ import annotations

import asyncio
import threading
from typing import Any

import attrs
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from tests.served import listening

from prela_core.errors import InputError, InvalidError, UnavailableError
from prela_core.io.http_client import HttpClient
from prela_core.store.sql import SqlForm, SqlQuestion
from prela_server.accounts import Identity, Scope
from prela_server.edge.problems import handlers
from prela_server.edge.stopping import announce_stop
from prela_server.query.sql_routes import sql_routes


@attrs.define
class Engine:
    """Answers what it was given, and keeps what it was asked."""

    answer: bytes = b'{"columns":[],"rows":[],"row_count":0}'
    error: Exception | None = None
    asked: list[Any] = attrs.field(factory=list)

    def sql(self, project_id: str, question: SqlQuestion) -> bytes:
        self.asked.append((project_id, question))
        if self.error is not None:
            raise self.error
        return self.answer


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def client(engine: Any) -> Any:
    async def guard(request: Request, scope: Scope) -> Identity:
        return Identity(
            project_id=request.headers["X-API-Key"], key_id="", scopes=frozenset({scope})
        )

    app = Starlette(routes=sql_routes(engine, guard), exception_handlers=handlers())
    with listening(app) as url, HttpClient(url, "mine") as opened:
        yield opened


def test_the_question_comes_through_with_the_project_of_the_key(
    client: HttpClient, engine: Engine
) -> None:
    question = SqlQuestion(text="SELECT 'ä' -- all", form=SqlForm.CSV, max_rows=7)

    assert engine.answer == client.sql("not this one", question)
    assert [("mine", question)] == engine.asked


def test_each_form_has_its_media_type(client: HttpClient) -> None:
    for form, media_type in (
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8"),
        ("arrow", "application/vnd.apache.arrow.stream"),
    ):
        answer = client._client.post("/api/v1/sql", json={"query": "SELECT 1", "format": form})
        assert media_type == answer.headers["content-type"]


def test_what_is_wrong_comes_back_in_words(client: HttpClient, engine: Engine) -> None:
    engine.error = InvalidError("there is no table span; the tables are spans and traces")

    with pytest.raises(InvalidError, match="no table span; the tables"):
        client.sql("", SqlQuestion(text="SELECT * FROM span"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"query":""}', 422),
        (b'{"query":" "}', 422),
        (b'{"query":7}', 422),
        (b'{"query":"SELECT 1","format":"parquet"}', 422),
        (b'{"query":"SELECT 1","max_rows":0}', 422),
        (b'{"query":"SELECT 1","max_rows":1000001}', 422),
        (b'{"query":"' + b"x" * 20_001 + b'"}', 422),
        (b'{"query":"' + b"x" * 200_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_question_is_refused(
    client: HttpClient, engine: Engine, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json"}

    assert status == client._client.post("/api/v1/sql", content=body, headers=headers).status_code
    assert [] == engine.asked


def test_an_unknown_key_is_named(client: HttpClient, engine: Engine) -> None:
    answer = client._client.post("/api/v1/sql", json={"query": "SELECT 1", "maxRows": 5})

    assert InvalidError.status == answer.status_code
    assert "'maxRows'" in answer.json()["detail"]
    assert [{"pointer": "/maxRows", "detail": "is not known"}] == answer.json()["errors"]
    assert [] == engine.asked


@attrs.define
class Held:
    """Answers once it is let go."""

    let_go: threading.Event = attrs.field(factory=threading.Event)

    def sql(self, _: str, question: SqlQuestion) -> bytes:
        if question.text != "SELECT 1":
            assert self.let_go.wait(30)
        return b"done"


def test_who_has_no_turn_in_time_is_to_come_again() -> None:
    held = Held()
    app = _app(held, slot_seconds=0.05, answer_seconds=0.2)

    async def answers() -> tuple[httpx.Response, httpx.Response]:
        async with _asking(app) as client:
            first = await _ask(client, "SELECT held")
            # Given up, but it runs on and has its turn.
            second = await _ask(client, "SELECT 1")
            held.let_go.set()
            while (await _ask(client, "SELECT 1")).content != b"done":
                pass
            return first, second

    first, second = asyncio.run(answers())

    assert InvalidError.status == first.status_code
    assert "more time" in first.json()["detail"]
    assert UnavailableError.status == second.status_code
    assert "5" == second.headers["retry-after"]
    assert "application/problem+json" == second.headers["content-type"]
    assert "one at a time" in second.json()["detail"]


def test_a_stop_waits_for_no_query() -> None:
    held, stopping = Held(), asyncio.Event()
    stopping.set()
    app = _app(held)

    async def told(scope: Any, receive: Any, send: Any) -> None:
        announce_stop(scope, stopping)
        await app(scope, receive, send)

    async def answered() -> httpx.Response:
        async with _asking(told) as client:
            return await _ask(client, "SELECT held")

    try:
        answer = asyncio.run(answered())
    finally:
        held.let_go.set()

    assert UnavailableError.status == answer.status_code
    assert "the server is stopping" in answer.json()["detail"]


async def _ask(client: httpx.AsyncClient, query: str) -> httpx.Response:
    return await client.post("/api/v1/sql", json={"query": query})


def _app(engine: Any, **options: float) -> Starlette:
    async def guard(_: Request, scope: Scope) -> Identity:
        return Identity(project_id="mine", key_id="", scopes=frozenset({scope}))

    routes = sql_routes(engine, guard, **options)
    return Starlette(routes=routes, exception_handlers=handlers())


def _asking(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://prela")


def test_parameters_in_the_address_are_refused(client: HttpClient) -> None:
    answer = client._client.post("/api/v1/sql?max_rows=5", json={"query": "SELECT 1"})

    assert InputError.status < answer.status_code
