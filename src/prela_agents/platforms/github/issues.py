"""Issues of a repository."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from prela_agents.http import Answer, Http
from prela_agents.model import Cursor, Item, ItemKind, Page, Platform
from prela_agents.platforms.decoding import decoded, in_utc
from prela_agents.platforms.github.connection import PER_PAGE, User, next_page
from prela_agents.platforms.walk import Walk, first_since

__all__ = ["GithubIssues"]


class _Issue(msgspec.Struct):
    number: int
    html_url: str
    created_at: datetime
    updated_at: datetime
    title: str = ""
    body: str | None = None
    user: User | None = None
    pull_request: msgspec.Raw | None = None


class GithubIssues:
    """What people write into the issues of `owner/name`; pull requests are left out.

    They are asked for by when they last changed, oldest first, so the cursor only grows.
    """

    platform = Platform.GITHUB

    def __init__(self, http: Http, repository: str, *, per_page: int = PER_PAGE) -> None:
        self.name = f"github:issues/{repository}"
        self._http = http
        self._repository = repository
        self._per_page = per_page

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give issues that changed since `cursor`, or in the last week."""
        now = self._http.clock.now()
        walk = Walk.of(cursor, first_since(now), now.timestamp())
        answer = await self._page(walk)
        issues = decoded(answer, list[_Issue])
        newest = max((in_utc(each.updated_at).timestamp() for each in issues), default=None)
        items = tuple(self._item(each) for each in issues if each.pull_request is None)
        onward = next_page(answer, len(issues), self._per_page)
        if onward is None:
            return Page(items, walk.done(newest))
        return Page(items, walk.onward(newest, onward), more=True)

    async def _page(self, walk: Walk) -> Answer:
        if walk.at:
            return await self._http.get(walk.at)
        return await self._http.get(
            f"/repos/{self._repository}/issues",
            {
                "state": "all",
                "sort": "updated",
                "direction": "asc",
                "since": f"{datetime.fromtimestamp(int(walk.since), tz=UTC):%Y-%m-%dT%H:%M:%SZ}",
                "per_page": self._per_page,
            },
        )

    def _item(self, issue: _Issue) -> Item:
        return Item(
            platform=Platform.GITHUB,
            id=f"{self._repository}#{issue.number}",
            kind=ItemKind.POST,
            url=issue.html_url,
            created_at=in_utc(issue.created_at),
            source=self.name,
            where=self._repository,
            author=issue.user.login if issue.user else "",
            title=issue.title,
            text=issue.body or "",
            thread_id=f"{self._repository}#{issue.number}",
        )
