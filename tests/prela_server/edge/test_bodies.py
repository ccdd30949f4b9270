from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import zstandard
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.asgi import ask

from prela_core.errors import MalformedError
from prela_server.edge.bodies import read_json_body
from prela_server.edge.problems import handlers

LIMIT = 1000
PACK = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def post(content: Any, *, seconds: float = 30, **headers: str) -> httpx.Response:
    async def endpoint(request: Request) -> Response:
        return Response(await read_json_body(request, limit=LIMIT, seconds=seconds))

    app = Starlette(routes=[Route("/", endpoint, methods=["POST"])], exception_handlers=handlers())
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(app, method="POST", content=content, headers=sent)


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON; charset=utf-8", "text/json", "application/x+json", ""],
)
def test_what_says_it_is_json_is_read(media_type: str) -> None:
    assert b"[]" == post(b"[]", content_type=media_type).content


def test_what_says_nothing_is_read() -> None:
    assert b"" == post(b"").content
    assert b"[1]" == post(b"[1]").content


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-protobuf", "x" * 5000, "json"])
def test_any_other_type_is_415_and_says_what_to_send(media_type: str) -> None:
    found = post(b"[]", content_type=media_type)

    assert 415 == found.status_code
    assert found.json()["detail"].endswith("is not read here; send application/json")
    assert len(found.json()["detail"]) < 200


@pytest.mark.parametrize("encoding", PACK)
def test_encodings_are_undone(encoding: str) -> None:
    assert b"x" * LIMIT == post(PACK[encoding](b"x" * LIMIT), content_encoding=encoding).content


@pytest.mark.parametrize("encoding", PACK)
def test_the_limit_counts_what_comes_out_of_an_encoding(encoding: str) -> None:
    found = post(PACK[encoding](b"x" * (LIMIT + 1)), content_encoding=encoding)

    assert (413, "close") == (found.status_code, found.headers["Connection"])


@pytest.mark.parametrize("encoding", PACK)
@pytest.mark.parametrize("damage", [lambda raw: raw[:-3], lambda _: b"nonsense"])
def test_a_broken_encoding_is_malformed(encoding: str, damage: Any) -> None:
    assert 400 == post(damage(PACK[encoding](b"x" * 100)), content_encoding=encoding).status_code


def test_an_unknown_encoding_is_415() -> None:
    assert 415 == post(b"[]", content_encoding="br").status_code


def test_an_announced_size_over_the_limit_is_refused_before_it_is_read() -> None:
    read: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    found = post(pieces(), content_length=str(LIMIT + 1))
    assert (413, []) == (found.status_code, read)
    assert f"has {LIMIT + 1:,} bytes; at most {LIMIT:,} are taken" in found.json()["detail"]


@pytest.mark.parametrize("announced", ["-5", "many", "1e9", ""])
def test_an_announced_size_that_is_none_is_passed_over(announced: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"[]"

    assert 200 == post(pieces(), content_length=announced).status_code


def test_a_body_without_an_announced_size_is_stopped_at_the_limit() -> None:
    sent: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(1000):
            sent.append(number)
            yield b"x" * 100

    assert 413 == post(pieces()).status_code
    assert len(sent) < 20


def test_a_body_that_does_not_arrive_in_time_is_408() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    found = post(pieces(), seconds=0.05)
    assert (408, "close") == (found.status_code, found.headers["Connection"])
    assert "the body did not arrive within 0.05 s" == found.json()["detail"]


def test_a_client_that_goes_away_sent_a_malformed_body() -> None:
    messages = iter([{"type": "http.request", "body": b"[", "more_body": True}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(MalformedError, match="ended before it was complete"):
        asyncio.run(read_json_body(request, limit=LIMIT, seconds=30))
