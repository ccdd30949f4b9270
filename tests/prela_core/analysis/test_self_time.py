from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.prela_core.analysis.steps import Step, traces

from prela_core.analysis import self_times
from prela_core.model.tree import build_forest, walk


def by_moment(steps: list[Step]) -> dict[str, float]:
    """Count, moment by moment, when a span ran and none of its children did."""
    until = max(max(step.start, step.end or step.start) for step in steps)
    forest = build_forest(steps)
    tops = [*forest.roots, *(node for group in forest.waiting for node in group.nodes)]

    def moments(step: Step) -> set[int]:
        return set(range(step.start, until if step.end is None else step.end))

    return {
        node.span.span_id: len(
            moments(node.span) - {at for child in node.children for at in moments(child.span)}
        )
        / 1000
        for node, _, _ in walk(tops)
    }


@given(traces())
def test_self_time_is_when_a_span_ran_and_no_child_did(steps: list[Step]) -> None:
    assert by_moment(steps) == self_times(steps)


@given(st.data())
def test_order_of_arrival_does_not_matter(data: st.DataObject) -> None:
    steps = data.draw(traces())

    assert self_times(steps) == self_times(data.draw(st.permutations(steps)))


def test_children_that_overlap_take_a_moment_away_once() -> None:
    steps = [
        Step("root", None, 0, 100),
        Step("a", "root", 10, 50),
        Step("b", "root", 30, 60),
        Step("early", "root", -20, 5),
        Step("late", "root", 90, 150),
    ]

    assert self_times(steps)["root"] == (100 - 50 - 5 - 10) / 1000


def test_nothing_has_no_times() -> None:
    assert {} == self_times([])
