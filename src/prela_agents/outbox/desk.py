"""Filing issues, once for each item."""

from __future__ import annotations

from collections.abc import Sequence

from prela_agents.model import Attachment, Issue, Item, NewIssue
from prela_agents.ports import Tracker
from prela_agents.state import IssueLink, IssueLinks, issue_id_of

__all__ = ["DryDesk", "IssueDesk"]


class IssueDesk:
    """A `prela_agents.ports.Desk` over a tracker.

    What is to be done is on disk before the tracker is asked, under an id that follows from the
    item; every step can be done again, so a run that broke goes on with the plan that it had,
    whatever is thought of the item by now.
    """

    def __init__(self, links: IssueLinks, tracker: Tracker) -> None:
        self._links = links
        self._tracker = tracker

    async def known(self, item: Item) -> Issue | None:
        """Give the issue that `item` has already led to, here or in the tracker."""
        link = self._links.get(item.key)
        if link is not None:
            return await self._carry_out(link, item)
        found = await self._tracker.issue_for(item.url)
        if found is not None:
            self._links.plan_attaching(item.key, found)
            self._links.done(item.key, found)
        return found

    async def open(
        self, item: Item, title: str, description: str, labels: Sequence[str] = ()
    ) -> Issue | None:
        """Make an issue out of `item`, with its address attached."""
        known = await self.known(item)
        if known is not None:
            return known
        new = NewIssue(
            id=issue_id_of(item.key), title=title, description=description, labels=tuple(labels)
        )
        return await self._carry_out(self._links.plan_new(item.key, new), item)

    async def attach(self, item: Item, issue: Issue) -> Issue | None:
        """Attach the address of `item` to an issue that is there already."""
        known = await self.known(item)
        if known is not None:
            return known
        return await self._carry_out(self._links.plan_attaching(item.key, issue), item)

    async def _carry_out(self, link: IssueLink, item: Item) -> Issue:
        if link.is_done:
            return link.issue
        issue = await self._tracker.issue(link.issue_id)
        if issue is None:
            # The issue to attach to may have been deleted since: then it is made out of this item.
            new = link.new or NewIssue(
                id=issue_id_of(item.key), title=link.title or item.title, description=item.url
            )
            issue = await self._tracker.create(new)
        where = f"{item.platform} {item.where}".strip()
        await self._tracker.attach(
            issue.id, Attachment(url=item.url, title=item.title or where, subtitle=where)
        )
        self._links.done(link.item_key, issue)
        return issue


class DryDesk:
    """Tells what is known and files nothing: for dry runs."""

    def __init__(self, links: IssueLinks) -> None:
        self._links = links

    async def known(self, item: Item) -> Issue | None:
        """Give the issue that `item` has led to, as far as it is known here."""
        link = self._links.get(item.key)
        return link.issue if link is not None and link.is_done else None

    async def open(
        self, item: Item, title: str, description: str, labels: Sequence[str] = ()
    ) -> Issue | None:
        """Do nothing, unless the item has an issue."""
        del title, description, labels
        return await self.known(item)

    async def attach(self, item: Item, issue: Issue) -> Issue | None:
        """Do nothing, unless the item has an issue."""
        del issue
        return await self.known(item)
