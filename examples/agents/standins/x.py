"""X: the search of seven days, posts and replies, a timeline with shortened addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.agents.standins.world import X_EPOCH, Said, World, matching, snowflake

TOKEN = "x-token-good"  # noqa: S105 - made up
ACCOUNT = "prela_hq"
ME = "900"


@attrs.define
class _X:
    """What the endpoints share."""

    world: World

    def headers(self) -> dict[str, str]:
        until = int((self.world.now() + timedelta(minutes=15)).timestamp())
        return {"x-rate-limit-remaining": "400", "x-rate-limit-reset": str(until)}

    def search(self, request: Request) -> Response:
        asked = request.query_params
        oldest = self.world.now() - timedelta(days=7)
        since = int(asked.get("since_id", 0))
        if since and _at(since) < oldest:
            return _problem(400, "since_id must be a tweet id created after 7 days ago")
        token = asked.get("next_token", "")
        if token and not token.startswith("b26v"):
            return _problem(400, "next_token is not valid")
        found = [
            each
            for each in matching(self.world.alive("x"), asked["query"])
            if int(each.id) > since and each.at >= oldest
        ]
        return _page(request, found, token, self.headers(), self.world.alive("x"))

    def lookup(self, request: Request) -> Response:
        asked = request.query_params["ids"].split(",")
        alive = {each.id: each for each in self.world.alive("x")}
        problems = [
            {
                "resource_id": each,
                "type": "https://api.twitter.com/2/problems/resource-not-found",
                "detail": f"Could not find tweet with ids: [{each}].",
            }
            for each in asked
            if each not in alive
        ]
        found: dict[str, Any] = {"data": [_tweet(alive[each]) for each in asked if each in alive]}
        return JSONResponse({**found, **({"errors": problems} if problems else {})})

    async def post(self, request: Request) -> Response:
        body = await request.json()
        reply = body.get("reply", {}).get("in_reply_to_tweet_id")
        if body.get("made_with_ai") is not True:
            return _problem(403, "posts of agents say that they are")
        mine = [each for each in self.world.alive("x") if each.author == ACCOUNT]
        if any(each.text == body["text"] for each in mine):
            return _problem(403, "You are not allowed to create a Tweet with duplicate content.")
        at = self.world.now()
        said = Said(
            platform="x",
            id=snowflake(at, X_EPOCH, len(self.world.said)),
            at=at,
            author=ACCOUNT,
            text=body["text"],
            parent=reply,
        )
        self.world.said.append(said)
        return JSONResponse({"data": {"id": said.id, "text": said.text}}, 201)

    def me(self, request: Request) -> Response:
        del request
        return JSONResponse({"data": {"id": ME, "username": ACCOUNT, "name": "Prela"}})

    def timeline(self, request: Request) -> Response:
        found = [each for each in self.world.alive("x") if each.author == ACCOUNT]
        return _page(request, found, request.query_params.get("pagination_token", ""), {})

    def signed(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return _problem(401, "Unauthorized")
            answered = endpoint(request)
            return answered if isinstance(answered, Response) else await answered

        return answer


def app(world: World) -> Starlette:
    """Serve searches, look-ups, accounts and what may be posted."""
    fake = _X(world)
    return Starlette(
        routes=[
            Route("/tweets/search/recent", fake.signed(fake.search)),
            Route("/tweets", fake.signed(fake.lookup), methods=["GET"]),
            Route("/tweets", fake.signed(fake.post), methods=["POST"]),
            Route("/users/me", fake.signed(fake.me)),
            Route("/users/{id}/tweets", fake.signed(fake.timeline)),
        ]
    )


def _at(tweet_id: int) -> datetime:
    return datetime.fromtimestamp(((tweet_id >> 22) + X_EPOCH) / 1000, UTC)


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"title": "Problem", "detail": detail, "status": status}, status)


def _page(
    request: Request,
    found: list[Said],
    token: str,
    headers: dict[str, str],
    everything: Sequence[Said] = (),
) -> Response:
    size = int(request.query_params["max_results"])
    start = int(token.removeprefix("b26v") or 0)
    shown = found[start : start + size]
    meta: dict[str, Any] = {"result_count": len(shown)}
    if start + size < len(found):
        meta["next_token"] = f"b26v{start + size}"
    quoted = [each for each in everything if each.id in {tweet.quotes for tweet in shown}]
    users = [
        {"id": _user_id(name), "username": name}
        for name in sorted({each.author for each in [*shown, *quoted]})
    ]
    includes = {"users": users, "tweets": [_tweet(each) for each in quoted]}
    page = {"data": [_tweet(each) for each in shown], "includes": includes}
    # X leaves `data` out when there is none.
    return JSONResponse({**(page if shown else {}), "meta": meta}, headers=headers)


def _user_id(name: str) -> str:
    return ME if name == ACCOUNT else str(1000 + sum(map(ord, name)))


_ADDRESS = r"https?://\S+|(?<![\w/.@:-])[\w-]+\.(?:py|sh|dev)\b(?![.\w])"
"""X makes addresses also of names that end as domains do, files of Python among them."""


def _tweet(said: Said) -> dict[str, Any]:
    text = said.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    urls = []
    for number, found in enumerate(re.findall(_ADDRESS, text)):
        short = f"https://t.co/{said.id[-6:]}{number}"
        whole = found if found.startswith("http") else f"http://{found}"
        urls.append({"url": short, "expanded_url": whole})
        text = text.replace(found, short, 1)
    mentions = [{"username": name} for name in re.findall(r"@(\w+)", said.text)]
    if said.addresses_us:
        mentions.append({"username": ACCOUNT})
    references = [
        {"type": kind, "id": number}
        for kind, number in (("replied_to", said.parent), ("quoted", said.quotes))
        if number
    ]
    if said.parent is not None and said.author == ACCOUNT:
        text = f"@someone {text}"
    return {
        "id": said.id,
        "text": text,
        "author_id": _user_id(said.author),
        "conversation_id": said.thread or said.parent or said.id,
        "created_at": f"{said.at:%Y-%m-%dT%H:%M:%S.000Z}",
        "public_metrics": {"like_count": said.points},
        "entities": {"urls": urls, "mentions": mentions},
        **({"referenced_tweets": references} if references else {}),
    }
