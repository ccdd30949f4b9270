from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.analysis import Difference, TraceDiff, diff_traces
from prela_core.store import StoredSpan, TraceDetail
from prela_core.testing.factories import NOON, stored_span, trace_detail


def a_span(span_id: str, parent: str | None = None, **said: Any) -> StoredSpan:
    return stored_span(span_id=span_id, parent_span_id=parent, **({"name": span_id} | said))


@st.composite
def traces(draw: st.DrawFn) -> TraceDetail:
    """Draw traces of few words, so that much is alike, below any parents."""
    ids = [f"s{at}" for at in range(draw(st.integers(1, 12)))]
    parents = st.sampled_from([None, "lost", *ids])
    words = st.sampled_from([None, "x", "y"])
    return trace_detail(
        *(
            a_span(
                one,
                draw(parents),
                name=draw(st.sampled_from("ab")),
                span_type=draw(st.sampled_from(["llm", "tool", "chain"])),
                input=draw(words),
                output=draw(words),
                started_at=NOON + timedelta(seconds=draw(st.integers(0, 5))),
                duration_ms=draw(st.sampled_from([100.0, 105.0, 200.0])),
                cost_usd=draw(st.sampled_from([None, 0.1, 0.2])),
            )
            for one in ids
        )
    )


@st.composite
def trees(draw: st.DrawFn) -> list[StoredSpan]:
    """Draw spans below one root, each of a name of its own, and told apart by what went in."""
    count = draw(st.integers(2, 12))
    return [
        a_span(f"s{at}", f"s{draw(st.integers(0, at - 1))}" if at else None, input=f"in {at}")
        for at in range(count)
    ]


def again(trace: TraceDetail, salt: str = "other") -> TraceDetail:
    """Run the same once more: other ids, a day later."""

    def renamed(span_id: str | None) -> str | None:
        return span_id and f"{salt}-{span_id}"

    spans = [
        attrs.evolve(
            span,
            span_id=f"{salt}-{span.span_id}",
            parent_span_id=renamed(span.parent_span_id),
            started_at=span.started_at + timedelta(days=1),
            ended_at=span.ended_at and span.ended_at + timedelta(days=1),
        )
        for span in trace.spans
    ]
    return attrs.evolve(trace, spans=spans)


def told(diff: TraceDiff) -> dict[str, list[str]]:
    """What differs, by the name of the span."""
    return {span.name: list(span.differences) for span in diff.spans if span.differences}


@given(traces())
def test_the_same_run_again_differs_in_nothing(trace: TraceDetail) -> None:
    diff = diff_traces(trace, again(trace))

    assert {} == diff.counts
    assert len(trace.spans) == len(diff.spans)
    assert all(span.before and span.after and not span.differences for span in diff.spans)


@given(traces(), traces())
def test_every_span_is_told_of_once(before: TraceDetail, after: TraceDetail) -> None:
    diff = diff_traces(before, after)

    for trace, side in ((before, "before"), (after, "after")):
        facts = [getattr(span, side) for span in diff.spans]
        shown = Counter(fact.span_id for fact in facts if fact is not None)
        assert Counter(span.span_id for span in trace.spans) == shown
    for span in diff.spans:
        assert (span.before is None) == (Difference.ADDED in span.differences)
        assert (span.after is None) == (Difference.REMOVED in span.differences)
    counted = Counter(word.value for span in diff.spans for word in span.differences)
    assert counted == Counter(diff.counts)
    for above, below in zip(diff.spans, diff.spans[1:], strict=False):
        assert 0 <= below.depth <= above.depth + 1


@given(st.data())
def test_order_of_arrival_does_not_matter(data: st.DataObject) -> None:
    before, after = data.draw(traces()), data.draw(traces())
    shuffled = [
        attrs.evolve(one, spans=data.draw(st.permutations(one.spans))) for one in (before, after)
    ]

    assert diff_traces(before, after) == diff_traces(*shuffled)


@given(traces(), traces())
def test_turned_round_what_was_added_is_removed(before: TraceDetail, after: TraceDetail) -> None:
    forth, back = diff_traces(before, after).counts, diff_traces(after, before).counts

    # Of spans that are alike, others may be paired; how many are left over on both sides agrees.
    balance = forth.get("added", 0) - forth.get("removed", 0)
    assert balance == back.get("removed", 0) - back.get("added", 0)
    assert balance == len(after.spans) - len(before.spans)


@given(trees(), st.data())
def test_a_subtree_that_is_gone_is_removed_and_nothing_else_differs(
    spans: list[StoredSpan], data: st.DataObject
) -> None:
    gone = {data.draw(st.sampled_from(spans[1:])).span_id}
    for span in spans:  # parents come before their children
        if span.parent_span_id in gone:
            gone.add(span.span_id)
    left = [span for span in spans if span.span_id not in gone]
    full, part = trace_detail(*spans), again(trace_detail(*left))

    assert {name: ["removed"] for name in gone} == told(diff_traces(full, part))
    assert {name: ["added"] for name in gone} == told(diff_traces(part, full))


