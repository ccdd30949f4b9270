"""A clock that stands still until the test moves it."""

from __future__ import annotations

from datetime import datetime, timedelta

from prela_core.model import from_micros, to_micros
from prela_core.testing.factories import NOON

__all__ = ["ManualClock"]


class ManualClock:
    """Time as the test says it is, in each of the spellings that Prela's parts ask for.

    It starts at `start` and can only go forward. Pass the method that a part wants:
    `clock.seconds` where `time.time` goes, `clock.monotonic`, `clock.micros`, or `clock.sleep`,
    which returns at once and moves the time on by what it was asked to wait.
    """

    def __init__(self, start: datetime = NOON) -> None:
        self._start = self._micros = to_micros(start)

    @property
    def now(self) -> datetime:
        """The moment it is, aware and in UTC."""
        return from_micros(self._micros)

    def micros(self) -> int:
        """Give microseconds since 1970."""
        return self._micros

    def seconds(self) -> float:
        """Give seconds since 1970."""
        return self._micros / 1_000_000

    def monotonic(self) -> float:
        """Give seconds since the clock was made."""
        return (self._micros - self._start) / 1_000_000

    def advance(self, by: timedelta | float) -> None:
        """Move on by a time span, or by seconds; raises `ValueError` for going back."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta(0):
            raise ValueError("a clock does not go back")
        self._micros += step // timedelta(microseconds=1)

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep`."""
        self.advance(seconds)
