"""However the spans of OTLP are cut into requests, in either encoding, readers see the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import msgspec
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.testing import NOON, MemoryStore
from prela_core.wire import Limits, decode_otlp_json, decode_otlp_protobuf

RECEIVED = to_micros(NOON)
MONTH = 30 * 86_400_000_000
TRACES = ("0a" * 16, "0b" * 16)
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
def histories(draw: st.DrawFn) -> tuple[list[Sent], list[tuple[list[Sent], bool]]]:
    """Give spans, and requests that hold each of them at least once: spans, and whether as JSON."""
    spans = draw(
        st.lists(sent_spans(), min_size=1, unique_by=lambda one: (one.trace_id, one.span_id))
    )
    again = draw(st.lists(st.sampled_from(spans), max_size=2 * len(spans)))
    requests: list[tuple[list[Sent], bool]] = []
    for one in draw(st.permutations([*spans, *again])):
        if not requests or draw(st.booleans()):
            requests.append(([], draw(st.booleans())))
        requests[-1][0].append(one)
    return spans, requests


def as_json(spans: Sequence[Sent]) -> bytes:
    listed = [
        {
            "traceId": one.trace_id,
            "spanId": one.span_id,
            "parentSpanId": one.parent_span_id,
            "name": f"step {one.span_id}",
            "startTimeUnixNano": str(one.started_at * 1000),
            "endTimeUnixNano": str((one.started_at + one.lasted) * 1000),
            "status": {"code": 2} if one.failed else {},
            "attributes": [
                {"key": "gen_ai.usage.cost", "value": {"doubleValue": one.tokens / 4}},
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": str(one.tokens)}},
            ],
        }
        for one in spans
    ]
    return msgspec.json.encode({"resourceSpans": [{"scopeSpans": [{"spans": listed}]}]})


def as_protobuf(spans: Sequence[Sent]) -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for one in spans:
        span = scope.spans.add(
            trace_id=bytes.fromhex(one.trace_id),
            span_id=bytes.fromhex(one.span_id),
            parent_span_id=bytes.fromhex(one.parent_span_id),
            name=f"step {one.span_id}",
            start_time_unix_nano=one.started_at * 1000,
            end_time_unix_nano=(one.started_at + one.lasted) * 1000,
        )
        span.status.code = 2 if one.failed else 0
        # Quarters add up to the same in any order.
        span.attributes.add(key="gen_ai.usage.cost").value.double_value = one.tokens / 4
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = one.tokens
    return bytes(request.SerializeToString())


def seen(requests: Sequence[tuple[Sequence[Sent], bool]]) -> Any:
    """Send requests one after the other; give every answer about their traces."""
    store = MemoryStore()
    for spans, in_json in requests:
        decode, encode = (
            (decode_otlp_json, as_json) if in_json else (decode_otlp_protobuf, as_protobuf)
        )
        decoded = decode(encode(spans), received_at=RECEIVED, limits=Limits())
        assert [] == decoded.rejected
        store.insert([SpanBatch("p", RECEIVED, decoded.spans, [])])
    where = TraceFilter(start_time=RECEIVED - 2 * MONTH, end_time=RECEIVED + 2 * MONTH)
    answers = [store.traces("p", where, Order.NEWEST, PageRequest()).items]
    answers += [store.trace("p", trace_id) for trace_id in TRACES]
    return msgspec.json.decode(msgspec.json.encode(answers))


@given(history=histories())
def test_requests_make_the_same_traces_as_one_would(history: Any) -> None:
    spans, requests = history

    assert seen([(spans, True)]) == seen(requests)
