from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.bus.grouping import GroupBounds, Grouper


def a_grouper(**bounds: Any) -> Grouper[int]:
    return Grouper(GroupBounds(**({"rows": 10, "size": 100, "age": 1.0, "held": 300} | bounds)))


def test_a_thing_waits_for_company_and_then_goes_alone() -> None:
    grouper = a_grouper()
    grouper.add(1, rows=1, size=1, now=5.0)
    assert (6.0, []) == (grouper.due_at(), grouper.take(5.9))
    assert [1] == grouper.take(6.0)
    assert (None, []) == (grouper.due_at(), grouper.take(9.0))


@pytest.mark.parametrize("each", [{"rows": 5, "size": 1}, {"rows": 1, "size": 50}])
def test_enough_rows_or_bytes_go_at_once(each: dict[str, int]) -> None:
    grouper = a_grouper()
    grouper.add(1, now=0.0, **each)
    assert [] == grouper.take(0.0)
    grouper.add(2, now=0.0, **each)
    grouper.add(3, now=0.0, **each)
    assert [1, 2] == grouper.take(0.0)
    assert [] == grouper.take(0.0)


def test_one_larger_than_a_group_goes_alone() -> None:
    grouper = a_grouper()
    grouper.add(1, rows=99, size=999, now=0.0)
    grouper.add(2, rows=1, size=1, now=0.0)
    assert [1] == grouper.take(0.0)


def test_after_it_was_full_it_asks_for_more_when_half_is_gone() -> None:
    grouper = a_grouper()
    for number in range(3):
        grouper.add(number, rows=10, size=100, now=0.0)
    assert (0, False) == (grouper.room, grouper.drained)
    grouper.take(0.0)
    assert (100, False) == (grouper.room, grouper.drained)
    grouper.take(0.0)
    assert (200, True) == (grouper.room, grouper.drained)


def test_clearing_leaves_nothing() -> None:
    grouper = a_grouper()
    grouper.add(1, rows=20, size=200, now=0.0)
    grouper.clear()
    assert (0, 0, None, []) == (len(grouper), grouper.size, grouper.due_at(), grouper.take(9.0))


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 120), st.floats(0, 2)), max_size=30),
    st.lists(st.floats(0, 3), max_size=10),
)
def test_all_come_out_once_in_order_and_in_bounds(
    things: list[tuple[int, int, float]], waits: list[float]
) -> None:
    grouper = a_grouper()
    now = 0.0
    taken: list[list[int]] = []
    for number, (rows, size, later) in enumerate(things):
        now += later
        grouper.add(number, rows=rows, size=size, now=now)
        if waits:
            taken.append(grouper.take(now + waits.pop()))
    while (due := grouper.due_at()) is not None:
        taken.append(grouper.take(due))
        assert taken[-1]
    assert list(range(len(things))) == [number for group in taken for number in group]
    for group in taken:
        if len(group) > 1:
            assert sum(things[number][0] for number in group) <= 10
            assert sum(things[number][1] for number in group) <= 100
    assert 0 == grouper.size
