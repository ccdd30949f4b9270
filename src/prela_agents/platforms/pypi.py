"""PyPI's versions, and how often they were downloaded by pypistats.org."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Unpack

import msgspec

from prela_agents.http import Http
from prela_agents.model import Cursor, Item, ItemKind, Metric, Page, Platform, Snapshot
from prela_agents.platforms.connecting import Options
from prela_agents.platforms.decoding import decoded, in_utc
from prela_agents.platforms.walk import Walk, first_since

__all__ = ["PypiDownloads", "PypiVersions", "connect", "connect_stats"]

_FIRST = timedelta(days=90)
_WITHOUT_MIRRORS = "without_mirrors"


def connect(base_url: str = "https://pypi.org", **options: Unpack[Options]) -> Http:
    """Connect to PyPI."""
    return Http(Platform.PYPI, base_url, redirects=True, **options)


def connect_stats(base_url: str = "https://pypistats.org/api", **options: Unpack[Options]) -> Http:
    """Connect to pypistats.org."""
    return Http(Platform.PYPI, base_url, redirects=True, **options)


class _File(msgspec.Struct):
    uploaded: datetime = msgspec.field(name="upload_time_iso_8601")
    yanked: bool = False


class _Info(msgspec.Struct):
    name: str
    summary: str | None = None


class _Project(msgspec.Struct):
    info: _Info
    releases: dict[str, list[_File]]


class _Day(msgspec.Struct):
    category: str
    date: date
    downloads: int | None = None


class _Days(msgspec.Struct):
    data: list[_Day]


class PypiVersions:
    """Versions of a package, as releases without notes; `version` is in `extra`."""

    platform = Platform.PYPI

    def __init__(self, http: Http, package: str) -> None:
        self.name = f"pypi:versions/{package}"
        self._http = http
        self._package = package

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give versions since `cursor`, or of the last 90 days; all come at once."""
        now = self._http.clock.now()
        walk = Walk.of(cursor, first_since(now, _FIRST), now.timestamp())
        project = decoded(await self._http.get(f"/pypi/{self._package}/json"), _Project)
        # A version may be registered before its first file: it comes when that does.
        items = [
            self._item(project.info, version, files)
            for version, files in project.releases.items()
            if files
        ]
        new = sorted(
            (each for each in items if each.created_at.timestamp() >= walk.since),
            key=lambda each: each.created_at,
        )
        newest = new[-1].created_at.timestamp() if new else None
        return Page(tuple(new), walk.done(newest))

    def _item(self, info: _Info, version: str, files: Sequence[_File]) -> Item:
        yanked = all(each.yanked for each in files)
        return Item(
            platform=Platform.PYPI,
            id=f"{self._package}@{version}",
            kind=ItemKind.RELEASE,
            url=f"https://pypi.org/project/{self._package}/{version}/",
            created_at=min(in_utc(each.uploaded) for each in files),
            source=self.name,
            where=self._package,
            title=f"{info.name} {version}",
            extra={"version": version, **({"yanked": "yes"} if yanked else {})},
        )


class PypiDownloads:
    """Downloads by the day, mirrors left out, for the 180 days that pypistats.org keeps."""

    def __init__(self, http: Http, product: str, package: str) -> None:
        self.name = f"pypi:downloads/{package}"
        self._http = http
        self._product = product
        self._package = package

    async def read(self) -> Sequence[Snapshot]:
        """Give the days that there are, oldest first. Yesterday is None until it is counted."""
        answer = await self._http.get(f"/packages/{self._package}/overall", {"mirrors": "false"})
        days = [each for each in decoded(answer, _Days).data if each.category == _WITHOUT_MIRRORS]
        counted = {each.date: each.downloads for each in days}
        counted.setdefault((self._http.clock.now() - timedelta(days=1)).date(), None)
        return [
            Snapshot(
                product=self._product,
                metric=Metric.DOWNLOADS,
                at=datetime.combine(day, time(), UTC),
                value=value,
                url=f"https://pypistats.org/packages/{self._package}",
            )
            for day, value in sorted(counted.items())
        ]
