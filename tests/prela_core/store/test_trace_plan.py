from __future__ import annotations

import pytest
from msgspec import Raw

from prela_core.store import StoredSpan
from prela_core.store.trace_plan import Group, following, head
from prela_core.testing.factories import stored_span


def read_in_groups(spans: list[StoredSpan], first: int) -> list[int]:
    """Read `spans` as from a store, and give the sizes of the groups."""
    sizes = []

    def read(after: tuple[int, str] | None, limit: int) -> Group:
        begin = 0 if after is None else after[0]
        end = begin + limit
        return Group(spans[begin:end], (end, "") if end < len(spans) else None)

    found: list[StoredSpan] = []
    for group in following(read(None, first), read):
        sizes.append(len(group))
        found += group
    assert spans == found
    return sizes


def test_groups_of_small_spans_grow_up_to_a_bound() -> None:
    spans = [stored_span(span_id=f"{at:06}") for at in range(40_000)]

    assert [250, 1000, 4000, 10_000, 10_000, 10_000, 4750] == read_in_groups(spans, 250)


def test_groups_of_large_spans_stay_small() -> None:
    large = Raw(b'{"text":"' + b"x" * 2**21 + b'"}')
    spans = [stored_span(span_id=f"{at:06}", attributes=large) for at in range(20)]

    assert [5, 3, 3, 3, 3, 3] == read_in_groups(spans, 5)


def test_a_span_over_the_bound_is_a_group_of_its_own() -> None:
    spans = [stored_span(span_id=f"{at}", output="x" * 2**24) for at in range(3)]

    assert [1, 1, 1] == read_in_groups(spans, 1)


def test_no_spans_are_no_groups() -> None:
    assert [] == read_in_groups([], 1)


def test_a_group_in_which_no_span_is_seen_is_passed_over() -> None:
    span = stored_span()
    groups = {1: Group([], (2, "")), 2: Group([span], (3, "")), 3: Group([], None)}

    assert [[span]] == list(following(Group([], (1, "")), lambda after, _: groups[after[0]]))


def test_a_long_trace_that_is_deleted_while_it_is_opened_is_no_trace() -> None:
    plan = head("p", "t")
    next(plan)
    plan.send([(1000, [0])])
    plan.send([])
    with pytest.raises(StopIteration) as ended:
        plan.send([])
    assert ended.value.value is None
