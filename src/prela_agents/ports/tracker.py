"""Where work is kept track of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prela_agents.model import Attachment, Issue, Item, NewIssue

__all__ = ["Desk", "Tracker"]


class Tracker(Protocol):
    """The team's tracker. Errors mean what `Publisher` says they mean."""

    async def issue(self, issue_id: str) -> Issue | None:
        """Give the issue with this UUID, or None when there is none."""

    async def issue_for(self, url: str) -> Issue | None:
        """Give the issue that this address is attached to, or None."""

    async def search(self, words: str) -> Sequence[Issue]:
        """Give the issues that the tracker finds for `words`, best first, 50 at most."""

    async def issues(self, limit: int) -> Sequence[Issue]:
        """Give the issues that changed last, newest first."""

    async def create(self, new: NewIssue) -> Issue:
        """Make the issue. With an id that is already taken, give the issue that has it."""

    async def attach(self, issue_id: str, attachment: Attachment) -> None:
        """Attach an address to an issue; doing so again changes the attachment that is there."""


class Desk(Protocol):
    """What agents file issues through: never twice for one item, whatever breaks in between.

    What was filed once is known, here or in the tracker; both methods then give that issue and
    file nothing. In a dry run they plan, which the next live run carries out, and give None.
    """

    def planned(self) -> Sequence[Issue]:
        """Give the issues that are planned and not made yet.

        They have no number, and the address of what they are made of.
        """

    async def known(self, item: Item) -> Issue | None:
        """Give the issue that `item` has already led to, if any."""

    async def open(
        self,
        item: Item,
        title: str,
        description: str,
        labels: Sequence[str] = (),
        perhaps: Sequence[Issue] = (),
    ) -> Issue | None:
        """Make an issue out of `item`, with its address attached.

        It says of which issues it is `perhaps` another report.
        """

    async def attach(self, item: Item, issue: Issue) -> Issue | None:
        """Attach the address of `item` to an issue that is there already."""
