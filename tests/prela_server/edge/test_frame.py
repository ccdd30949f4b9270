from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.asgi import ask

from prela_server.edge.frame import Frame


async def _echo(_: Request) -> Response:
    return JSONResponse(structlog.contextvars.get_contextvars())


async def _page(_: Request) -> Response:
    headers = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=60"}
    return Response(headers=headers)


async def _fail(_: Request) -> Response:
    raise RuntimeError("unforeseen")


_APP = Starlette(routes=[Route("/", _echo), Route("/page", _page), Route("/fail", _fail)])


def get(path: str = "/", *, local_only: bool = True, **sent: Any) -> httpx.Response:
    return ask(Frame(_APP, local_only=local_only, new_id=lambda: "made"), path, **sent)


@pytest.mark.parametrize("sent", ["a", "0af7651916cd43dd", "a.b:c@d/e+f=g-h_1", "x" * 128])
def test_a_plain_request_id_comes_back_and_is_bound_to_the_logs(sent: str) -> None:
    answer = get(headers={"X-Request-ID": sent})

    assert sent == answer.headers["X-Request-ID"]
    assert {"request_id": sent} == answer.json()


@pytest.mark.parametrize(
    "sent", [b"", b"a b", b"a\tb", b'"a"', b"x" * 129, "é".encode("latin-1"), "é".encode(), b"<b>"]
)
def test_any_other_request_id_is_replaced(sent: bytes) -> None:
    answer = get(headers=[(b"x-request-id", sent)])

    assert "made" == answer.headers["X-Request-ID"]
    assert {"request_id": "made"} == answer.json()


def test_ids_are_made_anew_for_each_request_and_forgotten_after_it() -> None:
    plain = Frame(_APP, local_only=False)

    assert 2 == len({ask(plain).headers["X-Request-ID"] for _ in range(2)})
    assert {} == structlog.contextvars.get_contextvars()


def test_every_answer_has_the_security_headers() -> None:
    for path in ("/", "/nowhere", "/page"):
        headers = get(path).headers
        assert "nosniff" == headers["X-Content-Type-Options"]
        assert "DENY" == headers["X-Frame-Options"]
        assert "no-referrer" == headers["Referrer-Policy"]
        assert "enterprise" == headers["X-Prela-Tier"]
    assert "no-store" == get().headers["Cache-Control"]
    assert "default-src 'none'" in get().headers["Content-Security-Policy"]


def test_a_page_may_have_its_own_policy_once() -> None:
    headers = get("/page").headers

    assert ["default-src 'self'"] == headers.get_list("Content-Security-Policy")
    assert ["max-age=60"] == headers.get_list("Cache-Control")


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LocalHost", "127.0.0.1", "127.0.0.2:1", "[::1]", "[::1]:80"],
)
def test_this_machine_is_answered_under_its_own_names(host: str) -> None:
    assert 200 == get(headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "192.168.0.7:8000",
        "0.0.0.0",  # noqa: S104 - a name here
        "[::1",
        "[evil]",
        "a@localhost@evil.test",
        "",
        ":8000",
    ],
)
@pytest.mark.parametrize("local_only", [True, False])
def test_other_names_are_refused_where_there_are_no_keys(host: str, *, local_only: bool) -> None:
    answer = get(local_only=local_only, headers={"Host": host})

    if not local_only:
        assert 200 == answer.status_code
        return
    assert 403 == answer.status_code
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert "PRELA_AUTH=on" in answer.json()["detail"]
    assert "made" == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8000", 200),
        ("https://localhost:8000", 200),
        ("http://localhost:3000", 403),
        ("http://127.0.0.1:8000", 403),
        ("https://evil.test", 403),
        ("null", 403),
        ("", 403),
        ("http://[::1", 403),
    ],
)
def test_a_page_of_another_origin_is_refused(origin: str, status: int) -> None:
    assert status == get(headers={"Origin": origin}).status_code
    assert 200 == get(local_only=False, headers={"Origin": origin}).status_code


def test_what_is_no_request_passes() -> None:
    passed: list[str] = []

    async def app(scope: Any, _: Any, __: Any) -> None:
        passed.append(scope["type"])

    asyncio.run(Frame(app, local_only=True)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]  # neither is called
    assert ["lifespan"] == passed


@pytest.mark.parametrize(
    ("sent", "bound"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", False),
        ("nonsense", False),
    ],
)
def test_the_trace_of_the_caller_is_bound_to_the_logs(sent: str, *, bound: bool) -> None:
    found = get(headers={"traceparent": sent}).json()

    assert ({"trace_id": "0af7651916cd43dd8448eb211c80319c"} if bound else {}) == {
        name: value for name, value in found.items() if name != "request_id"
    }


def test_a_request_is_a_line_at_debug_with_its_path_alone() -> None:
    with structlog.testing.capture_logs() as lines:
        get("/page?q=secret")
        get("/page", headers={"Host": "evil.example"})
        get("/fail")

    assert [
        ("debug", "GET", "/page", 200),
        ("debug", "GET", "/page", 403),
        ("debug", "GET", "/fail", 500),
    ] == [(line["log_level"], line["method"], line["path"], line["status"]) for line in lines]


def test_pages_that_are_named_may_ask_and_no_others() -> None:
    named = Frame(_APP, local_only=True, origins=("https://ui.example",))

    assert 200 == ask(named, headers={"Origin": "https://ui.example"}).status_code
    assert 403 == ask(named, headers={"Origin": "https://ui.example.evil"}).status_code
