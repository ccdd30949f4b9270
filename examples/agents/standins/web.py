"""Web pages and feeds."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from examples.agents.standins.world import World


def app(world: World) -> Starlette:
    """Serve pages and feeds."""

    def page(request: Request) -> Response:
        path = request.path_params["path"]
        if path.startswith("leads-to/"):
            return RedirectResponse(f"http://{path.removeprefix('leads-to/')}")
        found = world.page(path)
        if found is None:
            return Response("<h1>Not found</h1>", 404, media_type="text/html")
        return Response(found.body, headers={"content-type": found.content_type})

    return Starlette(routes=[Route("/{path:path}", page)])
