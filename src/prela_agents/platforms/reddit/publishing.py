"""Replies and posts on Reddit."""

from __future__ import annotations

from typing import Any

import msgspec

from prela_agents.errors import LimitedError, MalformedAnswerError, RefusedError, UncertainError
from prela_agents.http import Answer, Call
from prela_agents.model import Platform, Post, Receipt
from prela_agents.platforms.decoding import decoded
from prela_agents.platforms.reddit.session import Reddit
from prela_agents.platforms.reddit.things import Listing, Thing

__all__ = ["RedditPublisher"]

_PAGES = 10
"""Reddit's listings end there."""


class _Child(msgspec.Struct):
    data: Thing


class _Made(msgspec.Struct):
    name: str = ""
    url: str = ""
    things: list[_Child] = msgspec.field(default_factory=list)


class _Said(msgspec.Struct):
    errors: list[list[Any]] = msgspec.field(default_factory=list)
    ratelimit: float = 0.0
    data: _Made | None = None


class _Reply(msgspec.Struct):
    json: _Said


class _Me(msgspec.Struct):
    name: str


class RedditPublisher:
    """Publishes as the user of the refresh token.

    Reddit knows no key that makes one post of two requests, so `find` alone tells.
    """

    platform = Platform.REDDIT

    def __init__(self, reddit: Reddit) -> None:
        self._reddit = reddit

    async def publish(self, post: Post, key: str) -> Receipt:
        """Reply to `reply_to`, or submit a text to the subreddit `where`."""
        del key
        if post.reply_to is not None:
            path, form = "/api/comment", {"thing_id": post.reply_to, "text": post.text}
        else:
            path = "/api/submit"
            form = {"sr": post.where, "kind": "self", "title": post.title, "text": post.text}
        call = Call(
            method="POST",
            path=path,
            form={**form, "api_type": "json", "raw_json": "1"},
            repeatable=False,
        )
        return self._receipt(await self._reddit.send(call))

    async def find(self, post: Post, key: str) -> Receipt | None:
        """Look through what the user wrote last: the same words in the same place."""
        del key
        me = decoded(await self._reddit.send(Call(path="/api/v1/me")), _Me)
        kind = "submitted" if post.reply_to is None else "comments"
        after = ""
        for _ in range(_PAGES):
            params = {"limit": "100", "sort": "new", "raw_json": "1", "after": after}
            call = Call(path=f"/user/{me.name}/{kind}", params=params)
            listing = decoded(await self._reddit.send(call), Listing)
            for thing in listing.things:
                if _is(thing, post):
                    return Receipt(thing.name, f"https://www.reddit.com{thing.permalink}")
            after = listing.data.after or ""
            if not after:
                return None
        raise UncertainError(Platform.REDDIT, f"u/{me.name} wrote more than can be looked through")

    def _receipt(self, answer: Answer) -> Receipt:
        said = decoded(answer, _Reply).json
        if said.errors:
            why = "; ".join(" ".join(map(str, each)) for each in said.errors)
            if any("RATELIMIT" in each for each in said.errors):
                raise LimitedError(Platform.REDDIT, why, retry_after=said.ratelimit)
            raise RefusedError(Platform.REDDIT, f"it did not take the post: {why}")
        if said.data is not None and said.data.name:
            return Receipt(said.data.name, said.data.url)
        if said.data is not None and said.data.things:
            made = said.data.things[0].data
            return Receipt(made.name, f"https://www.reddit.com{made.permalink}")
        raise MalformedAnswerError(Platform.REDDIT, "it took the post, and did not say as what")


def _is(thing: Thing, post: Post) -> bool:
    if post.reply_to is not None:
        return thing.parent_id == post.reply_to and _flat(thing.body or "") == _flat(post.text)
    return (
        thing.subreddit.lower() == post.where.lower()
        and _flat(thing.title or "") == _flat(post.title)
        and _flat(thing.selftext or "") == _flat(post.text)
    )


def _flat(text: str) -> str:
    return " ".join(text.split())
