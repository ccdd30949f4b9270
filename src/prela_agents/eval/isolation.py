"""A world for one item, of which nothing leads outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prela_agents.model import (
    Attachment,
    Change,
    Cursor,
    Issue,
    Item,
    Mention,
    Metric,
    NewIssue,
    Page,
    Platform,
    Report,
    Snapshot,
)

__all__ = ["Board", "OneItem", "StandingClock", "Unheard"]


class OneItem:
    """A source with one item."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self.name = f"{item.platform}:golden"

    @property
    def platform(self) -> Platform:
        """Where it would read."""
        return self._item.platform

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give it, once."""
        return Page((self._item,) if cursor is None else (), Cursor("1"))


class StandingClock:
    """It is always `moment`."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """Give the moment."""
        return self._moment

    def monotonic(self) -> float:
        """Give nothing that runs."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Return at once."""


class Board:
    """A tracker in memory, with all that was made and attached."""

    def __init__(self, kept: Sequence[Issue]) -> None:
        self.kept = list(kept)
        self.attached: list[tuple[str, str]] = []

    async def issue(self, issue_id: str) -> Issue | None:
        """Give the issue with this id."""
        return next((each for each in self.kept if each.id == issue_id), None)

    async def issue_for(self, url: str) -> Issue | None:
        """Give the issue that this address is attached to."""
        found = next((issue_id for issue_id, each in self.attached if each == url), None)
        return await self.issue(found) if found is not None else None

    async def search(self, words: str) -> Sequence[Issue]:
        """Give all there are: the judge has to tell them apart."""
        del words
        return list(self.kept)

    async def issues(self, limit: int) -> Sequence[Issue]:
        """Give the newest."""
        return self.kept[::-1][:limit]

    async def create(self, new: NewIssue) -> Issue:
        """Make it."""
        number = f"ISSUE-{len(self.kept)}"
        made = Issue(
            id=new.id,
            number=number,
            title=new.title,
            description=new.description,
            url=f"https://tracker.example/{number}",
            labels=new.labels,
        )
        self.kept.append(made)
        return made

    async def attach(self, issue_id: str, attachment: Attachment) -> None:
        """Remember it."""
        self.attached.append((issue_id, attachment.url))


class Unheard:
    """A history that nobody reads, except for the mentions it heard of."""

    def __init__(self) -> None:
        self.mentions_heard: list[Mention] = []

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        """Hear of them."""
        self.mentions_heard.extend(mentions)

    def mentions(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Mention]:
        """Give none."""
        del since, until, product
        return []

    def add_changes(self, changes: Sequence[Change]) -> None:
        """Forget them."""

    def changes(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Change]:
        """Give none."""
        del since, until, product
        return []

    def add_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Forget them."""

    def snapshots(
        self, since: datetime, until: datetime, product: str, metric: Metric
    ) -> Sequence[Snapshot]:
        """Give none."""
        del since, until, product, metric
        return []

    def add_report(self, report: Report) -> None:
        """Forget it."""

    def reports(self, agent: str | None = None) -> Sequence[Report]:
        """Give none."""
        del agent
        return []

    def purge(self, item_keys: Sequence[str]) -> None:
        """Forget them."""
