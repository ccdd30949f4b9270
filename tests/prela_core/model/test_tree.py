from __future__ import annotations

from collections import Counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.model.tree import Fault, Forest, build_forest, walk


@attrs.frozen
class Item:
    span_id: str
    parent_span_id: str | None = None
    started_at: int = 0


def shape(forest: Forest[Item]) -> list[object]:
    """Everything a reader can see of a forest, as plain values."""
    lines: list[object] = [
        (node.span.span_id, depth, last, node.fault) for node, depth, last in walk(forest.roots)
    ]
    for group in forest.waiting:
        lines.append(group.parent_span_id)
        lines += [(node.span.span_id, depth, last) for node, depth, last in walk(group.nodes)]
    return lines


@st.composite
def traces(draw: st.DrawFn) -> list[Item]:
    """Spans with distinct ids whose parents are anything: absent, missing, themselves, circular."""
    count = draw(st.integers(0, 25))
    ids = [f"s{at}" for at in range(count)]
    parents = st.sampled_from([None, "", "lost-1", "lost-2", *ids])
    return [Item(one, draw(parents), draw(st.integers(0, 4))) for one in ids]


def visited(forest: Forest[Item]) -> list[Item]:
    groups = [forest.roots, *(group.nodes for group in forest.waiting)]
    return [node.span for group in groups for node, _, _ in walk(group)]


@given(traces())
def test_every_span_is_seen_exactly_once(items: list[Item]) -> None:
    assert Counter(items) == Counter(visited(build_forest(items)))


@given(st.data())
def test_order_of_arrival_does_not_matter(data: st.DataObject) -> None:
    items = data.draw(traces())
    shuffled = data.draw(st.permutations(items))

    assert shape(build_forest(items)) == shape(build_forest(shuffled))


@given(traces())
def test_children_stand_under_the_parent_they_name_in_order_of_start(items: list[Item]) -> None:
    forest = build_forest(items)

    for top in (forest.roots, *(group.nodes for group in forest.waiting)):
        for node, _, _ in walk(top):
            assert {node.span.span_id} >= {child.span.parent_span_id for child in node.children}
            begun = [(child.span.started_at, child.span.span_id) for child in node.children]
            assert sorted(begun) == begun


@given(traces())
def test_only_a_circle_makes_a_span_with_a_present_parent_a_root(items: list[Item]) -> None:
    parents = {item.span_id: item.parent_span_id for item in items}

    for node in build_forest(items).roots:
        circular = _is_on_a_circle(node.span.span_id, parents)
        assert circular == (node.fault is not None)
        assert bool(node.span.parent_span_id) == circular


@given(traces())
def test_waiting_spans_are_grouped_by_a_parent_that_is_not_there(items: list[Item]) -> None:
    present = {item.span_id for item in items}

    for group in build_forest(items).waiting:
        assert group.parent_span_id not in present
        assert {group.parent_span_id} == {node.span.parent_span_id for node in group.nodes}


def _is_on_a_circle(span_id: str, parents: dict[str, str | None]) -> bool:
    at = parents.get(span_id)
    for _ in parents:
        if at == span_id:
            return True
        at = parents.get(at or "")
    return False


def test_siblings_are_ordered_by_start_and_told_which_is_last() -> None:
    forest = build_forest(
        [Item("late", "root", 3), Item("root", None, 1), Item("b", "root", 2), Item("a", "root", 2)]
    )

    assert [
        ("root", 0, True, None),
        ("a", 1, False, None),
        ("b", 1, False, None),
        ("late", 1, True, None),
    ] == shape(forest)


def test_a_self_parent_is_a_flagged_root() -> None:
    assert [("a", 0, True, Fault.SELF_PARENT)] == shape(build_forest([Item("a", "a")]))


def test_a_circle_is_cut_at_its_earliest_span() -> None:
    forest = build_forest(
        [Item("c", "b", 3), Item("a", "c", 1), Item("b", "a", 2), Item("leaf", "c", 0)]
    )

    assert [
        ("a", 0, True, Fault.CYCLE),
        ("b", 1, True, None),
        ("c", 2, True, None),
        ("leaf", 3, True, None),
    ] == shape(forest)


def test_spans_of_one_id_are_all_kept_and_children_go_to_the_earliest() -> None:
    forest = build_forest([Item("twin", None, 2), Item("twin", None, 1), Item("child", "twin", 3)])

    assert [1, 3, 2] == [node.span.started_at for node, _, _ in walk(forest.roots)]


@pytest.mark.parametrize("count", [20_000])
def test_a_very_deep_chain_needs_no_recursion(count: int) -> None:
    chain = [Item(str(at), str(at - 1) if at else None, at) for at in range(count)]

    depths = [depth for _, depth, _ in walk(build_forest(reversed(chain)).roots)]

    assert list(range(count)) == depths


def test_a_very_long_circle_needs_no_recursion() -> None:
    circle = [Item(str(at), str((at + 1) % 20_000), at) for at in range(20_000)]

    assert 20_000 == len(visited(build_forest(circle)))
