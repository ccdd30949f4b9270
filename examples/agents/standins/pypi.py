"""PyPI's JSON, and pypistats.org."""

from __future__ import annotations

from datetime import timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from examples.agents.standins.world import World


def index(world: World) -> Starlette:
    """Serve projects with their versions."""

    def project(request: Request) -> Response:
        package = request.path_params["package"]
        found = world.released(package)
        if not found:
            return JSONResponse({"message": "Not Found"}, 404)
        return JSONResponse(
            {
                "info": {"name": package, "summary": "", "version": found[0].version},
                "releases": {
                    "0.0.1": [],
                    **{
                        each.version: [
                            {
                                "filename": f"{package}-{each.version}.tar.gz",
                                "upload_time_iso_8601": f"{each.at:%Y-%m-%dT%H:%M:%S.%fZ}",
                                "yanked": False,
                            }
                        ]
                        for each in found
                    },
                },
            }
        )

    return Starlette(routes=[Route("/pypi/{package}/json", project)])


def stats(world: World) -> Starlette:
    """Serve downloads by the day."""

    def overall(request: Request) -> Response:
        package = request.path_params["package"]
        counts = world.counts.get(f"downloads:{package}")
        if counts is None:
            return PlainTextResponse("404", 404)
        # A day is counted when it is over.
        until = world.now().date()
        days = {
            day: count for day, count in counts.items() if until - timedelta(180) <= day < until
        }
        return JSONResponse(
            {
                "data": [
                    {"category": "without_mirrors", "date": f"{day}", "downloads": int(count)}
                    for day, count in sorted(days.items())
                ],
                "package": package,
                "type": "overall_downloads",
            }
        )

    return Starlette(routes=[Route("/packages/{package}/overall", overall)])
