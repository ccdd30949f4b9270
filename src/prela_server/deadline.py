"""How long what is being stopped may still take."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Deadline"]

_GATEWAYS_SHARE = 0.75
_LEAST = 1.0


class Deadline:
    """`seconds` from `begin` on; before that, all of them are left. `clock` never goes back.

    Gateways, which stop first, get three quarters; what they handed on is stored in the rest.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._begun: float | None = None

    def begin(self) -> None:
        """Start the clock; doing so again changes nothing."""
        if self._begun is None:
            self._begun = self._clock()

    @property
    def for_gateways(self) -> int:
        """Whole seconds for requests to be answered, at least 1."""
        return max(1, int(self._seconds * _GATEWAYS_SHARE))

    @property
    def left(self) -> float:
        """Seconds that are left; at least 1, so that what is as good as done gets done."""
        spent = 0.0 if self._begun is None else self._clock() - self._begun
        return max(_LEAST, self._seconds - spent)
