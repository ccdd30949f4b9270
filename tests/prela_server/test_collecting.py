from __future__ import annotations

import gc
import weakref

import pytest

from prela_server.collecting import seldom_collected


class Knot:
    def __init__(self) -> None:
        self.itself = self


def test_garbage_is_still_found_and_what_was_there_is_passed_over() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with seldom_collected():
        assert gc.get_freeze_count() > frozen
        knot = weakref.ref(Knot())
        gc.collect(0)
        assert knot() is None
        assert gc.get_threshold()[0] > before[0]
        assert gc.isenabled()


def test_afterwards_it_is_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), seldom_collected():
        raise RuntimeError
    assert before == gc.get_threshold()
    assert 0 == gc.get_freeze_count()
