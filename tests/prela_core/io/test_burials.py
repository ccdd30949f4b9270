"""Letters beside the work: what is written, what is done with it, and what is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import attrs
import pytest
from tests.topics import until

from prela_core.bus import Record
from prela_core.bus.figures import FeedFigures
from prela_core.bus.leases import Lease, Leases, Place
from prela_core.bus.letters import DeadLetter
from prela_core.bus.pauses import Pauses
from prela_core.errors import BusUnavailableError, TooLargeError
from prela_core.io.burials import Burials, Unburied


@attrs.define
class Yard:
    """Where letters are put: it may fail, be slow, and remembers what came together."""

    fault: Exception | None = None
    open: asyncio.Event = attrs.field(factory=asyncio.Event)
    groups: list[list[int]] = attrs.field(factory=list)
    settled: list[int] = attrs.field(factory=list)
    attempts: int = 0

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        self.attempts += 1
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        self.groups.append([letter.offset for letter in letters])

    async def settle(self, done: Sequence[tuple[Place, int]]) -> None:
        for place, weight in done:
            place.settle(weight)
        self.settled += [place.offset for place, _ in done]


def play(scene: Callable[[Yard, Burials, FeedFigures], Awaitable[None]]) -> None:
    async def run() -> None:
        yard, figures = Yard(), FeedFigures()
        yard.open.set()
        burials = Burials(yard, yard.settle, figures, Pauses(0.001, 0.002))
        async with asyncio.timeout(20):
            await scene(yard, burials, figures)
            await burials.close(1)

    asyncio.run(run())


def unburied(lease: Lease, offset: int, value: bytes = b"v") -> Unburied:
    letter = DeadLetter(Record("spans", b"k", value, ()), "why", 1, lease.partition, offset)
    return Unburied(letter, lease.hold(offset), 1)


def test_a_flood_goes_on_in_steps_and_each_is_settled() -> None:
    async def scene(yard: Yard, burials: Burials, figures: FeedFigures) -> None:
        lease = Lease(0)
        burials.add(unburied(lease, at) for at in range(1000))
        burials.add([unburied(lease, 1000 + at, bytes(3 << 20)) for at in range(3)])
        await burials.tried()
        assert [at for group in yard.groups for at in group] == list(range(1003)) == yard.settled
        assert 200 == max(map(len, yard.groups))
        assert [[1000], [1001], [1002]] == yard.groups[-3:]
        assert (1003, 0, 1003) == (figures.dead_letters, burials.size, lease.done)

    play(scene)


@pytest.mark.parametrize("fault", [BusUnavailableError("away", 0), TooLargeError("x"), OSError()])
def test_what_can_not_be_written_is_tried_again_and_nobody_waits_for_it(fault: Exception) -> None:
    async def scene(yard: Yard, burials: Burials, figures: FeedFigures) -> None:
        lease = Lease(0)
        yard.fault = fault
        burials.add([unburied(lease, 0)])
        await burials.tried()
        burials.add([unburied(lease, 1)])
        await burials.tried()
        seen = yard.attempts
        await until(lambda: yard.attempts >= seen + 3)
        assert (0, 0, []) == (lease.done, figures.dead_letters, yard.settled)
        assert burials.size > 0
        yard.fault = None
        await until(lambda: not burials.size)
        assert ([0, 1], 2) == (yard.settled, lease.done)

    play(scene)


def test_what_is_no_longer_ours_is_left_to_others() -> None:
    async def scene(yard: Yard, burials: Burials, _: FeedFigures) -> None:
        leases = Leases()
        yard.open.clear()
        burials.add([unburied(leases.of(0, 0), 0)])
        await until(lambda: yard.attempts)
        later = [unburied(leases.of(0, at), at) for at in (1, 2)]
        burials.add(later)
        leases.end()
        burials.add([unburied(leases.of(0, 1), 1)])
        resting = asyncio.create_task(burials.rest())
        await asyncio.sleep(0)
        assert not resting.done()
        yard.open.set()
        await burials.tried()
        assert [[0], [1]] == yard.groups
        assert resting.done()
        burials.add([unburied(leases.of(0, 2), 2)])
        burials.forget()
        assert 0 == burials.size

    play(scene)


def test_what_was_forgotten_while_it_was_written_is_not_counted_off_again() -> None:
    async def scene(yard: Yard, burials: Burials, _: FeedFigures) -> None:
        lease = Lease(0)
        yard.open.clear()
        burials.add([unburied(lease, 0)])
        await until(lambda: yard.attempts)
        burials.forget()
        burials.add([new := unburied(lease, 1)])
        assert new.size == burials.size
        yard.open.set()
        await burials.tried()
        assert ([[0], [1]], 0) == (yard.groups, burials.size)

    play(scene)


def test_closing_waits_for_what_is_being_written_and_not_for_ever() -> None:
    async def scene(yard: Yard, burials: Burials, _: FeedFigures) -> None:
        yard.open.clear()
        burials.add([unburied(Lease(0), 0)])
        await burials.close(0.01)
        assert [] == yard.groups

    play(scene)
