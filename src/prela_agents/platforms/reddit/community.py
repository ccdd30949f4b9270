"""What became of things on Reddit, and how many follow a subreddit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from prela_agents.http import Call
from prela_agents.model import Item, Metric, Platform, Snapshot
from prela_agents.platforms.decoding import Count, decoded
from prela_agents.platforms.reddit.session import Reddit
from prela_agents.platforms.reddit.things import Listing

__all__ = ["RedditGauge", "RedditRecheck"]

_MOST = 100
"""Names that one call may ask about."""


class RedditRecheck:
    """Says what was deleted, so that it can be purged."""

    platform = Platform.REDDIT

    def __init__(self, reddit: Reddit) -> None:
        self._reddit = reddit

    async def gone(self, items: Sequence[Item]) -> frozenset[str]:
        """Look at the things again; one that is not given any more is gone too."""
        ids = [each.id for each in items]
        alive: set[str] = set()
        for start in range(0, len(ids), _MOST):
            asked = ids[start : start + _MOST]
            params = {"id": ",".join(asked), "limit": str(_MOST), "raw_json": "1"}
            answer = await self._reddit.send(Call(path="/api/info", params=params))
            things = decoded(answer, Listing).things
            alive.update(each.name for each in things if not each.taken_back)
        return frozenset(ids) - alive


class _About(msgspec.Struct):
    subscribers: Count | None = None


class _Subreddit(msgspec.Struct):
    data: _About


class RedditGauge:
    """Subscribers of a subreddit, as of now."""

    def __init__(self, reddit: Reddit, product: str, subreddit: str) -> None:
        self.name = f"reddit:subscribers/{subreddit}"
        self._reddit = reddit
        self._product = product
        self._subreddit = subreddit

    async def read(self) -> Sequence[Snapshot]:
        """Give their number; None when Reddit does not say."""
        answer = await self._reddit.send(Call(path=f"/r/{self._subreddit}/about"))
        found = decoded(answer, _Subreddit)
        return [
            Snapshot(
                product=self._product,
                metric=Metric.SUBSCRIBERS,
                at=self._reddit.http.clock.now(),
                value=found.data.subscribers,
                url=f"https://www.reddit.com/r/{self._subreddit}",
            )
        ]
