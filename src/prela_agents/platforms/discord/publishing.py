"""Messages of ours on Discord."""

from __future__ import annotations

from typing import Any

import msgspec

from prela_agents.errors import UncertainError
from prela_agents.http import Call, Http
from prela_agents.model import Platform, Post, Receipt
from prela_agents.platforms.decoding import decoded
from prela_agents.platforms.discord.messages import Message

__all__ = ["DiscordPublisher"]

_PAGES = 20


class _Me(msgspec.Struct):
    id: str


class DiscordPublisher:
    """Publishes as the bot.

    The key goes along as a nonce that is enforced: for some minutes Discord gives the message
    that a first request made to a second one. Nobody is pinged, whatever the text says.
    """

    platform = Platform.DISCORD

    def __init__(self, http: Http, *, guild: str = "") -> None:
        self._http = http
        self._guild = guild

    async def publish(self, post: Post, key: str) -> Receipt:
        """Say it in the channel `where`, as an answer where it is one."""
        body: dict[str, Any] = {
            "content": post.text,
            "nonce": key,
            "enforce_nonce": True,
            "allowed_mentions": {"parse": []},
        }
        if post.reply_to is not None:
            body["message_reference"] = {"message_id": post.reply_to}
        path = f"/channels/{post.where}/messages"
        call = Call(method="POST", path=path, json=body, bucket=f"POST {path}", repeatable=False)
        return self._receipt(decoded(await self._http.send(call), Message))

    async def find(self, post: Post, key: str) -> Receipt | None:
        """Look through the channel's last messages for the bot's own with the same words."""
        del key  # nonces are not given back
        me = decoded(await self._http.get("/users/@me", bucket="me"), _Me)
        path = f"/channels/{post.where}/messages"
        before = ""
        for _ in range(_PAGES):
            params = {"limit": "100", **({"before": before} if before else {})}
            messages = decoded(await self._http.get(path, params, bucket=path), list[Message])
            for message in messages:
                same = " ".join(message.content.split()) == " ".join(post.text.split())
                if same and message.author.id == me.id and message.answers == post.reply_to:
                    return self._receipt(message)
            if not messages:
                return None
            before = str(min(int(each.id) for each in messages))
        raise UncertainError(
            Platform.DISCORD, f"channel {post.where} has more messages than can be looked through"
        )

    def _receipt(self, message: Message) -> Receipt:
        where = f"{self._guild or '@me'}/{message.channel_id}/{message.id}"
        return Receipt(message.id, f"https://discord.com/channels/{where}")
