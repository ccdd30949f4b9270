"""Which parts have the newest rows with a rare word, and what is asked until there are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from prela_core.store import TraceFilter
from prela_core.store.rare_words import propose_rare
from prela_core.store.word_index import Narrowing, Spread

SECOND = 1_000_000


def narrowing(*spread: Spread, others: Sequence[str] = ()) -> Narrowing:
    held = [*(each.part for each in spread), *others]
    rows = sum(each.rows for each in spread)
    return Narrowing([*held, "none"], held, [["rare"]], rows, is_sure=True, spread=list(spread))


OLD, MIDDLE, NEW = (
    Spread("old", 100, 0, 1000),
    Spread("middle", 40, 900, 1999),
    Spread("new", 20, 2000, 2099),
)


@pytest.mark.parametrize(
    ("rows", "until", "parts", "since"),
    [
        (10, None, ["new", "apart"], 2000),
        (20, None, ["new", "apart"], 2000),
        (50, None, ["middle", "new", "apart"], 1001),
        # What starts later than wanted is no help.
        (20, 2050 * SECOND, ["middle", "new", "apart"], 1001),
        (10, 2050 * SECOND, ["new", "apart"], 2000),
        (10, 1500 * SECOND, ["middle", "new", "apart"], 1001),
    ],
)
def test_the_newest_parts_are_taken_until_there_are_enough(
    rows: int, until: int | None, parts: list[str], since: int
) -> None:
    narrowed = narrowing(OLD, MIDDLE, NEW, others=["apart"])
    found = narrowed.newest(rows, until)
    assert found is not None
    assert (sorted(parts), since * SECOND) == (sorted(found[0]), found[1])


def test_there_are_none_where_all_are_needed_or_nothing_is_known() -> None:
    assert narrowing(OLD, MIDDLE, NEW).newest(70, None) is None
    assert narrowing(NEW, others=["apart"]).newest(5, None) is None
    assert narrowing(others=["apart"]).newest(1, None) is None


class Rows:
    """Rows of traces by part, read as the engine would read them; notes what it was asked."""

    def __init__(self, **starts: list[tuple[str, int]]) -> None:
        self.starts = starts
        self.asked: list[tuple[list[str], int]] = []

    def proposed(
        self, narrowed: Narrowing, wanted: int, where: TraceFilter | None = None
    ) -> list[str]:
        walk = propose_rare(
            "p", where or TraceFilter(q="rare"), narrowed, lo=None, hi=None, wanted=wanted
        )
        answer: Any = None
        try:
            while True:
                query = walk.send(answer)
                parts, most = query.parameters["held"], query.parameters["most"]
                self.asked.append((sorted(parts), most))
                rows = sorted(
                    ((at * SECOND, trace) for part in parts for trace, at in self.starts[part]),
                    reverse=True,
                )
                answer = [(trace, 0, at) for at, trace in rows[:most]]
        except StopIteration as stop:
            return [row[0] for row in stop.value]


def test_no_older_part_is_read_when_the_newest_hold_enough() -> None:
    rows = Rows(
        new=[(f"n{at}", at) for at in range(2000, 2020)],
        middle=[("m", 1500)],
        old=[("o", 1)],
    )
    assert [f"n{at}" for at in range(2019, 2011, -1)] == rows.proposed(
        narrowing(OLD, MIDDLE, NEW), 8
    )
    assert [(["new"], 10)] == rows.asked


def test_rows_of_read_parts_that_unread_ones_may_come_before_do_not_count() -> None:
    rows = Rows(
        new=[(f"n{at}", at) for at in range(2000, 2005)] + [("old in new", 5)],
        middle=[("m1", 1500), ("m2", 1400)],
        old=[("o", 1)],
    )
    found = rows.proposed(narrowing(OLD, MIDDLE, NEW), 7)
    assert ["n2004", "n2003", "n2002", "n2001", "n2000", "m1", "m2"] == found
    assert [["new"], ["middle", "new", "old"]] == [parts for parts, _ in rows.asked]


def test_many_rows_of_few_traces_are_no_end() -> None:
    rows = Rows(new=[("long", at) for at in range(2000, 2100)], old=[("o1", 3), ("o2", 2)])
    found = rows.proposed(narrowing(OLD, NEW), 3)
    assert ["long", "o1", "o2"] == found
    assert [3, 12, 48, 192] == [most for _, most in rows.asked[1:]]


def test_other_conditions_say_nothing_of_where_the_newest_are() -> None:
    rows = Rows(new=[("n", 2000)], old=[("o", 1)])
    where = TraceFilter(q="rare", status="error")
    assert ["n", "o"] == rows.proposed(narrowing(OLD, NEW), 5, where)
    assert [["new", "old"]] == [parts for parts, _ in rows.asked]
