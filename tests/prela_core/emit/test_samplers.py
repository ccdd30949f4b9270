from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from tests.prela_core.emit.conftest import Kept, a_tracer

from prela_core.emit import ActiveSpan, current_span, inject
from prela_core.emit.samplers import always, never, parent_based, rate, ratio
from prela_core.emit.unrecorded import NO_SPAN

SECOND = 1_000_000_000


@given(st.integers(1, 2**128 - 1), st.floats(0, 1))
def test_a_ratio_decides_as_opentelemetry_does(trace_id: int, share: float) -> None:
    theirs = TraceIdRatioBased(share).should_sample(None, trace_id, "x")

    assert (theirs.decision is Decision.RECORD_AND_SAMPLE) == ratio(share)(
        f"{trace_id:032x}", None, 0
    )


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_what_a_smaller_share_records_a_larger_one_does(
    trace_id: str, one: float, other: float
) -> None:
    few, many = sorted((one, other))
    assert ratio(many)(trace_id, None, 0) or not ratio(few)(trace_id, None, 0)


@given(st.text())
def test_nothing_and_all_are_exact(trace_id: str) -> None:
    assert (False, True) == (ratio(0)(trace_id, None, 0), ratio(1)(trace_id, None, 0))


def test_ids_that_are_no_numbers_are_spread_too() -> None:
    recorded = sum(ratio(0.5)(f"trace-{n}", None, 0) for n in range(1000))
    assert 400 < recorded < 600


@given(st.lists(st.integers(0, SECOND), max_size=60), st.floats(0.1, 20))
def test_a_rate_holds_over_any_while(pauses: list[int], per_second: float) -> None:
    sampler = rate(per_second)
    now, taken = 0, []
    for pause in pauses:
        now += pause
        if sampler("x", None, now):
            taken.append(now)

    for first in range(len(taken)):
        for last in range(first, len(taken)):
            seconds = (taken[last] - taken[first]) / SECOND
            assert last - first + 1 <= max(per_second, 1) + seconds * per_second + 1e-6


def test_a_rate_is_used_up_and_comes_back() -> None:
    sampler = rate(2)
    assert [True, True, False] == [sampler("x", None, 0) for _ in range(3)]
    assert [True, False] == [sampler("x", None, SECOND // 2) for _ in range(2)]
    assert [True, True, False] == [sampler("x", None, 100 * SECOND) for _ in range(3)]
    assert not rate(0)("x", None, 0)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan"), "0.5", None])
def test_a_share_that_is_none(wrong: Any) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        ratio(wrong)


@pytest.mark.parametrize("wrong", [-1, float("nan"), "5"])
def test_a_rate_that_is_none(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a rate is a number from 0 on"):
        rate(wrong)


def test_the_parent_decides_where_there_is_one() -> None:
    sampler = parent_based(never)
    assert [True, False, False] == [sampler("x", said, 0) for said in (True, False, None)]


def test_a_trace_is_asked_about_once(kept: Kept) -> None:
    asked = []

    def sampler(trace_id: str, _parent: bool | None, _now: int, /) -> bool:  # noqa: FBT001
        asked.append(trace_id)
        return len(asked) == 2

    tracer = a_tracer(kept, sampler)
    for name in ("a", "b"):
        with tracer.span(name), tracer.span(f"{name}.child"):
            pass

    assert 2 == len(asked)
    assert {"b": None, "b.child": "b"} == kept.tree()


def test_a_sampler_that_fails_samples_and_it_is_said_once(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    def sampler(_trace_id: str, _parent: bool | None, _now: int, /) -> bool:  # noqa: FBT001
        raise RuntimeError("no chance")

    tracer = a_tracer(kept, sampler)
    for name in ("x", "y"):
        with tracer.span(name):
            pass

    assert ["x", "y"] == [span.name for span in kept.spans]
    [said] = caplog.messages
    assert said.startswith("the sampler failed, so the trace is recorded (RuntimeError: no chance)")


def test_an_unsampled_span_takes_everything_and_keeps_nothing(kept: Kept) -> None:
    tracer = a_tracer(kept, never)
    with tracer.span("root") as root:
        assert current_span() is root
        assert not root.recording
        with tracer.span("child") as child:
            for span in (root, child):
                _say_everything(span)
            assert root.trace_id == child.trace_id
            assert f"00-{root.trace_id}-{root.span_id}-00" == inject()["traceparent"]
    assert current_span() is NO_SPAN
    assert [] == kept.spans

    with tracer.span("next") as other:
        assert root.trace_id != other.trace_id


def _say_everything(span: ActiveSpan) -> None:
    span.set("a", 1)
    span.set_copied("a", 1)
    span.event("a", b=1)
    span.link("t", "s")
    span.fail("no")
    span.record_exception(ValueError())
    span.score("good", 1)
    span.usage(model="m", input_tokens=1)


def test_always_and_never() -> None:
    assert (True, False) == (always("x", False, 0), never("x", True, 0))
