"""GitHub: releases, issues, and what is counted of a repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Unpack

import msgspec

from prela_agents.http import Answer, Call, Http
from prela_agents.http.limits import github
from prela_agents.model import Cursor, Item, ItemKind, Metric, Page, Platform, Snapshot
from prela_agents.platforms.connecting import Options
from prela_agents.platforms.decoding import decoded, in_utc
from prela_agents.platforms.walk import Walk, first_since

__all__ = ["GithubGauge", "GithubIssues", "GithubReleases", "connect"]

_FIRST_RELEASES = timedelta(days=90)
_PER_PAGE = 100


def connect(
    token: str = "", base_url: str = "https://api.github.com", **options: Unpack[Options]
) -> Http:
    """Connect; without a token GitHub answers 60 calls an hour."""
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Http(Platform.GITHUB, base_url, limits=github, headers=headers, **options)


class _User(msgspec.Struct):
    login: str = ""


class _Release(msgspec.Struct):
    tag_name: str
    html_url: str
    published_at: datetime | None = None
    name: str | None = None
    body: str | None = None
    prerelease: bool = False
    author: _User | None = None


class _Issue(msgspec.Struct):
    number: int
    html_url: str
    created_at: datetime
    updated_at: datetime
    title: str = ""
    body: str | None = None
    user: _User | None = None
    pull_request: msgspec.Raw | None = None


class _Repository(msgspec.Struct):
    html_url: str
    stargazers_count: int | None = None
    forks_count: int | None = None
    subscribers_count: int | None = None
    open_issues_count: int | None = None


class GithubReleases:
    """Releases of `owner/name`, with their notes in `text` and `version` in `extra`."""

    platform = Platform.GITHUB

    def __init__(self, http: Http, repository: str, *, per_page: int = _PER_PAGE) -> None:
        self.name = f"github:releases/{repository}"
        self._http = http
        self._repository = repository
        self._per_page = per_page

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give releases since `cursor`, or of the last 90 days."""
        walk = Walk.of(cursor, first_since(self._http.clock.now(), _FIRST_RELEASES))
        answer = await self._page(walk)
        releases = [each for each in decoded(answer, list[_Release]) if each.published_at]
        items = tuple(self._item(each, each.published_at) for each in releases if each.published_at)
        newest = max((each.created_at.timestamp() for each in items), default=None)
        onward = _next(answer)
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


class GithubIssues:
    """What people write into the issues of `owner/name`; pull requests are left out.

    They are asked for by when they last changed, oldest first, so the cursor only grows.
    """

    platform = Platform.GITHUB

    def __init__(self, http: Http, repository: str, *, per_page: int = _PER_PAGE) -> None:
        self.name = f"github:issues/{repository}"
        self._http = http
        self._repository = repository
        self._per_page = per_page

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give issues that changed since `cursor`, or in the last week."""
        walk = Walk.of(cursor, first_since(self._http.clock.now()))
        answer = await self._page(walk)
        issues = decoded(answer, list[_Issue])
        newest = max((in_utc(each.updated_at).timestamp() for each in issues), default=None)
        items = tuple(self._item(each) for each in issues if each.pull_request is None)
        onward = _next(answer)
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


def _next(answer: Answer) -> str | None:
    """Give the address of the next page from the `Link` header, if it names one."""
    for each in re.finditer(r"<([^>]*)>\s*;([^,]*)", answer.headers.get("link", "")):
        if 'rel="next"' in each[2]:
            return each[1]
    return None
