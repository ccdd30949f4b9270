"""Going through a listing that begins with what is newest, over as many calls as it takes.

What is new since the last walk is all before the first item that is older. So a walk remembers
how far the last one came (`since`), where it is itself (`at`), and the newest it has seen
(`newest`), which becomes `since` only when the end is reached: one that is broken off loses
nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

import attrs
import msgspec

from prela_agents.model import Cursor

__all__ = ["OVERLAP", "Walk", "first_since"]

OVERLAP = timedelta(hours=1)
"""Walks go back so much further, as searches find some items later than others."""
_FIRST = timedelta(days=7)


def first_since(now: datetime, back: timedelta = _FIRST) -> float:
    """Give where the first walk ends, in seconds after 1970."""
    return (now - back).timestamp()


@attrs.frozen
class Walk:
    """Where a walk is. `since` and `newest` are seconds after 1970, or other growing numbers.

    What claims to be newer than `now` is taken to be of now: else nothing would be new after it.
    """

    since: float
    newest: float | None = None
    at: str = ""
    now: float | None = None

    @classmethod
    def of(cls, cursor: Cursor | None, first: float, now: float | None = None) -> Self:
        """Go on from `cursor`, or begin at what is newest, and end at `first`."""
        if cursor is None:
            return cls(first, now=now)
        since, newest, at = msgspec.json.decode(cursor.value, type=tuple[float, float | None, str])
        return cls(since, newest, at, now)

    def seen(self, newest: float | None) -> float | None:
        """Give the newest of the walk so far and of `newest`."""
        known = [each for each in (self.newest, newest) if each is not None]
        seen = max(known, default=None)
        return seen if seen is None or self.now is None else min(seen, self.now)

    def onward(self, newest: float | None, at: str) -> Cursor:
        """Give the cursor of the next page."""
        return self._cursor(self.since, self.seen(newest), at)

    def done(self, newest: float | None) -> Cursor:
        """Give the cursor of the next walk; this one came to its end."""
        seen = self.seen(newest)
        return self._cursor(self.since if seen is None else max(self.since, seen), None, "")

    @staticmethod
    def _cursor(since: float, newest: float | None, at: str) -> Cursor:
        return Cursor(msgspec.json.encode([since, newest, at]).decode())
