"""The core's manual clock, as agents' parts ask for a clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from prela_core.testing.clock import ManualClock


class StandingClock:
    """Stands still until it is moved, or something sleeps; `slept` is for how long each time."""

    def __init__(self, start: datetime | None = None) -> None:
        self._clock = ManualClock() if start is None else ManualClock(start)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._clock.now

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._clock.advance(max(seconds, 0.0))

    def advance(self, by: timedelta | float) -> None:
        self._clock.advance(by)
