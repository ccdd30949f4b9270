"""A clock that stands still until it is moved: a fortnight takes some seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from prela_core.testing.clock import ManualClock

__all__ = ["StandingClock"]


class StandingClock:
    """The time as agents ask for it; waiting moves it on."""

    def __init__(self, start: datetime) -> None:
        self._clock = ManualClock(start)

    def now(self) -> datetime:
        """Give the moment it is."""
        return self._clock.now

    def monotonic(self) -> float:
        """Give seconds since the start."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait, in no time."""
        self._clock.advance(max(seconds, 0.0))

    def move_to(self, moment: datetime) -> None:
        """Make it `moment`, unless it is later by now."""
        self._clock.advance(max(moment - self.now(), timedelta(0)))
