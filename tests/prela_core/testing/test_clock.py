from __future__ import annotations

from datetime import timedelta

import pytest

from prela_core.model import to_micros
from prela_core.testing import NOON, ManualClock


def test_it_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    assert (NOON, to_micros(NOON), NOON.timestamp(), 0.0) == (
        clock.now,
        clock.micros(),
        clock.seconds(),
        clock.monotonic(),
    )
    clock.advance(timedelta(days=1))
    clock.advance(0.25)
    clock.sleep(0.75)
    assert (NOON + timedelta(days=1, seconds=1), 86_401.0) == (clock.now, clock.monotonic())
    assert to_micros(clock.now) == clock.micros()


def test_it_does_not_go_back() -> None:
    clock = ManualClock()
    for step in (-0.001, timedelta(seconds=-1)):
        with pytest.raises(ValueError, match="does not go back"):
            clock.advance(step)
    assert NOON == clock.now
