"""When each insert began, and before which moment none is under way any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["InsertMarks"]


class InsertMarks:
    """Gives each insert a moment of its own, later than all before; `micros` is the clock."""

    def __init__(self, micros: Callable[[], int]) -> None:
        self._micros = micros
        self._lock = threading.Lock()
        self._under_way: set[int] = set()
        self._last = 0

    def begin(self) -> int:
        """Give the moment of an insert, which is under way until `end` is told of it."""
        with self._lock:
            mark = self._next()
            self._under_way.add(mark)
            return mark

    def end(self, mark: int) -> None:
        """Know that the insert of this moment is done, or will never be."""
        with self._lock:
            self._under_way.discard(mark)

    def settled(self) -> int:
        """Give a moment: inserts marked earlier have ended, and no later one will be marked so."""
        with self._lock:
            return min(self._under_way) if self._under_way else self._next()

    def _next(self) -> int:
        self._last = max(self._micros(), self._last + 1)
        return self._last
