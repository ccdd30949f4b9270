"""What calls cost, and when to stop."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Protocol

import attrs

from prela_agents.errors import SpendLimitError

__all__ = ["Budget", "MemorySpend", "Spend"]


class Spend(Protocol):
    """The book of what was spent."""

    def add(self, platform: str, usd: float, at: datetime) -> None:
        """Write down that `usd` were spent."""

    def since(self, platform: str, moment: datetime) -> float:
        """Give the dollars spent there since `moment`."""


class MemorySpend:
    """A book that lasts as long as the process."""

    def __init__(self) -> None:
        self._entries: defaultdict[str, list[tuple[datetime, float]]] = defaultdict(list)

    def add(self, platform: str, usd: float, at: datetime) -> None:
        """Write down that `usd` were spent."""
        self._entries[platform].append((at, usd))

    def since(self, platform: str, moment: datetime) -> float:
        """Give the dollars spent there since `moment`."""
        return sum(usd for at, usd in self._entries[platform] if at >= moment)


@attrs.frozen
class Budget:
    """What a platform may cost in a calendar month (UTC); None is no bound.

    What a call costs is written down before it is made, as a call that broke may be billed too;
    so the sum is never too low, and never more than one call above the bound.
    """

    book: Spend
    usd_per_month: float | None = None

    def charge(self, platform: str, usd: float, now: datetime) -> None:
        """Write down what the next call costs; raises `SpendLimitError` when that is too much."""
        if usd <= 0:
            return
        self.check(platform, usd, now)
        self.book.add(platform, usd, now)

    def check(self, platform: str, usd: float, now: datetime) -> None:
        """Raise `SpendLimitError` when `usd` more would be above the bound."""
        if self.usd_per_month is None:
            return
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        spent = self.book.since(platform, month)
        if spent + usd > self.usd_per_month:
            raise SpendLimitError(
                platform,
                f"${spent:.4f} of this month's ${self.usd_per_month:.2f} are spent, and what is to "
                f"come costs ${usd:.4f}; raise the budget, or wait for the next month",
            )
