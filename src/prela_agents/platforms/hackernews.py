"""Hacker News, which is read and never written to: its rules ban generated comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import msgspec

from prela_agents.http import Http
from prela_agents.model import Cursor, Item, ItemKind, Page, Platform
from prela_agents.platforms.connecting import Options
from prela_agents.platforms.decoding import Epoch, decoded, from_epoch
from prela_agents.platforms.plain_text import plain_text
from prela_agents.platforms.walk import OVERLAP, Walk, first_since

__all__ = ["HackerNewsRecheck", "HackerNewsSearch", "connect", "connect_items"]

_MOST = 1000
"""Algolia gives no more than so many hits of one search, over all its pages."""


def connect(base_url: str = "https://hn.algolia.com/api/v1", **options: Unpack[Options]) -> Http:
    """Connect to Algolia's search."""
    return Http(Platform.HACKERNEWS, base_url, **options)


def connect_items(
    base_url: str = "https://hacker-news.firebaseio.com/v0", **options: Unpack[Options]
) -> Http:
    """Connect to the site's own items."""
    return Http(Platform.HACKERNEWS, base_url, **options)


class _Hit(msgspec.Struct):
    id: str = msgspec.field(name="objectID")
    created_at_i: Epoch
    author: str | None = None
    title: str | None = None
    points: int | None = None
    story_text: str | None = None
    comment_text: str | None = None
    story_id: int | None = None
    story_title: str | None = None
    parent_id: int | None = None
    tags: list[str] = msgspec.field(name="_tags", default_factory=list)


class _Hits(msgspec.Struct):
    hits: list[_Hit]


class _Item(msgspec.Struct):
    deleted: bool = False
    dead: bool = False


_NOTHING = _Item(deleted=True)


class HackerNewsSearch:
    """Stories and comments that a query finds.

    A search ends after 1,000 hits, so there is no asking for its further pages: the next call
    asks for what is not younger than the last hit.
    """

    platform = Platform.HACKERNEWS

    def __init__(self, http: Http, query: str, *, per_page: int = _MOST) -> None:
        self.name = f"hackernews:search/{query}"
        self._http = http
        self._query = query
        self._per_page = per_page

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give what was said since `cursor`, or in the last week."""
        now = self._http.clock.now()
        walk = Walk.of(cursor, first_since(now), now.timestamp())
        until, _, page = walk.at.partition("/")
        since = int(walk.since - OVERLAP.total_seconds())
        bounds = [f"created_at_i>={since}", *([f"created_at_i<={until}"] if until else [])]
        answer = await self._http.get(
            "/search_by_date",
            {
                "query": self._query,
                "tags": "(story,comment)",
                "numericFilters": ",".join(bounds),
                "hitsPerPage": self._per_page,
                "page": page or "0",
            },
        )
        hits = decoded(answer, _Hits).hits
        items = tuple(self._item(hit) for hit in hits)
        newest = max((hit.created_at_i for hit in hits), default=None)
        if len(hits) < self._per_page:
            return Page(items, walk.done(newest))
        oldest = int(min(hit.created_at_i for hit in hits))
        # Of a second that fills a page, the next page is asked for after all.
        at = f"{oldest}/{int(page or 0) + 1}" if str(oldest) == until else f"{oldest}/0"
        return Page(items, walk.onward(newest, at), more=True)

    def _item(self, hit: _Hit) -> Item:
        comment = "comment" in hit.tags or hit.comment_text is not None
        return Item(
            platform=Platform.HACKERNEWS,
            id=hit.id,
            kind=ItemKind.COMMENT if comment else ItemKind.POST,
            url=f"https://news.ycombinator.com/item?id={hit.id}",
            created_at=from_epoch(hit.created_at_i),
            source=self.name,
            author=hit.author or "",
            title="" if comment else hit.title or "",
            text=plain_text(hit.comment_text or hit.story_text or ""),
            parent_id=None if hit.parent_id is None else str(hit.parent_id),
            thread_id=hit.id if hit.story_id is None else str(hit.story_id),
            points=hit.points,
            extra={"thread_title": hit.story_title} if comment and hit.story_title else {},
        )


class HackerNewsRecheck:
    """Says what was deleted or killed; Algolia's search keeps some of it."""

    platform = Platform.HACKERNEWS

    def __init__(self, http: Http) -> None:
        self._http = http

    async def gone(self, items: Sequence[Item]) -> frozenset[str]:
        """Look at the items, one by one; one that is null is gone."""
        gone = set()
        for each in items:
            answer = await self._http.get(f"/item/{each.id}.json")
            item = _NOTHING if answer.body.strip() == b"null" else decoded(answer, _Item)
            if item.deleted or item.dead:
                gone.add(each.id)
        return frozenset(gone)
