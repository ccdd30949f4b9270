"""What is counted of a repository."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from prela_agents.http import Call, Http
from prela_agents.model import Metric, Snapshot
from prela_agents.platforms.decoding import Count, decoded, in_utc
from prela_agents.platforms.github.connection import PER_PAGE

__all__ = ["GithubGauge", "GithubStarHistory"]

_MOST_PAGES = 400
"""GitHub gives no more pages of who gave stars."""


class _Repository(msgspec.Struct):
    html_url: str
    stargazers_count: Count | None = None
    forks_count: Count | None = None
    subscribers_count: Count | None = None
    open_issues_count: Count | None = None


class _Star(msgspec.Struct):
    starred_at: datetime


class GithubGauge:
    """Stars, forks, watchers and open issues of `owner/name`, as of now."""

    def __init__(self, http: Http, product: str, repository: str) -> None:
        self.name = f"github:repository/{repository}"
        self._http = http
        self._product = product
        self._repository = repository

    async def read(self) -> Sequence[Snapshot]:
        """Give the four; None for what the answer leaves out."""
        answer = await self._http.send(Call(path=f"/repos/{self._repository}"))
        found = decoded(answer, _Repository)
        now = self._http.clock.now()
        return [
            Snapshot(
                product=self._product, metric=metric, at=now, value=value, url=found.html_url + path
            )
            for metric, value, path in (
                (Metric.STARS, found.stargazers_count, "/stargazers"),
                (Metric.FORKS, found.forks_count, "/forks"),
                (Metric.WATCHERS, found.subscribers_count, "/watchers"),
                (Metric.OPEN_ISSUES, found.open_issues_count, "/issues"),
            )
        ]


class GithubStarHistory:
    """How many stars `owner/name` had at the beginning of each of the last days.

    It is counted back by when each star was given: those taken back since are not in it. Beyond
    40,000 stars GitHub does not say who gave the last ones, and nothing is given.
    """

    def __init__(
        self, http: Http, product: str, repository: str, *, days: int = 28, per_page: int = PER_PAGE
    ) -> None:
        self.name = f"github:star-history/{repository}"
        self._http = http
        self._product = product
        self._repository = repository
        self._days = days
        self._per_page = per_page

    async def read(self) -> Sequence[Snapshot]:
        """Give the days, oldest first."""
        now = self._http.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        first = now - timedelta(days=self._days)
        answer = await self._http.get(f"/repos/{self._repository}")
        count = decoded(answer, _Repository).stargazers_count
        if count is None or count > _MOST_PAGES * self._per_page:
            return []
        # Stars come and go while they are read: one page more is looked at than there should be.
        last = count // self._per_page + 1
        total, given = 0, list[datetime]()
        for number in range(last, 0, -1):  # the latest come last
            stars = await self._page(number)
            total = total or (number - 1) * self._per_page * bool(stars) + len(stars)
            given += stars
            if stars and stars[0] < first:
                break
        return [
            Snapshot(
                product=self._product,
                metric=Metric.STARS,
                at=day,
                value=total - sum(at >= day for at in given),
                url=f"https://github.com/{self._repository}/stargazers",
            )
            for day in (first + timedelta(days=each) for each in range(self._days + 1))
        ]

    async def _page(self, number: int) -> list[datetime]:
        answer = await self._http.send(
            Call(
                path=f"/repos/{self._repository}/stargazers",
                params={"per_page": self._per_page, "page": number},
                headers={"Accept": "application/vnd.github.star+json"},
            )
        )
        return [in_utc(each.starred_at) for each in decoded(answer, list[_Star])]
