"""When what has arrived is enough for one insert: by rows, by bytes or by age."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import attrs

__all__ = ["GroupBounds", "Grouper"]

T = TypeVar("T")

_MIB = 1 << 20


@attrs.frozen(kw_only=True)
class GroupBounds:
    """How large a group gets, how long it is waited for, and how much is held. Sizes in bytes."""

    rows: int = 20_000
    size: int = 8 * _MIB
    age: float = 0.5
    """Seconds that the first of a group waits for others at most."""
    held: int = 24 * _MIB
    """Bytes that are held before no more is asked for."""


@attrs.frozen(eq=False)
class _Held(Generic[T]):
    thing: T
    rows: int
    size: int
    since: float


class Grouper(Generic[T]):
    """Holds things in the order they came and gives them out in groups.

    The caller says what time it is, in seconds of any clock that never goes back.
    """

    def __init__(self, bounds: GroupBounds) -> None:
        self._bounds = bounds
        self._held: deque[_Held[T]] = deque()
        self._rows = 0
        self._size = 0

    def __len__(self) -> int:
        """Count the things held."""
        return len(self._held)

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._size

    @property
    def room(self) -> int:
        """Bytes that may be added before it is full; 0 when it is."""
        return max(0, self._bounds.held - self._size)

    @property
    def drained(self) -> bool:
        """Whether more should be asked for again after it was full: not for every crumb."""
        return self._size <= self._bounds.held // 2

    def add(self, thing: T, *, rows: int, size: int, now: float) -> None:
        """Hold `thing`, also beyond the bound: it is the caller who stops asking for more."""
        self._held.append(_Held(thing, rows, size, now))
        self._rows += rows
        self._size += size

    def due_at(self) -> float | None:
        """Say when a group is due: in the past when one is full, None when nothing is held."""
        if not self._held:
            return None
        if self._rows >= self._bounds.rows or self._size >= self._bounds.size:
            return float("-inf")
        return self._held[0].since + self._bounds.age

    def take(self, now: float) -> list[T]:
        """Give the group that is due, nothing when none is. It holds one thing at least."""
        due = self.due_at()
        if due is None or now < due:
            return []
        taken: list[T] = []
        rows = size = 0
        while self._held and (
            not taken
            or (
                rows + self._held[0].rows <= self._bounds.rows
                and size + self._held[0].size <= self._bounds.size
            )
        ):
            held = self._held.popleft()
            taken.append(held.thing)
            rows += held.rows
            size += held.size
        self._rows -= rows
        self._size -= size
        return taken

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
        self._rows = self._size = 0
