"""What Reddit's listings hold."""

from __future__ import annotations

import msgspec

from prela_agents.model import Item, ItemKind, Platform
from prela_agents.platforms.decoding import Epoch, from_epoch

__all__ = ["Listing", "Thing", "item_of"]

_TAKEN_BACK = frozenset({"[deleted]", "[removed]"})


class Thing(msgspec.Struct):
    """A submission or a comment."""

    name: str
    created_utc: Epoch = 0.0
    author: str | None = None
    subreddit: str = ""
    permalink: str = ""
    title: str | None = None
    selftext: str | None = None
    body: str | None = None
    link_title: str | None = None
    link_id: str | None = None
    parent_id: str | None = None
    score: int | None = None
    removed_by_category: str | None = None

    @property
    def taken_back(self) -> bool:
        """Say whether it was deleted, removed, or its author is gone."""
        said = {self.author, self.selftext, self.body}
        return self.removed_by_category is not None or bool(said & _TAKEN_BACK)


class _Child(msgspec.Struct):
    data: Thing


class _Children(msgspec.Struct):
    children: list[_Child]
    after: str | None = None


class Listing(msgspec.Struct):
    """A page of things, newest first, and where the next one begins."""

    data: _Children

    @property
    def things(self) -> list[Thing]:
        """Give the things."""
        return [each.data for each in self.data.children]


def item_of(thing: Thing, source: str) -> Item:
    """Give the thing as an item; one that was taken back has no words and no author."""
    comment = thing.body is not None
    gone = thing.taken_back
    return Item(
        platform=Platform.REDDIT,
        id=thing.name,
        kind=ItemKind.COMMENT if comment else ItemKind.POST,
        url=f"https://www.reddit.com{thing.permalink}",
        created_at=from_epoch(thing.created_utc),
        source=source,
        where=thing.subreddit,
        author="" if gone else thing.author or "",
        title="" if gone else thing.title or "",
        text="" if gone else thing.body or thing.selftext or "",
        parent_id=thing.parent_id,
        thread_id=thing.link_id or thing.name,
        points=thing.score,
        deleted=gone,
        extra={"thread_title": thing.link_title} if thing.link_title and not gone else {},
    )
