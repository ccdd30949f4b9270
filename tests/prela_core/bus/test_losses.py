from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_core.bus.leases import Gap
from prela_core.bus.losses import Losses, Standing


def test_only_what_the_log_no_longer_holds_is_lost() -> None:
    losses = Losses()
    assert {} == losses.found([Gap(0, 5, 9)], {0: 5})
    assert {0: 2} == losses.found([Gap(0, 5, 9)], {0: 7})
    assert {1: 4} == losses.found([Gap(0, 5, 9), Gap(1, 5, 9)], {0: 7, 1: 20})
    assert {} == losses.found([Gap(2, 0, 9)], {})


def test_what_is_gone_does_not_wait() -> None:
    assert 0 == Standing(done=100, first=500, end=500).lag
    assert 3 == Standing(done=100, first=500, end=503).lag
    assert 400 == Standing(done=100, first=0, end=500).lag
    assert 0 == Standing(done=100, first=0, end=10).lag


@given(st.data())
def test_each_is_counted_once_however_often_it_is_looked_for(data: st.DataObject) -> None:
    """A log whose begin moves on over a reader that stands still and is told of it in pieces."""
    losses = Losses()
    begin = data.draw(st.integers(0, 50))
    firsts = sorted(data.draw(st.lists(st.integers(0, 100), min_size=1)))
    told = sum(
        losses.found([Gap(0, begin, first)] * repeats, {0: first}).get(0, 0)
        for first in firsts
        for repeats in [data.draw(st.integers(1, 3))]
    )
    assert max(0, firsts[-1] - begin) == told
