"""What an agent remembers from one run to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prela_agents.model import Claim, Cursor, Draft, Item, Page

__all__ = ["State"]


class State(Protocol):
    """The memory of one agent: another agent's is apart, except for claims, which all share.

    Every method is one transaction and on disk when it returns.
    """

    def cursor(self, source: str) -> Cursor | None:
        """Give where the source goes on, or None at the first time."""

    def take(self, source: str, page: Page[Item]) -> int:
        """Keep the page's new items as pending and its cursor, both or neither.

        Items that were seen before are passed over. One that comes back as deleted takes with it
        what was kept of it: its words, and drafts about it that have not left. Gives how many
        items are new.
        """

    def pending(self, limit: int = 200) -> Sequence[Item]:
        """Give items that were taken and not settled, oldest first."""

    def settle(self, item: Item) -> None:
        """Say that all that was to be done about `item` is done.

        A run that breaks before this does it again: `queue` and `Desk` know what they did.
        """

    def item(self, key: str) -> Item | None:
        """Give an item by its key, or None when it is not known or was purged."""

    def earlier(self, item: Item) -> Item | None:
        """Give what the same source had at the same `url` last before `item`, or None."""

    def queue(self, draft: Draft, *, instead_of: str = "") -> bool:
        """Keep a draft for review, unless there is one for the same `about`, platform and kind.

        Says whether it was kept. Others of that platform and kind whose `about` begins with
        `instead_of` are superseded by it, where they wait for review still or are only read here;
        and one that was superseded itself is kept anew, as what it tells of is so again.
        """

    def drafted(self, about: str) -> bool:
        """Say whether there was a draft for this, so that none need be written.

        One that was superseded is none: what it tells of was different in between.
        """

    def put_claim(self, claim: Claim) -> None:
        """Keep a claim, in the place of one with the same id."""

    def claims(self, product: str | None = None) -> Sequence[Claim]:
        """Give the claims about a product, or all, good or not, newest first."""

    def source_seen(self, url: str, source_hash: str | None) -> int:
        """Mark as stale the claims whose source at `url` is now another text, or gone (None).

        Gives how many claims became stale by it.
        """
