from __future__ import annotations

from prela_core.testing import ManualClock
from prela_server.worker.watchdog import Watchdog


class Watched:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.dog = Watchdog(patience=60, busy_patience=300)

    def look(self, after: float, *, lag: int | None, steps: int = 0, busy: bool = False) -> bool:
        self.clock.advance(after)
        return self.dog.is_stuck(lag=lag, steps=steps, busy=busy, now=self.clock.monotonic())


def test_lag_without_a_step_for_a_minute_is_stuck() -> None:
    watched = Watched()
    assert [False, False, True] == [
        watched.look(0, lag=5),
        watched.look(59, lag=7),
        watched.look(1, lag=7),
    ]


def test_who_has_nothing_to_do_is_not() -> None:
    watched = Watched()
    assert not any(watched.look(50, lag=0) for _ in range(10))
    assert [False, False, True] == [
        watched.look(50, lag=1),
        watched.look(9, lag=1),
        watched.look(51, lag=1),
    ]


def test_while_nobody_can_say_what_waits_it_is_given_longer() -> None:
    watched = Watched()
    assert not any(watched.look(59, lag=None) for _ in range(6))
    assert watched.look(5, lag=None)


def test_brokers_that_come_back_begin_the_minute_anew() -> None:
    watched = Watched()
    assert [False, False, False, True] == [
        watched.look(0, lag=None),
        watched.look(200, lag=None),
        watched.look(59, lag=5),
        watched.look(60, lag=5),
    ]


def test_each_step_begins_the_minute_anew() -> None:
    watched = Watched()
    assert not any(watched.look(59, lag=9, steps=step) for step in range(10))
    assert watched.look(60, lag=9, steps=9)


def test_a_slow_store_is_waited_for_longer_but_not_for_ever() -> None:
    watched = Watched()
    assert not watched.look(0, lag=9)
    assert not watched.look(299, lag=9, busy=True)
    assert watched.look(1, lag=9, busy=True)


def test_a_lag_that_was_worked_off_is_forgotten() -> None:
    watched = Watched()
    watched.look(0, lag=9)
    watched.look(59, lag=0)
    assert not watched.look(59, lag=9)
