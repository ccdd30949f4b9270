"""Telling a worker that is stuck from one that has nothing to do, or has to wait."""

from __future__ import annotations

__all__ = ["Watchdog"]


class Watchdog:
    """Looks at a worker from time to time, and says when it should be ended and started anew.

    A worker is stuck when something waits for it and it has not taken a step for `patience`
    seconds: clients of Kafka have been seen to go silent for good. While it waits for its store
    it is given `busy_patience`, for an insert may be slow, and so it is while nobody can say
    what waits: the brokers may be away, or may have come back at other addresses.
    """

    def __init__(self, *, patience: float = 60.0, busy_patience: float = 300.0) -> None:
        self._patience = patience
        self._busy_patience = busy_patience
        self._seen: tuple[int, bool] | None = None
        self._since = 0.0

    def is_stuck(self, *, lag: int | None, steps: int, busy: bool, now: float) -> bool:
        """Look at `now`, in seconds: `lag` records wait (None: nobody can say)."""
        seen = steps, lag is None
        if lag == 0 or seen != self._seen:
            self._seen, self._since = seen, now
            return False
        patience = self._busy_patience if busy or lag is None else self._patience
        return now - self._since >= patience