@given(trees(), st.data())
def test_a_subtree_below_another_span_is_moved(
    spans: list[StoredSpan], data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(spans[1:]))
    below = {one.span_id}
    for span in spans:
        if span.parent_span_id in below:
            below.add(span.span_id)
    others = [s for s in spans if s.span_id not in below and s.span_id != one.parent_span_id]
    if not others:
        return
    target = data.draw(st.sampled_from(others)).span_id
    moved = [attrs.evolve(s, parent_span_id=target) if s is one else s for s in spans]

    diff = diff_traces(trace_detail(*spans), again(trace_detail(*moved)))

    assert {one.name: ["moved"]} == told(diff)


@pytest.mark.parametrize(
    ("was", "now", "differences"),
    [
        ({"output": "yes"}, {"output": "no"}, ["answered"]),
        ({"input": "a"}, {"input": "b"}, ["asked"]),
        ({"output": None}, {"output": "no"}, ["answered"]),
        ({"duration_ms": 100.0}, {"duration_ms": 109.0}, []),
        ({"duration_ms": 100.0}, {"duration_ms": 110.0}, ["slower"]),
        ({"duration_ms": 110.0}, {"duration_ms": 50.0}, ["faster"]),
        ({"duration_ms": 0.1}, {"duration_ms": 0.9}, []),
        ({"duration_ms": 100.0}, {"status": "pending"}, ["status"]),
        ({"cost_usd": 0.1}, {"cost_usd": 0.2}, ["dearer"]),
        ({"cost_usd": 0.1 + 0.2}, {"cost_usd": 0.3}, []),
        ({"cost_usd": 0.2}, {"cost_usd": 0.1}, ["cheaper"]),
        ({"cost_usd": None}, {"cost_usd": 0.1}, []),
        ({"status": "success"}, {"status": "error"}, ["status"]),
        (
            {"span_type": "llm", "name": "chat m-1", "model": "m-1"},
            {"span_type": "llm", "name": "chat m-2", "model": "m-2"},
            ["renamed", "model"],
        ),
        (
            {"span_type": "llm", "name": "ChatOne", "input": "hi", "output": "x"},
            {"span_type": "llm", "name": "ChatTwo", "input": "hi", "output": "x"},
            ["renamed"],
        ),
    ],
)
def test_a_pair_differs_in(
    was: dict[str, Any], now: dict[str, Any], differences: list[str]
) -> None:
    root, end = a_span("root"), a_span("end", "root")
    before = trace_detail(root, a_span("step", "root", **was), end)
    after = trace_detail(root, a_span("step", "root", **now), end)

    diff = diff_traces(before, after)

    assert ([differences] if differences else []) == list(told(diff).values())
    assert dict.fromkeys(differences, 1) == diff.counts


def test_ids_of_tool_calls_are_no_difference() -> None:
    def asked(call_id: str, city: str) -> TraceDetail:
        call = f'{{"id":"{call_id}","name":"weather","arguments":{{"city":"{city}"}}}}'
        answer = f'{{"role":"tool","content":"rain","tool_call_id":"{call_id}"}}'
        return trace_detail(
            a_span(
                "chat",
                input=f"[{answer}]",
                output=f'[{{"role":"assistant","tool_calls":[{call}]}}]',
            )
        )

    assert {} == diff_traces(asked("call_1", "Oslo"), asked("call_2", "Oslo")).counts
    assert {"answered": 1} == diff_traces(asked("call_1", "Oslo"), asked("call_2", "Bonn")).counts


def test_excerpts_begin_shortly_before_what_differs() -> None:
    same = "the same beginning " * 20
    diff = diff_traces(
        trace_detail(a_span("a", output=same + "yes", input="q")),
        trace_detail(a_span("a", output=same + "no", input="q")),
    )

    (row,) = diff.spans
    assert row.before is not None
    assert row.after is not None
    assert (same[-40:] + "yes", same[-40:] + "no") == (row.before.output, row.after.output)
    assert (None, None) == (row.before.input, row.after.input)


def test_a_new_span_around_others_moves_them_and_what_was_removed_keeps_its_place() -> None:
    root = a_span("root", span_type="agent")
    before = [root, *(a_span(name, "root", input=name) for name in "abc")]
    after = [
        root,
        a_span("a", "root", input="a"),
        a_span("team", "root", span_type="agent"),
        a_span("c", "team", input="c"),
    ]

    diff = diff_traces(trace_detail(*before), trace_detail(*after))

    assert [
        (0, "root", []),
        (1, "a", []),
        (1, "b", ["removed"]),
        (1, "team", ["added"]),
        (2, "c", ["moved"]),
    ] == [(span.depth, span.name, span.differences) for span in diff.spans]


def test_ten_thousand_spans_are_paired_again_where_a_hundred_are_gone() -> None:
    spans = [
        a_span(
            f"s{at}", f"s{at - 1 - at % 7}" if at else None, name=f"step {at % 30}", input=str(at)
        )
        for at in range(10_000)
    ]
    gone = {f"s{at}" for at in range(50, 10_000, 100)}
    left = [span for span in spans if span.span_id not in gone]

    diff = diff_traces(trace_detail(*spans), again(trace_detail(*left)))

    assert 100 == diff.counts["removed"]
    assert "added" not in diff.counts
