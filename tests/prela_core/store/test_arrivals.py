from __future__ import annotations

from typing import Any

import pytest

from prela_core.store import ArrivalsRequest
from prela_core.store.arrivals import Mark, arrivals, decode_mark, next_mark
from prela_core.store.fragments import Query

SECOND = 1_000_000


def place_of(cursor: str) -> Mark:
    found = decode_mark("p", ArrivalsRequest(cursor=cursor))
    assert found is not None
    return found


def run(plan: Any, *answers: list[Any]) -> tuple[list[Query], Any]:
    asked = [next(plan)]
    for rows in answers[:-1]:
        asked += [plan.send(rows)]
    with pytest.raises(StopIteration) as stop:
        plan.send(answers[-1])
    return asked, stop.value.value


@pytest.mark.parametrize("running", [0.0, 0.25, 31.5])
def test_where_others_write_it_stays_behind_the_longest_insert(running: float) -> None:
    now = 1_000 * SECOND
    plan = arrivals("p", ArrivalsRequest(), now, others_write=True)
    asked, answer = run(plan, [(running,)])

    assert "system.processes" in asked[0].sql
    assert Mark(now - round(running * SECOND) - 2 * SECOND) == place_of(answer.next_cursor)


def test_a_cursor_never_goes_back() -> None:
    ahead = next_mark("p", Mark(2_000 * SECOND, "t", "s"))
    plan = arrivals("p", ArrivalsRequest(cursor=ahead), 1_000 * SECOND, others_write=False)
    _, answer = run(plan, [])

    assert ahead == answer.next_cursor
