"""Reddit: tokens that expire, listings with `after`, deletions, replies and posts."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.agents.standins.world import Said, World, matching

CLIENT = ("an-app", "an-apps-secret")
USER = "prela_bot"
_MOST = 1000


@attrs.define
class Tokens:
    """Tokens that were given out, and until when they are good."""

    world: World
    given: dict[str, Any] = attrs.field(factory=dict)

    def make(self) -> str:
        """Give a token that is good for an hour."""
        token = f"token-{len(self.given)}-given"
        self.given[token] = self.world.now() + timedelta(hours=1)
        return token

    def good(self, request: Request) -> bool:
        """Say whether a request carries a token that is good still."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return token in self.given and self.world.now() < self.given[token]


@attrs.define
class _Reddit:
    """What the endpoints share."""

    world: World
    tokens: Tokens

    async def access_token(self, request: Request) -> Response:
        basic = base64.b64encode(":".join(CLIENT).encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"message": "Unauthorized", "error": 401}, 401)
        form = dict(parse_qsl((await request.body()).decode()))
        if form["grant_type"] not in {"client_credentials", "refresh_token"}:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        return JSONResponse(
            {"access_token": self.tokens.make(), "token_type": "bearer", "expires_in": 3600}
        )

    def search(self, request: Request) -> Response:
        found = matching(self.world.here("reddit"), request.query_params["q"])
        return _listing(request, self.world, [each for each in found if each.parent is None])

    def new(self, request: Request) -> Response:
        return _listing(
            request, self.world, [each for each in self._in(request) if each.parent is None]
        )

    def comments(self, request: Request) -> Response:
        return _listing(request, self.world, [each for each in self._in(request) if each.parent])

    def _in(self, request: Request) -> list[Said]:
        return [
            each for each in self.world.here("reddit") if each.where == request.path_params["sub"]
        ]

    def info(self, request: Request) -> Response:
        asked = request.query_params["id"].split(",")
        found = [each for each in self.world.here("reddit") if each.id in asked]
        return _listing(request, self.world, found)

    def about(self, request: Request) -> Response:
        count = self.world.count(f"subscribers:{request.path_params['sub']}")
        data = {"display_name": request.path_params["sub"]}
        return JSONResponse(
            {"kind": "t5", "data": data if count is None else {**data, "subscribers": count}}
        )

    def me(self, request: Request) -> Response:
        del request
        return JSONResponse({"name": USER})

    def written(self, request: Request) -> Response:
        replies = request.path_params["kind"] == "comments"
        found = [
            each
            for each in self.world.here("reddit")
            if each.author == request.path_params["user"] and bool(each.parent) == replies
        ]
        return _listing(request, self.world, found)

    async def comment(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        parent = next(
            (each for each in self.world.here("reddit") if each.id == form["thing_id"]), None
        )
        if parent is None or self.world.gone(parent):
            errors = [["DELETED_COMMENT", "that comment has been deleted", "parent"]]
            return JSONResponse({"json": {"errors": errors}})
        made = _made(self.world, "t1", text=form["text"], where=parent.where, parent=parent.id)
        data = {"things": [{"kind": "t1", "data": _thing(made, self.world)}]}
        return JSONResponse({"json": {"errors": [], "data": data}})

    async def submit(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        made = _made(self.world, "t3", text=form["text"], where=form["sr"], title=form["title"])
        data = {"name": made.id, "id": made.id[3:], "url": f"https://www.reddit.com{_link(made)}"}
        return JSONResponse({"json": {"errors": [], "data": data}})

    def signed(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            if not self.tokens.good(request):
                return JSONResponse({"message": "Unauthorized", "error": 401}, 401)
            answered = endpoint(request)
            return answered if isinstance(answered, Response) else await answered

        return answer


def app(world: World) -> Starlette:
    """Serve listings, comments, a login, and what may be written."""
    fake = _Reddit(world, world.kept.setdefault("reddit-tokens", Tokens(world)))
    return Starlette(
        routes=[
            Route("/api/v1/access_token", fake.access_token, methods=["POST"]),
            Route("/search", fake.signed(fake.search)),
            Route("/r/{sub}/search", fake.signed(fake.search)),
            Route("/r/{sub}/new", fake.signed(fake.new)),
            Route("/r/{sub}/comments", fake.signed(fake.comments)),
            Route("/r/{sub}/about", fake.signed(fake.about)),
            Route("/api/info", fake.signed(fake.info)),
            Route("/api/v1/me", fake.signed(fake.me)),
            Route("/user/{user}/{kind}", fake.signed(fake.written)),
            Route("/api/comment", fake.signed(fake.comment), methods=["POST"]),
            Route("/api/submit", fake.signed(fake.submit), methods=["POST"]),
        ]
    )


def _listing(request: Request, world: World, found: list[Said]) -> Response:
    limit = int(request.query_params.get("limit", 25))
    after = request.query_params.get("after", "")
    ids = [each.id for each in found]
    start = ids.index(after) + 1 if after in ids else 0
    shown = found[:_MOST][start : start + limit]
    more = start + limit < min(len(found), _MOST)
    children = [{"kind": each.id[:2], "data": _thing(each, world)} for each in shown]
    return JSONResponse(
        {
            "kind": "Listing",
            "data": {"children": children, "after": shown[-1].id if more else None},
        },
        headers={
            "x-ratelimit-remaining": "598.0",
            "x-ratelimit-used": "2",
            "x-ratelimit-reset": "312",
        },
    )


def _link(said: Said) -> str:
    thread = (said.thread or said.parent or said.id)[3:]
    tail = f"_/{said.id[3:]}/" if said.parent else ""
    return f"/r/{said.where}/comments/{thread}/{tail}"


def _thing(said: Said, world: World) -> dict[str, Any]:
    gone = world.gone(said)
    text = "[deleted]" if gone else said.text
    thing = {
        "name": said.id,
        "id": said.id[3:],
        "author": "[deleted]" if gone else said.author,
        "created_utc": said.at.timestamp(),
        "subreddit": said.where,
        "permalink": _link(said),
        "score": said.points,
    }
    if said.parent is None:
        return {**thing, "title": said.title, "selftext": text, "num_comments": 0}
    return {
        **thing,
        "body": text,
        "parent_id": said.parent,
        "link_id": said.thread or said.parent,
        "link_title": said.title,
    }


def _made(world: World, kind: str, **said: Any) -> Said:
    number = len(world.said) + 7000
    made = Said(platform="reddit", id=f"{kind}_n{number}", at=world.now(), author=USER, **said)
    world.said.append(made)
    return made
