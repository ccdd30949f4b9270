from __future__ import annotations

from prela_core.bus.pauses import Pauses


def test_pauses_double_up_to_the_longest_and_begin_anew() -> None:
    pauses = Pauses(first=0.5, longest=3.0)
    assert [0.5, 1.0, 2.0, 3.0, 3.0] == [pauses.next() for _ in range(5)]
    pauses.reset()
    assert 0.5 == pauses.next()


def test_what_is_asked_for_is_heeded_up_to_the_longest() -> None:
    pauses = Pauses(first=0.5, longest=3.0)
    assert [2.0, 3.0, 2.0] == [pauses.next(2), pauses.next(60), pauses.next()]
