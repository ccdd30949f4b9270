"""Where things are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prela_agents.model import Cursor, Item, Page, Platform, Snapshot

__all__ = ["Gauge", "Recheck", "Source"]


class Source(Protocol):
    """Somewhere that has new items from time to time.

    Errors are `PlatformError`s. A body that can't be read is a `MalformedAnswerError`, never an
    empty page: "no news" is only said by an answer that says so.
    """

    @property
    def name(self) -> str:
        """The source among all of a run, the same for ever, as its cursor is kept by it.

        The platform, then what is asked there: `reddit:search/prela`, `github:releases/a/b`.
        """

    @property
    def platform(self) -> Platform:
        """Where it reads."""

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give what there is after `cursor`, or from a sensible time back when it is None.

        Fetching changes nothing: with the same cursor it gives the same items again, and those
        that came since. Items may come that an earlier page had; none is ever left out. Items
        that were taken back since come with `deleted`, where the platform tells.
        """


class Gauge(Protocol):
    """Something that can be counted."""

    @property
    def name(self) -> str:
        """The gauge among all of a run: `github:stars/prela/prela`."""

    async def read(self) -> Sequence[Snapshot]:
        """Give the measures as they are now, and those of past days where the platform has them.

        One that the platform leaves out has the value None. Raises `PlatformError`.
        """


class Recheck(Protocol):
    """A platform whose deletions must be followed."""

    @property
    def platform(self) -> Platform:
        """Whose items it looks at again."""

    async def gone(self, items: Sequence[Item]) -> frozenset[str]:
        """Say which of these items were deleted there or removed: by their ids.

        Raises `PlatformError` when it can't be told of some: then none of them is answered for.
        """
