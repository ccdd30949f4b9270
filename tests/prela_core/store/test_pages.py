"""The walk from the newest backwards, against a store of a few lines that knows every version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.store import pages
from prela_core.store.fragments import Query
from prela_core.store.pages import Row, Walk, walk_newest

HOUR = 3_600_000_000
NOW = 1_768_478_400_000_000


@attrs.frozen
class Trace:
    """A trace that starts at `start`; some row of some version stands at `bound`, not before."""

    trace_id: str
    start: int
    bound: int
    wanted: bool = True
    """Whether it is a row of the answer; else it is only proposed."""


@attrs.define
class Model:
    """Answers the walk's questions by reading everything."""

    traces: Sequence[Trace]
    limit: int
    one_each: bool = False
    passes_over: bool = False
    """Whether hours without rows are passed over."""
    cut: int = 10**9
    asked: list[Any] = attrs.field(factory=list)

    def propose(self, lo: int | None, count: int) -> Walk:
        return (yield Query("propose", {"lo": lo, "count": count}))

    def compute(self, proposed: Sequence[Row] | None, lo: int | None) -> Walk:
        ids = None if proposed is None else [row[0] for row in proposed]
        return (yield Query("compute", {"ids": ids, "lo": lo}))

    def newest(self, before: int) -> Query:
        return Query("newest", {"before": before})

    def answer(self, query: Query) -> list[tuple[Any, ...]]:
        self.asked.append((query.sql, query.parameters))
        if query.sql == "newest":
            hours = {at // HOUR for t in self.traces for at in (t.start, t.bound)}
            before = query.parameters["before"] // HOUR
            return [(max(found) * 3600,)] if (found := [h for h in hours if h <= before]) else []
        lo = query.parameters["lo"]
        if query.sql == "propose":
            # A row at the bound lies in the window if the bound does; leaving a trace out is only
            # allowed when it starts before the window.
            found = [(t.trace_id, t.bound) for t in self.traces if lo is None or t.bound >= lo]
            found.sort(key=lambda row: (row[1], row[0]), reverse=True)
            return found[: query.parameters["count"]]
        ids = query.parameters["ids"]
        rows = [
            (t.trace_id, t.start)
            for t in self.traces
            if t.wanted and (ids is None or t.trace_id in ids) and (lo is None or t.start >= lo)
        ]
        rows.sort(key=lambda row: (row[1], row[0]), reverse=True)
        return rows[: self.limit]

    def walk(self, *, now: int = NOW, floor: int | None = None) -> list[str]:
        walk = walk_newest(
            self.propose,
            self.compute,
            start_of=lambda row: row[1],
            now=now,
            floor=floor,
            limit=self.limit,
            one_each=self.one_each,
            newest=self.newest if self.passes_over else None,
        )
        try:
            query = next(walk)
            while True:
                query = walk.send(self.answer(query))
        except StopIteration as stop:
            return [row[0] for row in stop.value]

    def expected(self, floor: int | None = None) -> list[str]:
        rows = [
            (t.start, t.trace_id)
            for t in self.traces
            if t.wanted and (floor is None or t.start >= floor)
        ]
        return [trace_id for _, trace_id in sorted(rows, reverse=True)][: self.limit]


starts = st.integers(0, 3).map(lambda each: NOW - each) | st.sampled_from(
    [NOW + 9, NOW - HOUR, NOW - HOUR - 1, NOW - 7 * HOUR, NOW - 25 * HOUR, NOW - 2000 * HOUR, 0]
)
shifts = st.sampled_from([0, 0, 0, 1, 2, HOUR, 30 * HOUR, 5000 * HOUR])


@st.composite
def models(draw: st.DrawFn) -> Model:
    rows = draw(
        st.lists(st.tuples(starts, shifts, st.booleans() | st.just(value=True)), max_size=40)
    )
    traces = [
        Trace(f"t{at:02}", start, start + shift, wanted)
        for at, (start, shift, wanted) in enumerate(rows)
    ]
    one_each, passes_over = draw(st.booleans()), draw(st.booleans())
    return Model(traces, draw(st.integers(1, 8)), one_each=one_each, passes_over=passes_over)


@given(models(), st.none() | starts)
def test_it_gives_exactly_the_newest_in_order(model: Model, floor: int | None) -> None:
    assert model.expected(floor) == model.walk(floor=floor)


@given(models(), st.integers(NOW - 10**12, NOW + 10**12))
def test_where_it_begins_to_look_does_not_matter(model: Model, now: int) -> None:
    assert model.expected() == model.walk(now=now)


def test_many_candidates_that_are_none_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound, asking for all is cheaper than naming ever more."""
    monkeypatch.setattr(pages, "_MAX_PROPOSED", 20)
    traces = [Trace(f"n{at:03}", NOW - 5, NOW, wanted=False) for at in range(100)]
    model = Model([*traces, Trace("old", NOW - 9, NOW - 9), Trace("new", NOW - 8, NOW - 8)], 2)
    assert ["new", "old"] == model.walk()
    assert ("compute", {"ids": None, "lo": NOW - HOUR}) == model.asked[-1]
    assert 20 >= max(asked[1].get("count", 0) for asked in model.asked)


@given(models(), st.integers(1, 30))
def test_reading_all_at_once_is_as_exact(model: Model, most: int) -> None:
    kept, pages._MAX_PROPOSED = pages._MAX_PROPOSED, most
    try:
        assert model.expected() == model.walk()
    finally:
        pages._MAX_PROPOSED = kept


class TestSteps:
    def test_a_full_page_within_the_hour_takes_two_questions(self) -> None:
        model = Model([Trace(f"t{at}", NOW - at, NOW - at) for at in range(9)], 3)
        assert ["t0", "t1", "t2"] == model.walk()
        assert [
            ("propose", {"lo": NOW - HOUR, "count": 6}),
            ("compute", {"ids": [f"t{at}" for at in range(6)], "lo": NOW - HOUR}),
        ] == model.asked

    def test_windows_widen_until_there_are_enough(self) -> None:
        model = Model([Trace("a", NOW - 20 * HOUR, NOW - 20 * HOUR)], 1)
        assert ["a"] == model.walk()
        assert [NOW - HOUR, NOW - 6 * HOUR, NOW - 24 * HOUR] == [
            asked[1]["lo"] for asked in model.asked if asked[0] == "propose"
        ]

    def test_hours_without_rows_are_passed_over(self) -> None:
        old = NOW - 300 * HOUR + 1
        model = Model([Trace("a", old, old)], 1, passes_over=True)
        assert ["a"] == model.walk()
        assert [
            ("propose", {"lo": NOW - HOUR, "count": 2}),
            ("newest", {"before": NOW - HOUR}),
            ("propose", {"lo": NOW - 305 * HOUR, "count": 2}),
            ("compute", {"ids": ["a"], "lo": NOW - 305 * HOUR}),
        ] == model.asked

    def test_where_there_is_nothing_more_the_next_window_is_the_last(self) -> None:
        model = Model([], 1, passes_over=True)
        assert [] == model.walk()
        assert [NOW - HOUR, None] == [a[1]["lo"] for a in model.asked if a[0] == "propose"]

    def test_hours_are_not_asked_for_where_the_floor_ends_it(self) -> None:
        model = Model([], 1, passes_over=True)
        assert [] == model.walk(floor=NOW - HOUR)
        assert ["propose"] == [asked[0] for asked in model.asked]

    def test_a_trace_with_a_late_span_waits_for_those_before_it(self) -> None:
        """It is proposed first but stands last; the others must be seen before its page is done."""
        late = [Trace(f"late{at}", NOW - 100 - at, NOW) for at in range(2)]
        others = [Trace(f"t{at}", NOW - 10 - at, NOW - 10 - at) for at in range(5)]
        model = Model([*late, *others], 1)
        assert ["t0"] == model.walk()
        assert [2, 8] == [asked[1]["count"] for asked in model.asked if asked[0] == "propose"]

    def test_one_of_the_same_moment_that_was_not_proposed_yet_stands_first(self) -> None:
        """Its id is larger than that of a trace which was proposed for its late span."""
        late = Trace("a", NOW - 1, NOW)
        unwanted = Trace("z", NOW - 1, NOW - 1, wanted=False)
        model = Model([late, unwanted, Trace("m", NOW - 1, NOW - 1)], 1)
        assert ["m"] == model.walk()

    def test_nothing_from_before_the_floor_is_asked_for(self) -> None:
        model = Model([], 1)
        assert [] == model.walk(floor=NOW - 2 * HOUR)
        assert [NOW - HOUR, NOW - 2 * HOUR] == [asked[1]["lo"] for asked in model.asked]

    def test_where_nothing_is_proposed_nothing_is_computed(self) -> None:
        model = Model([], 1)
        assert [] == model.walk()
        assert {"propose"} == {asked[0] for asked in model.asked}
        assert None is model.asked[-1][1]["lo"]

    def test_what_was_found_is_not_computed_again(self) -> None:
        starts = {"a": NOW, "b": NOW - 9 * HOUR, "c": NOW - 30 * HOUR}
        model = Model([Trace(name, at, NOW) for name, at in starts.items()], 3, one_each=True)
        assert ["a", "b", "c"] == model.walk()
        computed = [asked[1]["ids"] for asked in model.asked if asked[0] == "compute"]
        assert [["c", "b", "a"], ["c", "b"], ["c", "b"], ["c"]] == computed

    def test_too_few_for_a_page_are_computed_where_there_are_no_more(self) -> None:
        model = Model([Trace("a", NOW, NOW), Trace("b", NOW - 9 * HOUR, NOW)], 3, one_each=True)
        assert ["a", "b"] == model.walk()
        computed = [asked[1] for asked in model.asked if asked[0] == "compute"]
        assert [{"ids": ["b", "a"], "lo": None}] == computed
