"""Which item led to which issue: planned before anything is asked of the tracker."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

import attrs

from prela_agents.model import Attachment, Issue, NewIssue
from prela_agents.ports import Clock
from prela_agents.state.database import Database, Row
from prela_agents.state.encoding import decoded, encoded, stamp

__all__ = ["IssueLink", "IssueLinks", "issue_id_of"]


@attrs.frozen(kw_only=True)
class IssueLink:
    """What an item leads to: the issue `new`, to be made, or an attachment to `issue_id`.

    `number` and `url` are None until it is done. What was done about an item that is purged since
    has neither title nor attachment any more.
    """

    item_key: str
    issue_id: str
    title: str
    new: NewIssue | None
    attachment: Attachment | None
    number: str | None
    url: str | None

    @property
    def is_done(self) -> bool:
        """Whether the tracker has it."""
        return self.number is not None

    @property
    def issue(self) -> Issue:
        """The issue, as far as it is known here."""
        return Issue(
            id=self.issue_id,
            number=self.number or "",
            title=self.title,
            description=self.new.description if self.new is not None else "",
            url=self.url or "",
            labels=self.new.labels if self.new is not None else (),
        )


class IssueLinks:
    """The table; an item has one link for good."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def get(self, item_key: str) -> IssueLink | None:
        """Give the link of an item, planned or done."""
        row = self._db.row("SELECT * FROM issue_links WHERE item_key = ?", item_key)
        return _link(row) if row is not None else None

    def planned(self) -> Sequence[IssueLink]:
        """Give the links that are not done, in the order they were planned."""
        rows = self._db.rows("SELECT * FROM issue_links WHERE done_at IS NULL ORDER BY rowid")
        return [_link(row) for row in rows]

    def plan_new(self, item_key: str, new: NewIssue, attachment: Attachment) -> IssueLink:
        """Plan to make an issue; gives the link that there is then, which may be an older plan."""
        return self._plan(item_key, new.id, new.title, new, attachment)

    def plan_attaching(self, item_key: str, issue: Issue, attachment: Attachment) -> IssueLink:
        """Plan to attach an item to an issue; gives the link that there is then."""
        return self._plan(item_key, issue.id, issue.title, None, attachment)

    def plan_of(self, issue_id: str) -> IssueLink | None:
        """Give the link by which this issue is to be made, or None."""
        row = self._db.row(
            "SELECT * FROM issue_links WHERE issue_id = ? AND new IS NOT NULL AND done_at IS NULL",
            issue_id,
        )
        return _link(row) if row is not None else None

    def done(self, item_key: str, issue: Issue) -> None:
        """Say that the tracker has it, as this issue: others that wait for it go there as well."""
        with self._db.transaction():
            link = self.get(item_key)
            if link is None or link.is_done:
                return
            self._db.change(
                "UPDATE issue_links SET number = ?, url = ?, done_at = ? WHERE item_key = ?",
                issue.number,
                issue.url,
                stamp(self._clock.now()),
                item_key,
            )
            self._db.change(
                "UPDATE issue_links SET issue_id = ?1 "
                "WHERE issue_id = ?2 AND (item_key = ?3 OR done_at IS NULL)",
                issue.id,
                link.issue_id,
                item_key,
            )

    def count(self) -> int:
        """Give how many are done."""
        row = self._db.row("SELECT count(*) AS n FROM issue_links WHERE done_at IS NOT NULL")
        return int(row["n"]) if row is not None else 0

    def _plan(
        self,
        item_key: str,
        issue_id: str,
        title: str,
        new: NewIssue | None,
        attachment: Attachment,
    ) -> IssueLink:
        self._db.change(
            "INSERT INTO issue_links (item_key, issue_id, title, new, attachment, planned_at) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (item_key) DO NOTHING",
            item_key,
            issue_id,
            title,
            encoded(new) if new is not None else None,
            encoded(attachment),
            stamp(self._clock.now()),
        )
        found = self.get(item_key)
        if found is None:
            raise LookupError(item_key)
        return found


def issue_id_of(item_key: str) -> str:
    """Give the id of the issue that an item becomes: in the form of a version 4 UUID.

    It follows from the item, so that not even a lost state file makes a second issue.
    """
    digest = hashlib.sha256(f"prela issue\n{item_key}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _link(row: Row) -> IssueLink:
    new, attachment = row["new"], row["attachment"]
    return IssueLink(
        item_key=row["item_key"],
        issue_id=row["issue_id"],
        title=row["title"],
        new=decoded(new, NewIssue) if new else None,
        attachment=decoded(attachment, Attachment) if attachment else None,
        number=row["number"],
        url=row["url"],
    )
