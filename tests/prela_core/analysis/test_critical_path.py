from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from tests.prela_core.analysis.steps import Step, traces

from prela_core.analysis import critical_path, self_times
from prela_core.model import to_micros
from prela_core.model.tree import Node, build_forest


def told(steps: list[Step]) -> list[tuple[str | None, int, int]]:
    """The segments, as plain values."""
    return [
        (segment.span_id, to_micros(segment.started_at), to_micros(segment.ended_at))
        for segment in critical_path(steps).segments
    ]


def owner_at(moment: int, nodes: list[Node[Step]], until: int) -> str | None:
    """Say by the definition who had the microsecond from `moment` on, among `nodes` and below."""

    def time(node: Node[Step]) -> tuple[int, int]:
        end = until if node.span.end is None else node.span.end
        return node.span.start, max(node.span.start, end)

    def extent(node: Node[Step]) -> tuple[int, int]:
        times = [time(node), *map(extent, node.children)]
        return min(start for start, _ in times), max(end for _, end in times)

    before = None
    while True:
        ready = [
            node
            for node in nodes
            if extent(node)[0] < extent(node)[1] and (before is None or extent(node)[1] <= before)
        ]
        if not ready:
            return None
        # Of those that end at once, the longest was waited for; ids break ties.
        last = min(ready, key=lambda one: (-extent(one)[1], extent(one)[0], one.span.span_id))
        before, end = extent(last)
        if before <= moment < end:
            below = owner_at(moment, last.children, until)
            own = time(last)[0] <= moment < time(last)[1]
            return below or (last.span.span_id if own else None)


@given(traces())
def test_each_moment_belongs_to_the_innermost_span_that_was_waited_for(steps: list[Step]) -> None:
    until = max(max(step.start, step.end or step.start) for step in steps)
    forest = build_forest(steps)
    tops = [*forest.roots, *(node for group in forest.waiting for node in group.nodes)]

    assert [
        owner_at(at, tops, until) for at in range(min(step.start for step in steps), until)
    ] == [owner for owner, start, end in told(steps) for _ in range(start, end)]


@given(traces())
def test_segments_follow_each_other_from_start_to_end(steps: list[Step]) -> None:
    path = critical_path(steps)

    for before, after in zip(path.segments, path.segments[1:], strict=False):
        assert before.ended_at == after.started_at
        assert before.span_id != after.span_id
    assert all(segment.started_at < segment.ended_at for segment in path.segments)
    assert path.duration_ms == sum(round(one.duration_ms * 1000) for one in path.segments) / 1000
    assert path.started_at == min(step.started_at for step in steps)


@given(traces())
def test_every_span_has_its_time_once(steps: list[Step]) -> None:
    path = critical_path(steps)
    on_path: Counter[str | None] = Counter()
    for segment in path.segments:
        on_path[segment.span_id] += round(segment.duration_ms * 1000)

    assert {one.span_id: one.self_ms for one in path.spans} == self_times(steps)
    assert {one.span_id: round(one.path_ms * 1000) for one in path.spans} == {
        step.span_id: on_path[step.span_id] for step in steps
    }
    ordered = sorted(path.spans, key=lambda one: (-one.path_ms, -one.self_ms, one.span_id))
    assert ordered == path.spans


@given(st.data())
def test_order_of_arrival_does_not_matter(data: st.DataObject) -> None:
    steps = data.draw(traces())

    assert critical_path(steps) == critical_path(data.draw(st.permutations(steps)))


def test_what_ended_last_was_waited_for() -> None:
    steps = [
        Step("root", None, 0, 100),
        Step("plan", "root", 10, 30),
        Step("quick tool", "root", 40, 60),
        Step("slow tool", "root", 40, 90),
    ]

    assert [
        ("root", 0, 10),
        ("plan", 10, 30),
        ("root", 30, 40),
        ("slow tool", 40, 90),
        ("root", 90, 100),
    ] == told(steps)


def test_work_that_outlasts_the_span_that_began_it_is_on_the_path() -> None:
    steps = [
        Step("root", None, 0, 100),
        Step("send", "root", 10, 20),
        Step("delivery", "send", 50, 120),
    ]

    assert [("root", 0, 10), ("send", 10, 20), ("root", 20, 50), ("delivery", 50, 120)] == told(
        steps
    )


def test_time_in_which_nothing_ran_belongs_to_nobody() -> None:
    assert [("a", 0, 10), (None, 10, 40), ("b", 40, 60)] == told(
        [Step("a", None, 0, 10), Step("b", "lost", 40, 60)]
    )


def test_a_child_whose_clock_is_ahead_keeps_its_time() -> None:
    assert [("child", -5, 30), ("root", 30, 100)] == told(
        [Step("root", None, 0, 100), Step("child", "root", -5, 30)]
    )


def test_a_running_span_is_reckoned_up_to_the_last_moment_known() -> None:
    assert [("root", 0, 10), ("tool", 10, 30)] == told(
        [Step("root", None, 0, None), Step("tool", "root", 10, None), Step("x", "root", 30, None)]
    )


def test_a_trace_of_one_moment_has_no_segments() -> None:
    path = critical_path([Step("a", None, 5, 3)])

    assert [] == path.segments
    assert [("a", 0.0, 0.0)] == [(one.span_id, one.self_ms, one.path_ms) for one in path.spans]


def test_a_deep_chain_takes_no_recursion() -> None:
    deep = [Step(f"{at}", f"{at - 1}" if at else None, at, 10_000 - at) for at in range(5_000)]

    assert 2 * 5_000 - 1 == len(told(deep))
