"""How long to wait before the next attempt."""

from __future__ import annotations

__all__ = ["Pauses"]


class Pauses:
    """Pauses between attempts that fail: each twice as long as the one before, up to a bound."""

    def __init__(self, first: float = 0.2, longest: float = 5.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def next(self, at_least: float = 0.0) -> float:
        """Give the seconds to wait now: `at_least` so many, as long as the bound allows it."""
        pause = min(max(self._next, at_least), self._longest)
        self._next = min(self._next * 2, self._longest)
        return pause

    def reset(self) -> None:
        """Begin anew, after an attempt that did not fail."""
        self._next = self._first
