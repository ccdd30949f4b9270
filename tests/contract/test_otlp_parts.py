"""However the spans of OTLP are cut into requests, in either encoding, readers see the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import msgspec
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.otlp import ENCODE, otlp_request, otlp_span

from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.testing import NOON, MemoryStore
from prela_core.wire import Limits, decode_otlp_json, decode_otlp_protobuf

RECEIVED = to_micros(NOON)
MONTH = 30 * 86_400_000_000
TRACES = ("0a" * 16, "0b" * 16)
DECODE = {"json": decode_otlp_json, "protobuf": decode_otlp_protobuf}
SPANS = ("0c" * 8, "0d" * 8, "0e" * 8, "0f" * 8)


@attrs.frozen
class Sent:
    """A span as a sender has it; microseconds, and ids in hex."""

    trace_id: str
    span_id: str
    parent_span_id: str
    started_at: int
    lasted: int
    failed: bool
    tokens: int


@st.composite
def sent_spans(draw: st.DrawFn) -> Sent:
    # Parents are drawn freely: there are roots, orphans, spans that are their own and circles.
    return Sent(
        trace_id=draw(st.sampled_from(TRACES)),
        span_id=draw(st.sampled_from(SPANS)),
        parent_span_id=draw(st.sampled_from(("", *SPANS, "99" * 8))),
        started_at=RECEIVED + draw(st.sampled_from((0, 1, 999, -MONTH, MONTH))),
        lasted=draw(st.integers(0, 10**7)),
        failed=draw(st.booleans()),
        tokens=draw(st.integers(0, 1000)),
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Sent], list[tuple[list[Sent], str]]]:
    """Give spans, and requests that hold each of them at least once, each in an encoding."""
    spans = draw(
        st.lists(sent_spans(), min_size=1, unique_by=lambda one: (one.trace_id, one.span_id))
    )
    again = draw(st.lists(st.sampled_from(spans), max_size=2 * len(spans)))
    requests: list[tuple[list[Sent], str]] = []
    for one in draw(st.permutations([*spans, *again])):
        if not requests or draw(st.booleans()):
            requests.append(([], draw(st.sampled_from(list(DECODE)))))
        requests[-1][0].append(one)
    return spans, requests


def as_otlp(one: Sent) -> Span:
    return otlp_span(
        # Quarters add up to the same in any order.
        {"gen_ai.usage.cost": one.tokens / 4, "gen_ai.usage.input_tokens": one.tokens},
        trace_id=one.trace_id,
        span_id=one.span_id,
        parent_span_id=one.parent_span_id,
        name=f"step {one.span_id}",
        start_time_unix_nano=one.started_at * 1000,
        end_time_unix_nano=(one.started_at + one.lasted) * 1000,
        status=Status(code=Status.STATUS_CODE_ERROR if one.failed else Status.STATUS_CODE_UNSET),
    )


def seen(requests: Sequence[tuple[Sequence[Sent], str]]) -> Any:
    """Send requests one after the other; give every answer about their traces."""
    store = MemoryStore()
    for spans, encoding in requests:
        body = ENCODE[encoding](otlp_request(*map(as_otlp, spans)))
        decoded = DECODE[encoding](body, received_at=RECEIVED, limits=Limits())
        assert [] == decoded.rejected
        store.insert([SpanBatch("p", RECEIVED, decoded.spans, [])])
    where = TraceFilter(start_time=RECEIVED - 2 * MONTH, end_time=RECEIVED + 2 * MONTH)
    answers = [store.traces("p", where, Order.NEWEST, PageRequest()).items]
    answers += [store.trace("p", trace_id) for trace_id in TRACES]
    return msgspec.json.decode(msgspec.json.encode(answers))


@given(history=histories())
def test_requests_make_the_same_traces_as_one_would(history: Any) -> None:
    spans, requests = history

    assert seen([(spans, "json")]) == seen(requests)
