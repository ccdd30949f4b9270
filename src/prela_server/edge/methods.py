"""Several methods at one address, so that a refused one is told of all the others."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

__all__ = ["by_address"]


def by_address(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Put routes of the same path together, in the place of the first."""
    found: list[BaseRoute] = []
    places: dict[str, int] = {}
    for route in routes:
        place = places.get(route.path) if isinstance(route, Route) else None
        if place is None:
            if isinstance(route, Route):
                places[route.path] = len(found)
            found.append(route)
        elif isinstance(route, Route):
            found[place] = _both(found[place], route)
    return found


def _both(first: BaseRoute, second: Route) -> Route:
    assert isinstance(first, Route)  # noqa: S101 - `by_address` puts no other there

    async def endpoint(request: Request) -> Response:
        chosen = second if request.method in (second.methods or ()) else first
        answer: Response = await chosen.endpoint(request)
        return answer

    methods = [*(first.methods or ()), *(second.methods or ())]
    return Route(first.path, endpoint, methods=methods, name=first.name)
