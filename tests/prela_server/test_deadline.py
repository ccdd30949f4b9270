from __future__ import annotations

from prela_core.testing import ManualClock
from prela_server.deadline import Deadline


def test_gateways_have_three_quarters_and_what_follows_has_the_rest() -> None:
    clock = ManualClock()
    deadline = Deadline(20, clock.monotonic)

    clock.advance(100)
    assert (15, 20) == (deadline.for_gateways, deadline.left)
    deadline.begin()
    clock.advance(15)
    deadline.begin()
    assert 5 == deadline.left


def test_there_is_always_a_second() -> None:
    clock = ManualClock()
    deadline = Deadline(1, clock.monotonic)
    deadline.begin()
    clock.advance(60)

    assert (1, 1) == (deadline.for_gateways, deadline.left)
