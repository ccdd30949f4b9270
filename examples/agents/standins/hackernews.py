"""Hacker News: Algolia's search, and the site's own items."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from examples.agents.standins.world import Said, World, matching

_MOST = 1000


def search(world: World) -> Starlette:
    """Serve Algolia's search."""

    def search_by_date(request: Request) -> JSONResponse:
        asked = request.query_params
        found = matching(world.here("hackernews"), asked["query"])
        for sign, seconds in re.findall(r"created_at_i([<>]=?)(\d+)", asked["numericFilters"]):
            found = [each for each in found if _holds(each.at.timestamp(), sign, int(seconds))]
        per_page, page = int(asked["hitsPerPage"]), int(asked.get("page", 0))
        shown = found[:_MOST][page * per_page : (page + 1) * per_page]
        return JSONResponse(
            {
                "hits": [_hit(each) for each in shown],
                "nbHits": len(found),
                "page": page,
                "nbPages": -(-min(len(found), _MOST) // per_page),
                "hitsPerPage": per_page,
            }
        )

    return Starlette(routes=[Route("/search_by_date", search_by_date)])


def items(world: World) -> Starlette:
    """Serve the items by their numbers, deleted ones as null."""

    def item(request: Request) -> JSONResponse:
        wanted = request.path_params["id"].removesuffix(".json")
        found = next((each for each in world.here("hackernews") if each.id == wanted), None)
        if found is None:
            return JSONResponse(None)
        if world.gone(found):
            return JSONResponse({"id": int(wanted), "deleted": True, "type": "comment"})
        return JSONResponse({"id": int(wanted), "by": found.author, "text": found.text})

    return Starlette(routes=[Route("/item/{id}", item)])


def _holds(at: float, sign: str, bound: int) -> bool:
    return int(at) >= bound if sign.startswith(">") else int(at) <= bound


def _hit(said: Said) -> dict[str, object]:
    at = {"created_at_i": int(said.at.timestamp()), "author": said.author, "objectID": said.id}
    if said.parent is None:
        return {
            **at,
            "title": said.title,
            "url": None,
            "points": said.points,
            "num_comments": 0,
            "story_text": said.text,
            "story_id": int(said.id),
            "_tags": ["story", f"author_{said.author}", f"story_{said.id}"],
        }
    return {
        **at,
        "title": None,
        "points": None,
        "comment_text": f"<p>{said.text}</p>",
        "story_id": int(said.thread or said.parent),
        "story_title": said.title,
        "parent_id": int(said.parent),
        "_tags": ["comment", f"author_{said.author}"],
    }
