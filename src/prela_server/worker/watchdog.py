"""Telling a worker that is stuck from one that has nothing to do, or has to wait."""

from __future__ import annotations

__all__ = ["Watchdog"]


class Watchdog:
    """Looks at a worker from time to time, and says when it should be ended and started anew.

    A worker is stuck when something waits for it and it has not taken a step for `patience`
    seconds: clients of Kafka have been seen to go silent for good. While it waits for its store
    it is given `busy_patience`, for an insert may be slow.
    """

    def __init__(self, *, patience: float = 60.0, busy_patience: float = 300.0) -> None:
        self._patience = patience
        self._busy_patience = busy_patience
        self._steps = -1
        self._since: float | None = None

    def is_stuck(self, *, lag: int | None, steps: int, busy: bool, now: float) -> bool:
        """Look at `now`, in seconds: `lag` records wait (None: nobody can say)."""
        if not lag or steps != self._steps or self._since is None:
            self._steps, self._since = steps, now
            return False
        return now - self._since >= (self._busy_patience if busy else self._patience)
