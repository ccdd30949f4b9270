from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.testing import MemoryStore
from prela_server.edge.guard import open_guard
from prela_server.query.routes import query_routes
from prela_server.query.trace_paths import BELOW, at_id


def ask(raw_path: str) -> Response:
    async def endpoint(_: Request) -> Response:
        return Response()

    scope: dict[str, Any] = {"type": "http", "method": "DELETE", "raw_path": raw_path.encode()}
    return asyncio.run(at_id(endpoint)(Request(scope)))  # type: ignore[arg-type]  # it is async


@pytest.mark.parametrize("word", BELOW)
def test_what_is_below_an_id_takes_no_method_of_the_id(word: str) -> None:
    with pytest.raises(HTTPException) as refused:
        ask(f"/api/v1/traces/t/{word}")

    assert 405 == refused.value.status_code
    assert {"Allow": "GET, HEAD"} == refused.value.headers


@pytest.mark.parametrize("trace_id", ["t", "spans", "t%2Fspans", "a/b", "a/spansy"])
def test_ids_are_ids(trace_id: str) -> None:
    assert 200 == ask(f"/api/v1/traces/{trace_id}").status_code


def test_every_address_below_an_id_is_known() -> None:
    below = "/api/v1/traces/{trace_id:path}/"
    routes = query_routes(MemoryStore(), open_guard())
    paths = [route.path for route in routes if isinstance(route, Route)]

    assert sorted(BELOW) == sorted(
        path.removeprefix(below) for path in paths if path.startswith(below)
    )
