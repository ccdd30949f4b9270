from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.bus.leases import Gap, Lease, Leases


def test_everything_below_what_is_committed_is_done_whatever_the_order() -> None:
    lease = Lease(0)
    first, second, third = (lease.hold(offset) for offset in (4, 5, 9))
    assert 4 == lease.committable
    third.settle()
    second.settle()
    assert 4 == lease.done
    first.settle()
    assert 10 == lease.committable


def test_a_record_is_done_when_all_of_it_is() -> None:
    lease = Lease(0)
    place = lease.hold(7, weight=3)
    place.settle(2)
    assert 7 == lease.done
    place.settle()
    assert 8 == lease.done


def test_nothing_is_done_twice() -> None:
    place = Lease(0).hold(7, weight=3)
    place.settle(2)
    with pytest.raises(ValueError, match="more of offset 7"):
        place.settle(2)


def test_an_offset_is_taken_once() -> None:
    lease = Lease(0)
    lease.hold(7)
    with pytest.raises(ValueError, match="offset 7 was taken before"):
        lease.hold(7)


def test_what_was_committed_is_not_committed_again() -> None:
    leases = Leases()
    leases.of(2, 5).hold(5).settle()
    [(lease, offset)] = leases.committable()
    assert 6 == offset
    lease.committed = offset
    assert [] == leases.committable()
    leases.of(2, 6).hold(6)
    assert [] == leases.committable()


def test_what_was_taken_before_a_revocation_is_no_longer_ours() -> None:
    leases = Leases()
    before = leases.of(1, 5).hold(5)
    leases.end()
    assert (False, 0, []) == (before.alive, leases.open, leases.committable())
    again = leases.of(1, 5).hold(5)
    before.settle()
    assert (True, 5) == (again.alive, leases.done(1))


def test_a_log_that_goes_back_is_taken_anew_and_what_is_held_of_it_stays_ours() -> None:
    leases = Leases()
    old = leases.of(0, 100).hold(100)
    new = leases.of(0, 3).hold(3)
    assert (True, True) == (old.alive, new.alive)
    new.settle()
    old.settle()
    assert [4] == [offset for _, offset in leases.committable()]
    assert [] == leases.gaps()


def test_what_is_passed_over_is_noted_once() -> None:
    leases = Leases()
    leases.expect(0, 5)
    leases.of(0, 9).hold(9)
    leases.of(0, 10).hold(10)
    leases.of(0, 12).hold(12)
    leases.of(1, 7).hold(7)
    assert [Gap(0, 5, 9), Gap(0, 11, 12)] == leases.gaps()
    assert [] == leases.gaps()
    assert (13, 8, None) == tuple(map(leases.following, (0, 1, 2)))
    leases.end()
    leases.of(0, 99).hold(99)
    assert [] == leases.gaps()


@given(st.data())
def test_only_what_is_done_is_ever_committable(data: st.DataObject) -> None:
    """Against the definition: the greatest offset below which no taken record is open."""
    weights = data.draw(
        st.dictionaries(st.integers(0, 50), st.integers(1, 4), min_size=1, max_size=12)
    )
    offsets = sorted(weights)
    lease = Lease(0)
    places = {offset: lease.hold(offset, weights[offset]) for offset in offsets}
    parts = [offset for offset in offsets for _ in range(weights[offset])]
    left = dict(weights)
    for offset in data.draw(st.permutations(parts)):
        places[offset].settle()
        left[offset] -= 1
        still_open = [each for each in offsets if left[each]]
        assert lease.done == (still_open[0] if still_open else offsets[-1] + 1)
    assert 0 == lease.held
