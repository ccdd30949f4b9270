"""What the process measures, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_server.accounts import Scope
from prela_server.edge.guard import Guard

__all__ = ["metrics_routes"]

_TYPE = "text/plain; version=0.0.4"


def metrics_routes(expose: Callable[[], bytes], guard: Guard) -> list[Route]:
    """Give `/metrics`, for keys with the scope `admin`: figures tell of everybody's work."""

    async def metrics(request: Request) -> Response:
        await guard(request, Scope.ADMIN)
        return Response(expose(), media_type=_TYPE)

    return [Route("/metrics", metrics)]
