from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.html.folding import fold
from prela_core.model.tree import walk
from prela_core.store import StoredSpan
from prela_core.testing import NOON, stored_span


@st.composite
def traces(draw: st.DrawFn) -> list[StoredSpan]:
    number = draw(st.integers(1, 60))
    return [
        stored_span(
            span_id=str(at),
            parent_span_id=draw(st.none() | st.integers(0, number).map(str)),
            status=draw(st.sampled_from(["success", "success", "error"])),
            started_at=NOON + timedelta(seconds=at),
        )
        for at in range(number)
    ]


@settings(max_examples=60)
@given(traces(), st.integers(1, 70))
def test_what_is_shown_hangs_together_and_the_rest_is_counted(
    spans: list[StoredSpan], most: int
) -> None:
    folding = fold(spans, most)
    tops = [*folding.forest.roots, *(n for group in folding.forest.waiting for n in group.nodes)]
    assert min(most, len(spans)) == len(folding.shown)
    left_out = failed = 0
    lists = [tops]
    for node, _, _ in walk(tops):
        if id(node) in folding.shown:
            lists.append(node.children)
        else:
            assert not {id(child) for child in node.children} & folding.shown
    for siblings in lists:
        counted = folding.left_out(siblings)
        left_out += counted.spans
        failed += counted.failed
    assert len(spans) == len(folding.shown) + left_out
    shown = [node.span for node, _, _ in walk(tops) if id(node) in folding.shown]
    assert failed == sum(span.status == "error" for span in spans) - sum(
        span.status == "error" for span in shown
    )


def test_small_traces_stand_open_and_large_ones_open_to_their_failures() -> None:
    few = [
        stored_span(span_id=str(at), parent_span_id=str(at - 1) if at else None) for at in range(9)
    ]
    assert 9 == len(fold(few, 100).open)
    many = [
        stored_span(
            span_id=f"{at:04}",
            parent_span_id=f"{(at - 1) // 10:04}" if at else None,
            status="error" if at == 777 else "success",
        )
        for at in range(1000)
    ]
    folding = fold(many, 1000)
    opened = {
        node.span.span_id for node, _, _ in walk(folding.forest.roots) if id(node) in folding.open
    }
    assert {"0000", "0007", "0077"} <= opened
    assert len(opened) < 20
