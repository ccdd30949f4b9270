"""Telling what a log let go before it was taken: nobody else will."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from prela_core.bus.leases import Gap

__all__ = ["Losses", "Standing"]


@attrs.frozen
class Standing:
    """How far a partition is: offsets."""

    done: int
    """Below it all is done."""
    first: int
    """The first that the log still holds."""
    end: int
    """The one that its next record will have."""

    @property
    def lag(self) -> int:
        """How many records wait; those that are gone do not."""
        return max(0, self.end - max(self.done, self.first))


class Losses:
    """Counts the records that were deleted before they were taken, each once.

    A log forgets what is older than its retention, read or not, and its client then goes on with
    what is left without a word. An offset that was passed over is not lost while the log holds
    others before it: some offsets are of no record.
    """

    def __init__(self) -> None:
        self._told: dict[int, int] = {}

    def found(self, missing: Iterable[Gap], firsts: Mapping[int, int]) -> dict[int, int]:
        """Give how many more were lost, by partition: those `missing` that no log holds now.

        `firsts` says, by partition, the first offset that is held.
        """
        lost: dict[int, int] = {}
        for gap in sorted(missing):
            end = min(gap.end, firsts.get(gap.partition, 0))
            count = end - max(gap.begin, self._told.get(gap.partition, 0))
            if count > 0:
                lost[gap.partition] = lost.get(gap.partition, 0) + count
                self._told[gap.partition] = end
        return lost
