"""Filing issues, once for each item."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from prela_agents.errors import PlatformError
from prela_agents.model import Attachment, Issue, Item, NewIssue
from prela_agents.outbox.alike import said_of
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

    def planned(self) -> Sequence[Issue]:
        """Give the issues that are to be made, with the addresses of what they are made of."""
        return _planned(self._links)

    async def known(self, item: Item) -> Issue | None:
        """Give the issue that `item` has already led to, here or in the tracker."""
        link = self._links.get(item.key)
        if link is not None:
            return await self._carry_out(link)
        found = await self._tracker.issue_for(item.url)
        if found is not None:
            self._links.plan_attaching(item.key, found, _attachment(item))
            self._links.done(item.key, found)
        return found

    async def open(
        self,
        item: Item,
        title: str,
        description: str,
        labels: Sequence[str] = (),
        perhaps: Sequence[Issue] = (),
    ) -> Issue | None:
        """Make an issue out of `item`, with its address attached."""
        known = await self.known(item)
        if known is not None:
            return known
        new = _new(item, title, description, labels, perhaps)
        return await self._carry_out(self._links.plan_new(item.key, new, _attachment(item)))

    async def attach(self, item: Item, issue: Issue) -> Issue | None:
        """Attach the address of `item` to an issue that is there already."""
        known = await self.known(item)
        if known is not None:
            return known
        return await self._carry_out(self._links.plan_attaching(item.key, issue, _attachment(item)))

    async def catch_up(self) -> list[str]:
        """Do all that was planned, by dry runs or runs that broke; gives what failed."""
        failures = []
        for each in self._links.planned():
            link = self._links.get(each.item_key)
            if link is None:  # purged since
                continue
            try:
                await self._carry_out(link)  # where it leads to may have changed with one before it
            except PlatformError as error:
                failures.append(str(error))
        return failures

    async def _carry_out(self, link: IssueLink) -> Issue:
        if link.is_done or link.attachment is None:
            return link.issue
        issue = await self._tracker.issue(link.issue_id)
        if issue is None:
            issue = await self._make(self._links.plan_of(link.issue_id) or link, link.attachment)
        await self._tracker.attach(issue.id, link.attachment)
        self._links.done(link.item_key, issue)
        return issue

    async def _make(self, plan: IssueLink, attachment: Attachment) -> Issue:
        """Make the issue that several items may wait for: which of them comes first, is no matter.

        One to attach to may have been deleted since. What is made in its place has an id that
        follows from the one that is gone, so that all who wait for it make the same one.
        """
        found = await self._tracker.issue_for((plan.attachment or attachment).url)
        if found is not None:  # somebody filed it since it was planned
            return found
        if plan.new is None:
            return await self._tracker.create(
                NewIssue(
                    id=issue_id_of(plan.issue_id),
                    title=attachment.title,
                    description=attachment.url,
                )
            )
        perhaps = [await self._by_now(each) for each in plan.new.perhaps]
        description = "\n\n".join([plan.new.description, *said_of(perhaps)])
        return await self._tracker.create(
            attrs.evolve(plan.new, description=description, perhaps=())
        )

    async def _by_now(self, issue: Issue) -> Issue:
        """Give an issue that was planned as what it has become since, if anything."""
        return issue if issue.number else (await self._tracker.issue_for(issue.url) or issue)


class DryDesk:
    """Plans, and asks no tracker for anything: for dry runs. A live one carries the plans out."""

    def __init__(self, links: IssueLinks) -> None:
        self._links = links

    def planned(self) -> Sequence[Issue]:
        """Give the issues that are to be made, with the addresses of what they are made of."""
        return _planned(self._links)

    async def known(self, item: Item) -> Issue | None:
        """Give the issue that `item` has led to, as far as it is known here."""
        link = self._links.get(item.key)
        return link.issue if link is not None and link.is_done else None

    async def open(
        self,
        item: Item,
        title: str,
        description: str,
        labels: Sequence[str] = (),
        perhaps: Sequence[Issue] = (),
    ) -> Issue | None:
        """Plan an issue; gives None, unless the item has one."""
        new = _new(item, title, description, labels, perhaps)
        self._links.plan_new(item.key, new, _attachment(item))
        return await self.known(item)

    async def attach(self, item: Item, issue: Issue) -> Issue | None:
        """Plan to attach the item; gives None, unless the item has an issue."""
        self._links.plan_attaching(item.key, issue, _attachment(item))
        return await self.known(item)


def _planned(links: IssueLinks) -> Sequence[Issue]:
    return [
        attrs.evolve(each.issue, url=each.attachment.url if each.attachment is not None else "")
        for each in links.planned()
        if each.new is not None
    ]


def _new(
    item: Item, title: str, description: str, labels: Sequence[str], perhaps: Sequence[Issue]
) -> NewIssue:
    return NewIssue(
        id=issue_id_of(item.key),
        title=title,
        description=description,
        labels=tuple(labels),
        perhaps=tuple(
            Issue(id=each.id, number=each.number, title=each.title, description="", url=each.url)
            for each in perhaps
            if each.id != issue_id_of(item.key)
        ),
    )


def _attachment(item: Item) -> Attachment:
    where = f"{item.platform} {item.where}".strip()
    return Attachment(url=item.url, title=item.title or where, subtitle=where)
