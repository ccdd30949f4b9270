"""Which things are exported together, when, and what becomes of them: no clock, no thread.

Whoever drives a `Batcher` says what time it is (seconds of any clock that never goes back), asks
it for a batch, exports that and reports how it went. Every thing that was added is in the end
exactly one of: exported, refused, given way, given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

__all__ = ["Batcher", "Bounds"]

T = TypeVar("T")

_MIB = 1 << 20
_COUNTS = frozenset({"held", "held_size", "batch", "batch_size", "give_way"})
"""Of `Bounds`; the others are seconds."""


@attrs.frozen(kw_only=True)
class Bounds:
    """How much is held and sent at once, and how long things wait. Sizes are in bytes.

    Raises `ValueError` for a count below 1, or a number of seconds below 0.
    """

    held: int = 10_000
    """Things held at most, those in flight included."""
    held_size: int = 64 * _MIB
    batch: int = 512
    """Things exported together at most."""
    batch_size: int = 4 * _MIB
    linger: float = 0.5
    """Seconds a thing waits at most for others to go with."""
    give_way: int = 1
    """Things that give way together when there is no room: more, where they go to a file."""
    first_pause: float = 0.5
    longest_pause: float = 60.0
    """Seconds between two attempts at most, whatever `Retry-After` asks for."""

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            is_count = name in _COUNTS
            kinds, least = (int, 1) if is_count else ((int, float), 0)
            if not isinstance(value, kinds) or not value >= least:
                what = "a whole number from 1 on" if is_count else "a number of seconds from 0 on"
                raise ValueError(f"{name} is {what}, not {value!r}")


@attrs.frozen(eq=False)
class _Held(Generic[T]):
    thing: T
    size: int
    since: float
    number: int


class Batcher(Generic[T]):
    """Holds things in the order they were added, and gives them out in batches, one at a time.

    The rule when full: **the oldest give way**, for what happened last is what people look for
    after an outage. What is in flight stays.

    After a failed attempt the same things come first in the next batch. The pause before it
    doubles with each failure in a row, up to `Bounds.longest_pause`; `jitter` (a number from 0
    to 1, drawn anew each time) shortens it by up to a half, so that many programs do not come
    back together.
    """

    def __init__(self, bounds: Bounds, jitter: Callable[[], float]) -> None:
        self._bounds = bounds
        self._jitter = jitter
        self._waiting: deque[_Held[T]] = deque()
        self._flying: list[_Held[T]] = []
        self._size = 0
        self._added = 0
        self._hastened = 0
        self._failures = 0
        self._not_before = float("-inf")
        self._asked_for = float("-inf")
        self._cap = bounds.batch

    def __len__(self) -> int:
        """Count what is held, in flight or not."""
        return len(self._waiting) + len(self._flying)

    @property
    def size(self) -> int:
        """Bytes of what is held."""
        return self._size

    @property
    def added(self) -> int:
        """How many things were ever added; the next one's number."""
        return self._added

    @property
    def settled(self) -> int:
        """The number up to which nothing is held any more."""
        oldest = self._flying or self._waiting
        return oldest[0].number if oldest else self._added

    @property
    def failures(self) -> int:
        """How many attempts failed in a row."""
        return self._failures

    def add(self, thing: T, size: int, now: float) -> list[T]:
        """Hold `thing`; give what had to give way to it, which is `thing` itself if none could."""
        bounds = self._bounds
        one = _Held(thing, size, now, self._added)
        self._added += 1
        if size > bounds.held_size:
            return [thing]
        gone: list[T] = []
        while self._waiting and not self._has_room(size):
            together = min(bounds.give_way, len(self._waiting))
            gone += [self._drop_oldest() for _ in range(together)]
        if not self._has_room(size):
            return [*gone, thing]
        self._waiting.append(one)
        self._size += size
        return gone

    def take(self, now: float) -> list[T]:
        """Give the batch that is due, which then is in flight; nothing when none is."""
        due = self.due_at()
        if due is None or now < due:
            return []
        size = 0
        while self._waiting and len(self._flying) < self._cap:
            size += self._waiting[0].size
            if self._flying and size > self._bounds.batch_size:
                break
            self._flying.append(self._waiting.popleft())
        return [one.thing for one in self._flying]

    def due_at(self) -> float | None:
        """Say when a batch is due; None while one is in flight, or nothing is held."""
        if self._flying or not self._waiting:
            return None
        oldest = self._waiting[0]
        is_due = (
            self._failures > 0
            or oldest.number < self._hastened
            or len(self._waiting) >= self._cap
            or self._size >= self._bounds.batch_size
        )
        return self._not_before if is_due else max(self._not_before, self.lingered(oldest.since))

    def lingered(self, since: float) -> float:
        """Say until when a thing added at `since` may wait for company."""
        return since + self._bounds.linger

    def succeeded(self) -> int:
        """Note that what was in flight is where it should be; say how many things that were."""
        self._failures = 0
        self._not_before = self._asked_for = float("-inf")
        self._cap = self._bounds.batch
        return self._land()

    def refused(self) -> int:
        """Note that no attempt can ever export what was in flight; say how many are lost."""
        self._failures = 0
        return self._land()

    def failed(self, now: float, retry_after: float = 0.0) -> None:
        """Note that another attempt may help, after `retry_after` seconds at least."""
        longest = self._bounds.longest_pause
        # The power is bounded too: after days of failures it would not fit into a float.
        pause = min(self._bounds.first_pause * 2 ** min(self._failures, 30), longest)
        pause *= 1 - self._jitter() / 2
        self._failures += 1
        self._asked_for = now + min(retry_after, longest)
        self._not_before = max(now + pause, self._asked_for)
        self._put_back()

    def too_large(self) -> bool:
        """Put back what was in flight, to go in halves; False for a single thing: it can't."""
        if len(self._flying) <= 1:
            return False
        self._cap = max(1, len(self._flying) // 2)
        self._failures = max(self._failures, 1)
        self._put_back()
        return True

    def hasten(self) -> int:
        """Make all that is held due at once, but for a `Retry-After`; give `added`."""
        self._hastened = self._added
        self._failures = 0
        self._not_before = self._asked_for
        return self._added

    def give_up(self) -> list[T]:
        """Let go of all that is held, in flight or not, and give it in order."""
        left = [one.thing for one in (*self._flying, *self._waiting)]
        self._flying.clear()
        self._waiting.clear()
        self._size = 0
        return left

    def _has_room(self, size: int) -> bool:
        return len(self) < self._bounds.held and self._size + size <= self._bounds.held_size

    def _drop_oldest(self) -> T:
        oldest = self._waiting.popleft()
        self._size -= oldest.size
        return oldest.thing

    def _put_back(self) -> None:
        self._waiting.extendleft(reversed(self._flying))
        self._flying.clear()

    def _land(self) -> int:
        landed = len(self._flying)
        self._size -= sum(one.size for one in self._flying)
        self._flying.clear()
        return landed
