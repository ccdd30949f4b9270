"""GitHub's REST API: releases, issues and repositories, with pages, ETags and its limits."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.agents.standins.world import Counts, Release, Said, World

EXPIRED = "ghp_expired"
QUOTA = {"x-ratelimit-limit": "5000", "x-ratelimit-resource": "core"}


def app(world: World) -> Starlette:
    """Serve releases, issues, repositories and stars."""

    def releases(request: Request) -> Response:
        where = _repository(request)
        return _listed(request, [_release(each) for each in world.released(where)])

    def issues(request: Request) -> Response:
        since = request.query_params.get("since", "")
        found = [
            _issue(each, number)
            for number, each in enumerate(reversed(world.alive("github")), 1)
            if each.where == _repository(request)
        ]
        return _listed(request, [each for each in found if each["updated_at"] >= since])

    def repository(request: Request) -> Response:
        where = _repository(request)
        counts = {
            name: world.count(f"{what}:{where}")
            for name, what in (
                ("stargazers_count", "stars"),
                ("forks_count", "forks"),
                ("subscribers_count", "watchers"),
                ("open_issues_count", "open_issues"),
            )
        }
        if all(value is None for value in counts.values()):
            return JSONResponse({"message": "Not Found"}, 404)
        known = {name: value for name, value in counts.items() if value is not None}
        return _tagged(request, {"full_name": where, "html_url": _site(where), **known}, {})

    def stargazers(request: Request) -> Response:
        where = _repository(request)
        stars = _stars(world, world.counts.get(f"stars:{where}", {}))
        if "star+json" not in request.headers.get("accept", ""):
            return _listed(request, [{"login": "ada"} for _ in stars])
        return _listed(request, [{"starred_at": at, "user": {"login": "ada"}} for at in stars])

    return Starlette(
        routes=[
            Route("/repos/{owner}/{name}/stargazers", stargazers),
            Route("/repos/{owner}/{name}", repository),
            Route("/repos/{owner}/{name}/releases", releases),
            Route("/repos/{owner}/{name}/issues", issues),
        ]
    )


def _stars(world: World, counts: Counts) -> list[str]:
    """Give when each star was given: what a day has more than the one before, at its noon."""
    given: list[str] = []
    for day, count in sorted(counts.items()):
        at = datetime.combine(day, time(12), UTC)
        if at <= world.now():
            given += [f"{at:%Y-%m-%dT%H:%M:%SZ}"] * (int(count) - len(given))
    return given


def _repository(request: Request) -> str:
    return f"{request.path_params['owner']}/{request.path_params['name']}"


def _site(where: str) -> str:
    return f"https://github.com/{where}"


def _listed(request: Request, found: list[dict[str, Any]]) -> Response:
    per_page = int(request.query_params.get("per_page", 30))
    page = int(request.query_params.get("page", 1))
    headers = {}
    if page * per_page < len(found):
        onward = request.url.include_query_params(page=page + 1)
        last = request.url.include_query_params(page=-(-len(found) // per_page))
        headers["link"] = f'<{onward}>; rel="next", <{last}>; rel="last"'
    return _tagged(request, found[(page - 1) * per_page : page * per_page], headers)


def _tagged(request: Request, found: Any, headers: dict[str, str]) -> Response:
    login = request.headers.get("authorization", "")
    if login == f"Bearer {EXPIRED}":
        return JSONResponse({"message": "Bad credentials"}, 401)
    seed = json.dumps(found) + login
    etag = f'W/"{hashlib.sha256(seed.encode()).hexdigest()[:16]}"'
    left = {**QUOTA, **headers, "etag": etag, "x-ratelimit-remaining": "4999"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={**left, "link": ""})  # it may do without
    return JSONResponse(found, headers=left)


def _release(release: Release) -> dict[str, Any]:
    return {
        "id": 1,
        "tag_name": release.version,
        "name": release.title or release.version,
        "body": release.notes,
        "draft": False,
        "prerelease": release.prerelease,
        "html_url": f"{_site(release.where)}/releases/tag/{release.version}",
        "created_at": f"{release.at:%Y-%m-%dT%H:%M:%SZ}",
        "published_at": f"{release.at:%Y-%m-%dT%H:%M:%SZ}",
        "author": {"login": "releaser"},
    }


def _issue(said: Said, number: int) -> dict[str, Any]:
    at = f"{said.at:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "number": number,
        "html_url": f"{_site(said.where)}/issues/{number}",
        "title": said.title,
        "body": said.text or None,
        "user": {"login": said.author},
        "created_at": at,
        "updated_at": at,
        "state": "open",
    }
