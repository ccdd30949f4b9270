"""Posts and replies on X."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from prela_agents.errors import UncertainError
from prela_agents.http import Call, Http
from prela_agents.model import Platform, Post, Receipt
from prela_agents.platforms.decoding import decoded
from prela_agents.platforms.x.tweets import FIELDS, Tweet, Tweets, words

__all__ = ["XPublisher"]

_PAGES = 5
_AROUND_ADDRESSES = re.compile(r"https?://|/(?=\s|$)", re.IGNORECASE)


class _Made(msgspec.Struct):
    data: Tweet


class _User(msgspec.Struct):
    id: str
    username: str


class _Me(msgspec.Struct):
    data: _User


class XPublisher:
    """Publishes as the user of the token. X refuses the same words twice, but only for a while."""

    platform = Platform.X

    def __init__(self, http: Http) -> None:
        self._http = http

    async def publish(self, post: Post, key: str) -> Receipt:
        """Post, as a reply where the post is one."""
        del key
        body: dict[str, Any] = {"text": post.text, "made_with_ai": True}
        if post.reply_to is not None:
            body["reply"] = {"in_reply_to_tweet_id": post.reply_to}
        call = Call(method="POST", path="/tweets", json=body, bucket="post", repeatable=False)
        made = decoded(await self._http.send(call), _Made)
        return Receipt(made.data.id, f"https://x.com/i/status/{made.data.id}")

    async def find(self, post: Post, key: str) -> Receipt | None:
        """Look through what the user posted last: the same words in answer to the same post."""
        del key
        me = decoded(await self._http.get("/users/me", bucket="me"), _Me).data
        token = ""
        for _ in range(_PAGES):
            params = {
                "max_results": "100",
                **FIELDS,
                **({"pagination_token": token} if token else {}),
            }
            answer = await self._http.get(f"/users/{me.id}/tweets", params, bucket="timeline")
            tweets = decoded(answer, Tweets)
            for tweet in tweets.data:
                if _is(tweet, post):
                    return Receipt(tweet.id, f"https://x.com/{me.username}/status/{tweet.id}")
            token = (tweets.meta.next_token if tweets.meta else None) or ""
            if not token:
                return None
        raise UncertainError(Platform.X, f"@{me.username} posted more than can be looked through")


def _is(tweet: Tweet, post: Post) -> bool:
    if tweet.refers("replied_to") != post.reply_to:
        return False
    said, meant = _flat(words(tweet)), _flat(post.text)
    # X puts the names of those who are answered in front.
    return meant in {said, _flat(re.sub(r"^(@\w+\s+)+", "", said))}


def _flat(text: str) -> str:
    """Give the words alone. X gives `main.py` back as `http://main.py`, an address to it."""
    return _AROUND_ADDRESSES.sub("", " ".join(text.split()))
