"""Addresses below an id, which may itself hold slashes and end as the address does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["BELOW", "Endpoint", "at_id", "below_id"]

BELOW = ("spans", "critical-path", "graph", "diff")
"""What stands below the id of a trace; all of it is only read."""

Endpoint = Callable[[Request], Awaitable[Response]]


def below_id(word: str, endpoint: Endpoint, otherwise: Endpoint) -> Endpoint:
    """Answer `/{trace_id}/<word>` by `endpoint`, and an id that ends in `/<word>` by `otherwise`.

    An id may hold slashes; escaped as %2F they are slashes again before a route is chosen, so
    only the path as it was sent tells the two apart.
    """
    suffix = f"/{word}"

    async def chosen(request: Request) -> Response:
        if (request.scope.get("raw_path") or suffix.encode()).endswith(suffix.encode()):
            return await endpoint(request)
        request.path_params["trace_id"] += suffix
        return await otherwise(request)

    return chosen


def at_id(endpoint: Endpoint) -> Endpoint:
    """Answer `/{trace_id}` by `endpoint`, and refuse with 405 what is an address below an id."""

    async def chosen(request: Request) -> Response:
        sent: bytes = request.scope.get("raw_path") or b""
        trace_id, slash, word = sent.partition(b"/traces/")[2].rpartition(b"/")
        if trace_id and slash and word.decode("ascii", "replace") in BELOW:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        return await endpoint(request)

    return chosen
