"""Addresses below an id, which may itself hold slashes and end as the address does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Endpoint", "below_id"]

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
