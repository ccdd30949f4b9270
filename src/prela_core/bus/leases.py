"""Which records of a log are in our hands, and up to where all of it is done.

A log (a topic of Kafka) has partitions, which are ours for a time, and in each the records have
offsets that grow. A group is committed by saying where to go on: one offset a partition, below
which everything is done, whatever the order in which it was.
"""

from __future__ import annotations

import attrs

__all__ = ["Gap", "Lease", "Leases", "Place"]


@attrs.frozen(eq=False)
class Place:
    """Where a record was taken from, while it is in our hands."""

    lease: Lease
    offset: int

    @property
    def alive(self) -> bool:
        """Whether the partition is still ours, and has been since the record was taken."""
        return self.lease.alive

    def settle(self, weight: int = 1) -> None:
        """Note that so much of the record is done."""
        self.lease.settle(self.offset, weight)


@attrs.define(eq=False)
class Lease:
    """One partition, from its assignment to its revocation; another begins when it comes back."""

    partition: int
    alive: bool = True
    following: int | None = None
    """The offset after the last one that was taken; None before the first."""
    committed: int | None = None
    """The last offset that is known to be committed by us."""
    _open: dict[int, int] = attrs.field(factory=dict)

    def hold(self, offset: int, weight: int = 1) -> Place:
        """Take the record at `offset`, which is done when `weight` of it has been settled.

        Offsets must grow; there may be gaps.
        """
        if self.following is not None and offset < self.following:
            raise ValueError(f"offset {offset} was taken before")
        self.following = offset + 1
        self._open[offset] = weight
        return Place(self, offset)

    def settle(self, offset: int, weight: int) -> None:
        """Note that `weight` of the record at `offset` is done."""
        left = self._open[offset] - weight
        if left < 0:
            raise ValueError(f"more of offset {offset} is done than it has")
        if left:
            self._open[offset] = left
        else:
            del self._open[offset]

    @property
    def held(self) -> int:
        """How many of its records are in our hands."""
        return len(self._open)

    @property
    def done(self) -> int | None:
        """The offset below which everything that was taken is done; None before the first."""
        # What was taken first stands first, for offsets grow and a dict keeps its order.
        return next(iter(self._open), self.following)

    @property
    def committable(self) -> int | None:
        """What to commit now; None when the last commit said it already."""
        return None if self.done == self.committed else self.done


@attrs.frozen(order=True)
class Gap:
    """Offsets of `partition` from `begin` up to `end` that were passed over."""

    partition: int
    begin: int
    end: int


class Leases:
    """The partitions that are ours now."""

    def __init__(self) -> None:
        self._ours: dict[int, Lease] = {}
        self._expected: dict[int, int] = {}
        self._gaps: list[Gap] = []

    @property
    def open(self) -> int:
        """How many records are in our hands."""
        return sum(lease.held for lease in self._ours.values())

    def of(self, partition: int, offset: int) -> Lease:
        """Give the lease for a record that came from `partition`, which shows that it is ours.

        A log that goes back before what was taken from it was cut off and written anew: what was
        taken then is no longer what stands there, so another lease begins. The former one is not
        revoked, for what is held of it stands nowhere else, but it commits nothing more.
        """
        lease = self._ours.get(partition)
        following = self._expected.get(partition) if lease is None else lease.following
        if following is not None and offset > following:
            self._gaps.append(Gap(partition, following, offset))
        if lease is None or (following is not None and offset < following):
            lease = self._ours[partition] = Lease(partition)
        return lease

    def expect(self, partition: int, offset: int) -> None:
        """Note that what is taken from `partition` should begin at `offset`."""
        self._expected[partition] = offset

    def gaps(self) -> list[Gap]:
        """Give what was passed over since this was asked last."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def done(self, partition: int) -> int | None:
        """Give the offset in `partition` below which everything taken is done, if any was."""
        lease = self._ours.get(partition)
        return None if lease is None else lease.done

    def following(self, partition: int) -> int | None:
        """Give the offset after the last one taken from `partition`, if any was."""
        lease = self._ours.get(partition)
        return None if lease is None else lease.following

    def end(self) -> None:
        """Give up all partitions: what is in our hands will be taken again by whoever gets them."""
        for lease in self._ours.values():
            lease.alive = False
        self._ours.clear()
        self._expected.clear()

    def committable(self) -> list[tuple[Lease, int]]:
        """Give what to commit now, by partition; nothing when all was."""
        return [
            (lease, offset)
            for lease in self._ours.values()
            if (offset := lease.committable) is not None
        ]
