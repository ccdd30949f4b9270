from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.otlp import otlp_request, otlp_span

from prela_core.testing import span_record
from prela_core.wire import Decoded, Limits, ScopeFilter, decode_otlp_protobuf
from prela_core.wire.otlp_noise import adopt

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("patterns", "name", "drops"),
    [
        ([], "a", False),
        ([], "", False),
        (["opentelemetry.instrumentation.fastapi"], "opentelemetry.instrumentation.fastapi", True),
        (["opentelemetry.instrumentation.fastapi"], "opentelemetry_instrumentation_fastapi", False),
        (["opentelemetry.instrumentation.fastapi"], "opentelemetry.instrumentation.fast", False),
        (["a", "@opentelemetry/instrumentation-*"], "@opentelemetry/instrumentation-http", True),
        (["*"], "", True),
        (["a?"], "a", False),
        (["[ab]x"], "bx", True),
        (["A"], "a", False),
        (["a*"], "a\nb", True),
    ],
)
def test_a_scope_is_told_by_its_whole_name(patterns: list[str], name: str, *, drops: bool) -> None:
    assert drops is ScopeFilter(patterns).drops(name)


def _read(**scopes: list[tuple[int, int]]) -> Decoded:
    """Read spans by their scopes, each with its own number and its parent's, 0 for a root."""
    request = otlp_request()
    for scope, spans in scopes.items():
        made = [
            otlp_span(
                trace_id=TRACE,
                span_id=f"{own:016x}",
                parent_span_id=f"{parent:016x}",
            )
            for own, parent in spans
        ]
        request.MergeFrom(otlp_request(*made, scope=scope))
    return decode_otlp_protobuf(
        request.SerializeToString(),
        received_at=1_764_000_001_000_000,
        limits=Limits(),
        dropped=ScopeFilter(["noise*"]),
    )


def _parents(decoded: Decoded) -> dict[int, int]:
    return {int(span.span_id, 16): int(span.parent_span_id or "0", 16) for span in decoded.spans}


def test_children_of_dropped_spans_go_to_the_nearest_ancestor_that_is_kept() -> None:
    decoded = _read(agent=[(1, 0), (4, 3), (5, 4)], noise=[(2, 1)], noise_too=[(3, 2)])

    assert {1: 0, 4: 1, 5: 4} == _parents(decoded)
    assert ([], 5) == (decoded.rejected, decoded.total)


def test_a_child_of_a_dropped_root_becomes_a_root() -> None:
    assert {2: 0} == _parents(_read(noise=[(1, 0)], agent=[(2, 1)]))


def test_a_parent_that_is_elsewhere_is_kept_in_mind() -> None:
    assert {2: 9} == _parents(_read(noise=[(1, 9)], agent=[(2, 1)]))


def test_a_cycle_of_dropped_spans_leaves_a_root() -> None:
    assert {3: 0} == _parents(_read(noise=[(1, 2), (2, 1)], agent=[(3, 1)]))


def test_a_dropped_span_is_not_refused_for_its_ids() -> None:
    request = otlp_request(otlp_span(trace_id=""), scope="noise")
    decoded = decode_otlp_protobuf(
        request.SerializeToString(),
        received_at=0,
        limits=Limits(),
        dropped=ScopeFilter(["noise"]),
    )

    assert Decoded([], [], [], 1) == decoded


@given(st.dictionaries(st.integers(1, 8), st.tuples(st.integers(0, 8), st.booleans()), max_size=8))
def test_no_parent_of_a_kept_span_was_dropped(tree: dict[int, tuple[int, bool]]) -> None:
    kept = [
        span_record(trace_id="t", span_id=str(own), parent_span_id=str(parent) if parent else "")
        for own, (parent, dropped) in tree.items()
        if not dropped
    ]
    dropped = {
        ("t", str(own)): str(parent) if parent else ""
        for own, (parent, is_dropped) in tree.items()
        if is_dropped
    }

    adopt(kept, dropped)

    assert [] == [each for each in kept if ("t", each.parent_span_id) in dropped]
