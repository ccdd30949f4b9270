from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.emitting import a_span

from prela_core.emit.size import size_of
from prela_core.emit.tail import KeepErrors, TailSampler, keep_errors
from prela_core.model import Span, Status
from prela_core.testing import NOON


def put(sampler: TailSampler, name: str, now: float = 0.0, **fields: Any) -> list[str]:
    """Put span `name`; one with a capital is the local root."""
    span = a_span(name, **fields)
    return [one.span_id for one in sampler.put(span, name[0].isupper(), now)]


def names(spans: list[Span]) -> list[str]:
    return [span.span_id for span in spans]


def test_a_trace_without_an_error_goes_as_a_whole() -> None:
    sampler = TailSampler(keep_errors())
    assert [] == put(sampler, "a")
    assert [] == put(sampler, "Root")
    assert 0 == len(sampler)


def test_a_trace_with_an_error_is_kept_as_a_whole() -> None:
    sampler = TailSampler(keep_errors())
    assert [] == put(sampler, "a")
    assert ["a", "b"] == put(sampler, "b", status=Status.ERROR)
    assert ["c"] == put(sampler, "c")
    assert ["Root"] == put(sampler, "Root")
    assert [] == put(sampler, "Other", trace_id="other")


def test_a_slow_trace_is_kept() -> None:
    sampler = TailSampler(keep_errors(slower_than=2.0))
    assert [] == put(sampler, "A", ended_at=NOON + timedelta(seconds=2))
    later = NOON + timedelta(seconds=2.001)
    assert ["B"] == put(sampler, "B", trace_id="slow", ended_at=later)


def test_a_costly_trace_is_kept() -> None:
    sampler = TailSampler(keep_errors(costlier_than=1.0))
    assert [] == put(sampler, "a", attributes={"llm.cost_usd": 0.6})
    assert ["a", "b"] == put(sampler, "b", attributes={"gen_ai.usage.cost": 0.6})
    assert [] == put(sampler, "C", trace_id="cheap", attributes={"llm.cost.total": 1.0})
    odd = {"llm.cost_usd": "100", "gen_ai.usage.cost": None, "llm.cost.total": -5}
    assert [] == put(sampler, "D", trace_id="odd", attributes=odd)


def test_others_are_kept_by_their_share() -> None:
    sampler = TailSampler(keep_errors(ratio=0.25))
    kept = sum(
        len(put(sampler, "Root", trace_id=f"{number * 0x9E3779B97F4A7C15 % 2**64:032x}"))
        for number in range(4000)
    )
    assert 900 < kept < 1100
    again = TailSampler(keep_errors(ratio=0.25))
    assert put(again, "Root", trace_id="a name") == put(sampler, "Root", trace_id="a name")


def test_late_spans_follow_the_decision() -> None:
    sampler = TailSampler(keep_errors())
    put(sampler, "Root")
    assert [] == put(sampler, "late", status=Status.ERROR)
    put(sampler, "Bad", trace_id="bad", status=Status.ERROR)
    assert ["late"] == put(sampler, "late", trace_id="bad")


def test_where_it_is_not_known_only_a_span_without_parent_is_a_root() -> None:
    sampler = TailSampler(keep_errors(ratio=1))
    child, root = a_span("a", parent_span_id="b"), a_span("b")
    assert [] == sampler.put(child, None, 0.0)
    assert [child, root] == sampler.put(root, None, 0.0)


def test_patience_has_an_end() -> None:
    sampler = TailSampler(keep_errors(ratio=1, patience=10))
    put(sampler, "a", now=0.0)
    put(sampler, "b", now=9.0, trace_id="u")
    assert [] == sampler.due(9.99)
    assert ["a"] == names(sampler.due(10.0))
    assert ["b"] == names(sampler.end())
    assert 0 == len(sampler)


def test_the_oldest_trace_is_decided_on_where_there_are_too_many_spans() -> None:
    sampler = TailSampler(keep_errors(ratio=1, held=3))
    for number in range(3):
        assert [] == put(sampler, f"s{number}", trace_id=f"t{number}")
    assert ["s0"] == put(sampler, "s3", trace_id="t3")


def test_one_huge_span_is_not_held() -> None:
    sampler = TailSampler(keep_errors(ratio=1, held_size=10_000))
    assert ["a"] == put(sampler, "a", attributes={"x": "x" * 20_000})
    assert 0 == sampler.size


def test_a_ratio_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        keep_errors(ratio=1.5)


SPANS = st.builds(
    lambda trace, status, size: a_span(trace_id=trace, status=status, attributes={"x": "x" * size}),
    st.sampled_from("abcdef"),
    st.sampled_from([*[Status.SUCCESS] * 5, Status.ERROR]),
    st.integers(0, 3000),
)


@settings(max_examples=200)
@given(st.lists(st.tuples(SPANS, st.booleans(), st.floats(0, 5))))
def test_each_span_has_one_fate_and_memory_is_bounded(
    steps: list[tuple[Span, bool, float]],
) -> None:
    policy = KeepErrors(patience=8, held=5, held_size=8000)
    sampler = TailSampler(policy)
    now, kept, dropped_traces = 0.0, [], set()
    for span, is_root, seconds in steps:
        now += seconds
        came = sampler.due(now) + sampler.put(span, is_root, now)
        kept += came
        assert len(sampler) <= policy.held
        assert sampler.size <= policy.held_size
        held = [one for trace in sampler._open.values() for one in trace.spans]
        assert len(held) == len(sampler)
        assert sum(map(size_of, held)) == sampler.size
        dropped_traces |= {trace for trace, keep in sampler._decided.items() if not keep}
    kept += sampler.end()
    assert len({id(one) for one in kept}) == len(kept)
    # Whole traces: of each kept trace every span is there, of each dropped one none.
    for trace in {span.trace_id for span, _, _ in steps}:
        of_it = [span for span, _, _ in steps if span.trace_id == trace]
        came = [span for span in kept if span.trace_id == trace]
        assert came == (of_it if sampler._decided[trace] else [])
    assert not dropped_traces & {span.trace_id for span in kept}
