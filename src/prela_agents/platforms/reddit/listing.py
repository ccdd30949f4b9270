"""Searches, and what is new in a subreddit."""

from __future__ import annotations

from typing import Self

from prela_agents.http import Call
from prela_agents.model import Cursor, Item, Page, Platform
from prela_agents.platforms.decoding import decoded
from prela_agents.platforms.reddit.session import Reddit
from prela_agents.platforms.reddit.things import Listing, item_of
from prela_agents.platforms.walk import OVERLAP, Walk, first_since

__all__ = ["RedditListing"]

_MOST = 100


class RedditListing:
    """Things from a listing; Reddit keeps about 1,000 in each, so it is to be read often enough.

    A search finds submissions only: comments are in a subreddit's own listing.
    """

    platform = Platform.REDDIT

    def __init__(
        self,
        reddit: Reddit,
        name: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        limit: int = _MOST,
    ) -> None:
        self.name = f"reddit:{name}"
        self._reddit = reddit
        self._path = path
        self._params = {"raw_json": "1", "limit": str(limit), **(params or {})}

    @classmethod
    def search(cls, reddit: Reddit, query: str, *, subreddit: str = "", limit: int = _MOST) -> Self:
        """Search everywhere, or in one subreddit."""
        params = {"q": query, "sort": "new", "t": "all", "type": "link"}
        if not subreddit:
            return cls(reddit, f"search/{query}", "/search", params=params, limit=limit)
        params["restrict_sr"] = "1"
        path = f"/r/{subreddit}/search"
        return cls(reddit, f"search/{subreddit}/{query}", path, params=params, limit=limit)

    @classmethod
    def posts(cls, reddit: Reddit, subreddit: str, *, limit: int = _MOST) -> Self:
        """Read all submissions of a subreddit."""
        return cls(reddit, f"new/{subreddit}", f"/r/{subreddit}/new", limit=limit)

    @classmethod
    def comments(cls, reddit: Reddit, subreddit: str, *, limit: int = _MOST) -> Self:
        """Read all comments of a subreddit."""
        return cls(reddit, f"comments/{subreddit}", f"/r/{subreddit}/comments", limit=limit)

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give what was said since `cursor`, or in the last week."""
        now = self._reddit.http.clock.now()
        walk = Walk.of(cursor, first_since(now), now.timestamp())
        params = {**self._params, **({"after": walk.at} if walk.at else {})}
        answer = await self._reddit.send(Call(path=self._path, params=params))
        listing = decoded(answer, Listing)
        since = walk.since - OVERLAP.total_seconds()
        new = [each for each in listing.things if each.created_utc >= since]
        items = tuple(item_of(each, self.name) for each in new)
        newest = max((each.created_utc for each in new), default=None)
        if listing.data.after is None or len(new) < len(listing.things) or not new:
            return Page(items, walk.done(newest))
        return Page(items, walk.onward(newest, listing.data.after), more=True)
