"""RSS and Atom feeds.

They break often, by becoming a web page or an error: a body that is no feed is a failure, never
"no news".
"""

from __future__ import annotations

import calendar
import hashlib
import re
from datetime import datetime
from io import BytesIO
from typing import Any, Unpack

import feedparser

from prela_agents.errors import MalformedAnswerError
from prela_agents.http import Answer, GuardedTransport, Http
from prela_agents.model import Cursor, Item, ItemKind, Page, Platform
from prela_agents.platforms.connecting import Options
from prela_agents.platforms.decoding import from_epoch
from prela_agents.platforms.plain_text import plain_text

__all__ = ["FeedSource", "connect"]

_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>\s*(?:<!--.*-->\s*)?\Z", re.IGNORECASE)
_VERSION = re.compile(r"\bv?(\d+(?:\.\d+)+(?:[-.]?(?:a|b|rc|alpha|beta|dev|post)\.?\d*)?)\b")


def connect(**options: Unpack[Options]) -> Http:
    """Connect to feeds anywhere on the public net; `transport` may let further hosts through."""
    options.setdefault("transport", GuardedTransport())
    return Http(Platform.FEED, None, redirects=True, **options)


class FeedSource:
    """The entries of a feed at `url`.

    A version in an entry's title goes to `extra`. An entry without a date is taken to be of now,
    when it is first seen.
    """

    platform = Platform.FEED

    def __init__(self, http: Http, url: str, *, kind: ItemKind = ItemKind.ARTICLE) -> None:
        self.name = f"feed:entries/{url}"
        self._http = http
        self._url = url
        self._kind = kind

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give all that the feed has: what was seen before is known by its id."""
        del cursor
        answer = await self._http.get(self._url)
        now = self._http.clock.now()
        entries = _parsed(answer).entries
        return Page(tuple(self._item(each, now) for each in entries), None)

    def _item(self, entry: Any, now: datetime) -> Item:
        title = plain_text(entry.get("title", ""))
        url = entry.get("link", "") or self._url
        version = _VERSION.search(title)
        moment = entry.get("published_parsed") or entry.get("updated_parsed")
        said = entry.get("content") or [{"value": entry.get("summary", "")}]
        seed = f"{self._url}\n{entry.get('id') or f'{url} {title}'}"
        return Item(
            platform=Platform.FEED,
            id=hashlib.sha256(seed.encode()).hexdigest()[:32],
            kind=self._kind,
            url=url,
            created_at=now if moment is None else from_epoch(calendar.timegm(moment)),
            source=self.name,
            where=self._url,
            author=entry.get("author", ""),
            title=title,
            text=plain_text(said[0].get("value", "")),
            extra={"version": version[1]} if version else {},
        )


def _parsed(answer: Answer) -> Any:
    # Bytes themselves might be taken for the path of a file of ours.
    feed = feedparser.parse(
        BytesIO(answer.body),
        response_headers={"content-type": answer.headers.get("content-type", "")},
    )
    if not feed.get("version"):
        raise MalformedAnswerError(answer.platform, f"{answer.url} answered with no feed")
    if not _END.search(answer.body):
        raise MalformedAnswerError(answer.platform, f"the feed at {answer.url} is cut off")
    return feed
