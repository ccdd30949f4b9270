"""Time, as parts are told it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """What time it is, and waiting for another one."""

    def now(self) -> datetime:
        """Give the moment it is, aware and in UTC."""

    def monotonic(self) -> float:
        """Give seconds since some moment; they never run back."""

    async def sleep(self, seconds: float) -> None:
        """Return `seconds` later; at once for none or fewer."""
