"""Stopping before a platform shuts the door for all of us."""

from __future__ import annotations

from collections import deque

__all__ = ["RefusedOften"]

_SECONDS = 600.0
_MOST = 500
_REFUSALS = frozenset({401, 403, 429})


class RefusedOften:
    """Counts refusals of the last ten minutes.

    Discord bans an address after 10,000 answers of 401, 403 and 429 within ten minutes, and others
    have rules like it. A program in a loop stops at a small part of that.
    """

    def __init__(self) -> None:
        self._at: deque[float] = deque()

    def note(self, status: int, now: float) -> None:
        """Take in an answer's code; moments are `Clock.monotonic`'s."""
        if status in _REFUSALS:
            self._at.append(now)

    def wait(self, now: float) -> float:
        """Give the seconds until another call may be made; 0 for at once."""
        while self._at and self._at[0] <= now - _SECONDS:
            self._at.popleft()
        return self._at[0] + _SECONDS - now if len(self._at) >= _MOST else 0.0
