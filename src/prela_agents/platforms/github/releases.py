"""Releases of a repository."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from prela_agents.http import Answer, Http
from prela_agents.model import Cursor, Item, ItemKind, Page, Platform
from prela_agents.platforms.decoding import decoded, in_utc
from prela_agents.platforms.github.connection import PER_PAGE, User, next_page
from prela_agents.platforms.walk import Walk, first_since

__all__ = ["GithubReleases"]

_FIRST_RELEASES = timedelta(days=90)


class _Release(msgspec.Struct):
    tag_name: str
    html_url: str
    published_at: datetime | None = None
    name: str | None = None
    body: str | None = None
    prerelease: bool = False
    author: User | None = None


class GithubReleases:
    """Releases of `owner/name`, with their notes in `text` and `version` in `extra`."""

    platform = Platform.GITHUB

    def __init__(self, http: Http, repository: str, *, per_page: int = PER_PAGE) -> None:
        self.name = f"github:releases/{repository}"
        self._http = http
        self._repository = repository
        self._per_page = per_page

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give releases since `cursor`, or of the last 90 days."""
        now = self._http.clock.now()
        walk = Walk.of(cursor, first_since(now, _FIRST_RELEASES), now.timestamp())
        answer = await self._page(walk)
        listed = decoded(answer, list[_Release])
        releases = [each for each in listed if each.published_at]
        items = tuple(self._item(each, each.published_at) for each in releases if each.published_at)
        newest = max((each.created_at.timestamp() for each in items), default=None)
        onward = next_page(answer, len(listed), self._per_page)
        # They come by the dates of their commits: a page with an old one may have new ones too.
        passed = any(each.created_at.timestamp() < walk.since for each in items)
        new = tuple(each for each in items if each.created_at.timestamp() >= walk.since)
        if onward is None or passed:
            return Page(new, walk.done(newest))
        return Page(new, walk.onward(newest, onward), more=True)

    async def _page(self, walk: Walk) -> Answer:
        if walk.at:
            return await self._http.get(walk.at)
        path = f"/repos/{self._repository}/releases"
        return await self._http.get(path, {"per_page": self._per_page})

    def _item(self, release: _Release, published: datetime) -> Item:
        return Item(
            platform=Platform.GITHUB,
            id=f"{self._repository}@{release.tag_name}",
            kind=ItemKind.RELEASE,
            url=release.html_url,
            created_at=in_utc(published),
            source=self.name,
            where=self._repository,
            author=release.author.login if release.author else "",
            title=release.name or release.tag_name,
            text=release.body or "",
            extra={
                "version": release.tag_name,
                **({"prerelease": "yes"} if release.prerelease else {}),
            },
        )
