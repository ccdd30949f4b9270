"""Discord: channels, a search that is indexed first, counts, and nonces that are enforced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.agents.standins.world import DISCORD_EPOCH, Said, World, matching, snowflake

TOKEN = "discord-token-good"  # noqa: S105 - made up
BOT = "prela"
_IDS = {BOT: "77"}
_LONGEST_NONCE = 25
_REMEMBERED = timedelta(minutes=5)


@attrs.define
class _Discord:
    """What the endpoints share."""

    world: World
    nonces: dict[tuple[str, str], Said]

    def messages(self, request: Request) -> Response:
        asked = request.query_params
        found = [
            each
            for each in self.world.alive("discord")
            if each.where == request.path_params["channel"]
        ]
        limit = int(asked.get("limit", 50))
        if "after" in asked:
            # The next ones after it, though the newest of them comes first.
            found = [each for each in found if int(each.id) > int(asked["after"])][-limit:]
        elif "before" in asked:
            found = [each for each in found if int(each.id) < int(asked["before"])]
        return _limited(request, [_message(each) for each in found[:limit]])

    def message(self, request: Request) -> Response:
        asked = request.path_params
        for each in self.world.alive("discord"):
            if (each.where, each.id) == (asked["channel"], asked["message"]):
                return _limited(request, _message(each))
        return JSONResponse({"message": "Unknown Message", "code": 10008}, 404)

    def search(self, request: Request) -> Response:
        asked = request.query_params
        found = [
            each
            for each in matching(self.world.alive("discord"), asked["content"])
            if int(each.id) > int(asked.get("min_id", 0))
        ]
        if asked.get("sort_order", "desc") == "asc":
            found.reverse()
        shown = found[: int(asked.get("limit", 25))]
        hits = [[{**_message(each), "hit": True}] for each in shown]
        return _limited(request, {"total_results": len(found), "messages": hits})

    def guild(self, request: Request) -> Response:
        number = request.path_params["guild"]
        counts = {
            name: self.world.count(f"{what}:{number}")
            for name, what in (
                ("approximate_member_count", "members"),
                ("approximate_presence_count", "online"),
            )
        }
        known = {name: int(value) for name, value in counts.items() if value is not None}
        return _limited(request, {"id": number, "name": "Prela", **known})

    def me(self, request: Request) -> Response:
        return _limited(request, {"id": _IDS[BOT], "username": BOT, "bot": True})

    async def create(self, request: Request) -> Response:
        channel, body = request.path_params["channel"], await request.json()
        if (
            body.get("allowed_mentions") != {"parse": []}
            or len(body["nonce"]) > _LONGEST_NONCE
            or not body["enforce_nonce"]
        ):
            return JSONResponse({"message": "Invalid Form Body", "code": 50035}, 400)
        known = self.nonces.get((channel, body["nonce"]))
        if known is not None and self.world.now() - known.at < _REMEMBERED:
            return _limited(request, _message(known))
        parent = body.get("message_reference", {}).get("message_id")
        if parent is not None and all(each.id != parent for each in self.world.alive("discord")):
            return JSONResponse({"message": "Unknown message", "code": 10008}, 400)
        at = self.world.now()
        said = Said(
            platform="discord",
            id=snowflake(at, DISCORD_EPOCH, len(self.world.said)),
            at=at,
            author=BOT,
            text=body["content"],
            where=channel,
            parent=parent,
        )
        self.world.said.append(said)
        self.nonces[channel, body["nonce"]] = said
        return _limited(request, {**_message(said), "nonce": body["nonce"]})

    def signed(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bot {TOKEN}":
                return JSONResponse({"message": "401: Unauthorized", "code": 0}, 401)
            answered = endpoint(request)
            return answered if isinstance(answered, Response) else await answered

        return answer


def app(world: World) -> Starlette:
    """Serve channels, guilds and who we are."""
    fake = _Discord(world, world.kept.setdefault("discord-nonces", {}))
    return Starlette(
        routes=[
            Route("/channels/{channel}/messages", fake.signed(fake.messages), methods=["GET"]),
            Route("/channels/{channel}/messages", fake.signed(fake.create), methods=["POST"]),
            Route("/channels/{channel}/messages/{message}", fake.signed(fake.message)),
            Route("/guilds/{guild}/messages/search", fake.signed(fake.search)),
            Route("/guilds/{guild}", fake.signed(fake.guild)),
            Route("/users/@me", fake.signed(fake.me)),
        ]
    )


def indexing(seconds: float) -> Response:
    """Answer as Discord does while it builds the index of a guild."""
    said = {
        "message": "Index not yet available. Try again later",
        "code": 110000,
        "documents_indexed": 0,
        "retry_after": seconds,
    }
    return JSONResponse(said, 202)


def _limited(request: Request, body: Any) -> Response:
    bucket = f"b{len(request.url.path)}"
    return JSONResponse(
        body,
        headers={
            "x-ratelimit-bucket": bucket,
            "x-ratelimit-limit": "5",
            "x-ratelimit-remaining": "4",
            "x-ratelimit-reset-after": "1.0",
        },
    )


def _message(said: Said) -> dict[str, Any]:
    number = _IDS.get(said.author, str(sum(map(ord, said.author))))
    return {
        "id": said.id,
        "channel_id": said.where,
        "type": 19 if said.parent else 0,
        "content": said.text,
        "timestamp": f"{said.at:%Y-%m-%dT%H:%M:%S.%f+00:00}",
        "author": {"id": number, "username": said.author, "bot": said.author == BOT},
        "mentions": [],
        **({"message_reference": {"message_id": said.parent}} if said.parent else {}),
    }
