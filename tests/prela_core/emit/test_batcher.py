from __future__ import annotations

import re
from math import nan
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from prela_core.emit.batcher import Batcher, Bounds

BOUNDS = Bounds(
    held=12,
    held_size=1000,
    batch=4,
    batch_size=300,
    linger=1.0,
    first_pause=0.5,
    longest_pause=8.0,
)


def a_batcher(jitter: float = 0.0, **bounds: Any) -> Batcher[int]:
    defaults = {"held": 12, "batch": 4, "linger": 1.0, "longest_pause": 8.0}
    return Batcher(Bounds(**{**defaults, **bounds}), lambda: jitter)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"batch": 0}, "batch is a whole number from 1 on, not 0"),
        ({"held": "5"}, "held is a whole number from 1 on, not '5'"),
        ({"held_size": 1e6}, "held_size is a whole number from 1 on, not 1000000.0"),
        ({"linger": -1}, "linger is a number of seconds from 0 on, not -1"),
        ({"first_pause": nan}, "first_pause is a number of seconds from 0 on, not nan"),
    ],
)
def test_bounds_that_nothing_could_keep_are_said(wrong: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Bounds(**wrong)


def test_a_thing_waits_for_company_and_then_goes_alone() -> None:
    batcher = a_batcher()
    batcher.add(1, 10, now=5.0)
    assert 6.0 == batcher.due_at()
    assert [] == batcher.take(5.99)
    assert [1] == batcher.take(6.0)


def test_a_full_batch_goes_at_once() -> None:
    batcher = a_batcher()
    for number in range(5):
        batcher.add(number, 10, now=0.0)
    assert [0, 1, 2, 3] == batcher.take(0.0)


def test_large_things_fill_a_batch_sooner() -> None:
    batcher = a_batcher(batch_size=100)
    for number in range(3):
        batcher.add(number, 60, now=0.0)
    assert [0] == batcher.take(0.0)


def test_one_larger_than_a_batch_goes_alone() -> None:
    batcher = a_batcher(batch_size=100)
    batcher.add(1, 5000, now=0.0)
    batcher.add(2, 1, now=0.0)
    assert [1] == batcher.take(0.0)


def test_one_batch_is_in_flight_at_a_time() -> None:
    batcher = a_batcher()
    for number in range(8):
        batcher.add(number, 10, now=0.0)
    assert batcher.take(0.0)
    assert [] == batcher.take(0.0)
    assert None is batcher.due_at()
    assert 4 == batcher.succeeded()
    assert [4, 5, 6, 7] == batcher.take(0.0)


def test_the_oldest_give_way_but_for_those_in_flight() -> None:
    batcher = a_batcher(held=5)
    for number in range(5):
        batcher.add(number, 10, now=0.0)
    assert [0, 1, 2, 3] == batcher.take(0.0)
    assert [4] == batcher.add(5, 10, now=0.0)
    batcher.failed(0.0)
    assert [0] == batcher.add(6, 10, now=0.0)
    assert [1, 2, 3, 5] == batcher.take(100.0)


def test_what_finds_no_room_beside_the_flying_is_given_back() -> None:
    batcher = a_batcher(held=4)
    for number in range(4):
        batcher.add(number, 10, now=0.0)
    batcher.take(0.0)
    assert [4] == batcher.add(4, 10, now=0.0)
    assert 4 == len(batcher)


def test_several_give_way_together_when_asked_to() -> None:
    batcher = a_batcher(held=5, give_way=3)
    for number in range(5):
        batcher.add(number, 10, now=0.0)
    assert [0, 1, 2] == batcher.add(5, 10, now=0.0)


def test_one_that_could_never_fit_gives_way_itself() -> None:
    batcher = a_batcher(held_size=100)
    batcher.add(1, 60, now=0.0)
    assert [2] == batcher.add(2, 101, now=0.0)
    assert 60 == batcher.size


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_pauses_double_up_to_the_longest(jitter: float) -> None:
    batcher = a_batcher(jitter)
    batcher.add(1, 10, now=0.0)
    pauses, now = [], 1.0
    for _ in range(6):
        assert [1] == batcher.take(now)
        batcher.failed(now)
        due = batcher.due_at()
        assert due is not None
        pauses.append(due - now)
        now = due
    share = 1 - jitter / 2
    assert [one * share for one in (0.5, 1, 2, 4, 8, 8)] == pytest.approx(pauses)


def test_ten_thousand_failures_are_borne() -> None:
    batcher = a_batcher()
    batcher.add(1, 10, now=0.0)
    now = 1.0
    for _ in range(10_000):
        assert [1] == batcher.take(now)
        batcher.failed(now)
        now += 8.0
    assert batcher.take(now)


def test_it_waits_as_long_as_the_server_asks_but_not_for_ever() -> None:
    batcher = a_batcher()
    batcher.add(1, 10, now=0.0)
    batcher.take(1.0)
    batcher.failed(1.0, retry_after=5)
    assert 6.0 == batcher.due_at()
    batcher.hasten()
    assert 6.0 == batcher.due_at()
    batcher.take(6.0)
    batcher.failed(6.0, retry_after=86_400)
    assert 14.0 == batcher.due_at()


def test_hastening_ends_lingering_and_pauses() -> None:
    batcher = a_batcher()
    batcher.add(1, 10, now=0.0)
    assert 1 == batcher.hasten()
    assert [1] == batcher.take(0.0)
    batcher.failed(0.0)
    assert [] == batcher.take(0.1)
    batcher.hasten()
    assert [1] == batcher.take(0.1)


def test_what_is_too_large_goes_in_halves() -> None:
    batcher = a_batcher()
    for number in range(4):
        batcher.add(number, 10, now=0.0)
    sent = []
    while batch := batcher.take(0.0):
        sent.append(batch)
        if len(batch) > 1:
            assert batcher.too_large()
        else:
            assert not batcher.too_large()
            batcher.refused()
    assert [[0, 1, 2, 3], [0, 1], [0], [1], [2], [3]] == sent[:6]


def test_a_success_ends_the_halves() -> None:
    batcher = a_batcher()
    for number in range(6):
        batcher.add(number, 10, now=0.0)
    batcher.take(0.0)
    batcher.too_large()
    assert [0, 1] == batcher.take(0.0)
    batcher.succeeded()
    assert [2, 3, 4, 5] == batcher.take(0.0)


class AnyOrder(RuleBasedStateMachine):
    """Whatever is done to a batcher, in whatever order, everything added has one fate."""

    def __init__(self) -> None:
        super().__init__()
        self.jitters: list[float] = [0.0]
        self.batcher: Batcher[int] = Batcher(BOUNDS, lambda: self.jitters[-1])
        self.now = 0.0
        self.sizes: dict[int, int] = {}
        self.fate: dict[int, str] = {}
        self.flying: list[int] = []
        self.exported: list[int] = []

    def ends(self, things: list[int], fate: str) -> None:
        for thing in things:
            assert thing not in self.fate, f"{thing} was {self.fate[thing]}, now {fate}"
            self.fate[thing] = fate

    @rule(size=st.integers(1, 1200))
    def add(self, size: int) -> None:
        thing = len(self.sizes)
        self.sizes[thing] = size
        gone = self.batcher.add(thing, size, self.now)
        assert not set(gone) & set(self.flying)
        self.ends(gone, "gave way")

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def take(self) -> None:
        due = self.batcher.due_at()
        batch = self.batcher.take(self.now)
        assert bool(batch) == (due is not None and due <= self.now)
        if batch:
            assert not self.flying
            assert len(batch) <= BOUNDS.batch
            assert 1 == len(batch) or sum(map(self.sizes.__getitem__, batch)) <= BOUNDS.batch_size
            held = [one for one in self.sizes if one not in self.fate]
            assert held[: len(batch)] == batch, "not the oldest, in order"
            self.flying = batch

    @precondition(lambda self: self.flying)
    @rule()
    def succeed(self) -> None:
        assert len(self.flying) == self.batcher.succeeded()
        self.ends(self.flying, "exported")
        self.exported += self.flying
        self.flying = []

    @precondition(lambda self: self.flying)
    @rule()
    def refuse(self) -> None:
        assert len(self.flying) == self.batcher.refused()
        self.ends(self.flying, "refused")
        self.flying = []

    @precondition(lambda self: self.flying)
    @rule(retry_after=st.integers(0, 100), jitter=st.floats(0, 1))
    def fail(self, retry_after: int, jitter: float) -> None:
        self.jitters.append(jitter)
        self.batcher.failed(self.now, retry_after)
        due = self.batcher.due_at()
        assert due is not None
        least = max(BOUNDS.first_pause / 2, min(retry_after, BOUNDS.longest_pause))
        assert least - 1e-6 <= due - self.now <= BOUNDS.longest_pause + 1e-6
        self.flying = []

    @precondition(lambda self: self.flying)
    @rule()
    def is_too_large(self) -> None:
        if self.batcher.too_large():
            self.flying = []
        else:
            assert 1 == len(self.flying)

    @rule()
    def hasten(self) -> None:
        assert len(self.sizes) == self.batcher.hasten()

    @rule()
    def give_up(self) -> None:
        left = self.batcher.give_up()
        assert sorted(left) == left
        self.ends(left, "given up")
        self.flying = []

    @invariant()
    def everything_is_held_or_has_one_fate(self) -> None:
        held = [one for one in self.sizes if one not in self.fate]
        assert len(held) == len(self.batcher)
        assert sum(map(self.sizes.__getitem__, held)) == self.batcher.size
        assert min(held, default=len(self.sizes)) == self.batcher.settled

    @invariant()
    def memory_is_bounded(self) -> None:
        assert len(self.batcher) <= BOUNDS.held
        assert self.batcher.size <= BOUNDS.held_size

    @invariant()
    def the_order_is_kept(self) -> None:
        assert sorted(self.exported) == self.exported

    @invariant()
    def what_is_held_is_due_some_time(self) -> None:
        if not self.flying and len(self.batcher):
            due = self.batcher.due_at()
            assert due is not None
            assert due <= self.now + max(BOUNDS.linger, BOUNDS.longest_pause) + 1e-6


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def test_a_server_gone_for_ten_minutes_costs_bounded_memory() -> None:
    """A hundred spans a second, and an attempt that takes a second to fail each time."""
    batcher: Batcher[int] = Batcher(Bounds(held=1000, batch=100), lambda: 0.5)
    gone, attempts, now = [], 0, 0.0
    for number in range(60_000):
        now = number / 100
        gone += batcher.add(number, 1000, now)
        assert len(batcher) <= 1000
        if batcher.take(now):
            attempts += 1
            batcher.failed(now)
    assert 59_000 == len(gone)
    assert attempts < 30
    kept: list[int] = []
    now += 60
    while batch := batcher.take(now):
        kept += batch
        batcher.succeeded()
        now += 1
    assert list(range(59_000, 60_000)) == kept
