"""Posts as X writes them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime

import msgspec

from prela_agents.platforms.decoding import Snowflake

__all__ = ["FIELDS", "Tweet", "Tweets", "words"]

FIELDS: Mapping[str, str] = {
    "tweet.fields": "created_at,author_id,conversation_id,entities,public_metrics,"
    "referenced_tweets",
    "expansions": "author_id,referenced_tweets.id,referenced_tweets.id.author_id",
    "user.fields": "username",
}
"""What to ask for besides the text."""


class _Reference(msgspec.Struct):
    type: str
    id: str


class _Url(msgspec.Struct):
    url: str
    expanded_url: str = ""


class _Named(msgspec.Struct):
    username: str
    id: str = ""


class _Entities(msgspec.Struct):
    urls: list[_Url] = msgspec.field(default_factory=list)
    mentions: list[_Named] = msgspec.field(default_factory=list)


class Tweet(msgspec.Struct):
    """A post."""

    id: Snowflake
    text: str
    created_at: datetime | None = None
    author_id: str = ""
    conversation_id: str | None = None
    entities: _Entities = msgspec.field(default_factory=_Entities)
    public_metrics: dict[str, int] = msgspec.field(default_factory=dict)
    referenced_tweets: list[_Reference] = msgspec.field(default_factory=list)

    def refers(self, kind: str) -> str | None:
        """Give the id of what it is `replied_to` or has `quoted`, if anything."""
        return next((each.id for each in self.referenced_tweets if each.type == kind), None)


class _Included(msgspec.Struct):
    users: list[_Named] = msgspec.field(default_factory=list)
    tweets: list[Tweet] = msgspec.field(default_factory=list)


class _Meta(msgspec.Struct):
    result_count: int | None = None
    next_token: str | None = None


class _Problem(msgspec.Struct):
    type: str = ""
    detail: str = ""
    resource_id: str = ""


class Tweets(msgspec.Struct):
    """A page of posts, newest first. Without any, `data` is not there but `meta` or `errors` is."""

    data: list[Tweet] = msgspec.field(default_factory=list)
    includes: _Included = msgspec.field(default_factory=_Included)
    meta: _Meta | None = None
    errors: list[_Problem] = msgspec.field(default_factory=list)

    def username(self, author_id: str) -> str:
        """Give the name of an author, as far as it came along; else an empty text."""
        return next((each.username for each in self.includes.users if each.id == author_id), "")

    def addresses(self, tweet: Tweet, account: str) -> bool:
        """Say whether a post mentions `account`, in lower case, or quotes a post of its."""
        if account in {each.username.lower() for each in tweet.entities.mentions}:
            return True
        quoted = tweet.refers("quoted")
        return any(
            each.id == quoted and self.username(each.author_id).lower() == account
            for each in self.includes.tweets
        )


def words(tweet: Tweet) -> str:
    """Give the text as its author wrote it: whole addresses, and no entities of HTML."""
    text = tweet.text
    for url in tweet.entities.urls:
        if url.expanded_url:
            text = text.replace(url.url, url.expanded_url)
    return html.unescape(text)
