"""What all fakes know: who said what, when, and how often something was counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

import attrs

X_EPOCH = 1_288_834_974_657
DISCORD_EPOCH = 1_420_070_400_000


def snowflake(at: datetime, epoch: int, number: int = 0) -> str:
    """Give the id that X and Discord make of a moment."""
    return str((int(at.timestamp() * 1000) - epoch) << 22 | number)


@attrs.define(kw_only=True)
class Said:
    """Something that somebody wrote. `id` is as the platform writes it; `parent` likewise."""

    platform: str
    id: str
    at: datetime
    author: str = "ada"
    title: str = ""
    text: str = ""
    where: str = ""
    parent: str | None = None
    thread: str | None = None
    points: int = 1
    addresses_us: bool = False
    quotes: str | None = None
    """The id of a post of X that this one quotes."""
    deleted_at: datetime | None = None


@attrs.define(kw_only=True)
class Release:
    """A version: of `owner/name` on GitHub, or of a package on PyPI."""

    where: str
    version: str
    at: datetime
    notes: str = ""
    title: str = ""
    prerelease: bool = False


@attrs.define(kw_only=True)
class Written:
    """A text that is served from `at` on, in the place of what was there."""

    path: str
    at: datetime
    body: str
    content_type: str = "text/html; charset=utf-8"


Counts = dict[date, float]


@attrs.define
class World:
    """Everything up to `now()`. What is posted through a fake is added to `said`."""

    now: Callable[[], datetime]
    said: list[Said] = attrs.field(factory=list)
    releases: list[Release] = attrs.field(factory=list)
    written: list[Written] = attrs.field(factory=list)
    counts: dict[str, Counts] = attrs.field(factory=dict)
    """By what and where: `stars:prela/prela`, `downloads:prela`, `members:77`, `online:77`."""
    kept: dict[str, Any] = attrs.field(factory=dict)
    """What fakes keep besides, by a name of theirs."""

    def here(self, platform: str) -> list[Said]:
        """Give what there is on a platform by now, newest first, the deleted too."""
        found = [each for each in self.said if each.platform == platform and each.at <= self.now()]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def gone(self, said: Said) -> bool:
        """Say whether it was deleted by now."""
        return said.deleted_at is not None and said.deleted_at <= self.now()

    def alive(self, platform: str) -> list[Said]:
        """Give what there is on a platform by now and was not deleted, newest first."""
        return [each for each in self.here(platform) if not self.gone(each)]

    def released(self, where: str) -> list[Release]:
        """Give the versions that are out by now, newest first."""
        found = [each for each in self.releases if each.where == where and each.at <= self.now()]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def page(self, path: str) -> Written | None:
        """Give what a path serves now; None for what is not there."""
        found = [each for each in self.written if each.path == path and each.at <= self.now()]
        return max(found, key=lambda each: each.at, default=None)

    def count(self, what: str) -> float | None:
        """Give the count of the latest day that has come; None for what is not counted."""
        today = self.now().date()
        days = [(day, value) for day, value in self.counts.get(what, {}).items() if day <= today]
        return max(days)[1] if days else None


def matching(said: Iterable[Said], query: str) -> list[Said]:
    """Find what has all words of the query, letter case apart; quotes hold words together.

    `("a" OR "b") -is:retweet`, as X is asked, finds what has any of them.
    """
    plain = re.sub(r"-?\w+:\S+|[()]", " ", query.lower())
    wanted = [each.replace('"', " ").split() for each in re.split(r"\s+or\s+", plain)]

    def fits(text: str) -> bool:
        return any(all(word in text for word in words) for words in wanted)

    return [each for each in said if fits(f"{each.title} {each.text}".lower())]
