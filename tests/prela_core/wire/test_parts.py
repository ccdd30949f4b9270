from __future__ import annotations

from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from prela_core.model import Span, to_micros
from prela_core.testing.factories import NOON
from prela_core.wire import Limits, decode_batch, decode_trace
from prela_core.wire.parts import body_of, encoded, parts_of

RECEIVED = to_micros(NOON)
SPANS = st.lists(
    st.builds(
        Span,
        trace_id=st.sampled_from("abc"),
        span_id=st.uuids().map(str),
        parent_span_id=st.none() | st.just("p"),
        name=st.text(max_size=40),
        service_name=st.sampled_from(["", "shop", "bank"]),
        started_at=st.integers(0, 9).map(lambda at: NOON + timedelta(seconds=at)),
    ),
    max_size=20,
)


@given(SPANS, st.integers(1, 5), st.integers(1, 2000))
def test_every_span_is_in_one_request_and_requests_are_bounded(
    spans: list[Span], most: int, most_bytes: int
) -> None:
    envelope = 300
    taken = []
    for part in parts_of(encoded(spans), most=most, most_bytes=most_bytes):
        path, body = body_of(part)
        decode = decode_trace if path == "/v1/traces" else decode_batch
        decoded = decode(body, received_at=RECEIVED, limits=Limits())
        assert decoded.rejected == []
        assert len(decoded.spans) <= most
        assert len(decoded.spans) == 1 or len(body) <= most_bytes + envelope
        taken += decoded.spans

    order = list(dict.fromkeys(span.trace_id for span in spans))
    by_trace = sorted(spans, key=lambda span: order.index(span.trace_id))
    assert [span.span_id for span in by_trace] == [record.span_id for record in taken]
    for trace_id in order:
        group = [span for span in spans if span.trace_id == trace_id]
        named = [span for span in group if span.service_name]
        named.sort(key=lambda span: (span.parent_span_id is not None, span.started_at))
        fallback = named[0].service_name if named else ""
        expected = [span.service_name or fallback for span in group]
        assert expected == [each.service_name for each in taken if each.trace_id == trace_id]


def test_a_trace_by_itself_is_sent_as_one_and_others_as_a_batch() -> None:
    span = Span(trace_id="t", span_id="s", started_at=NOON)
    [alone] = parts_of(encoded([span, span]), most=9, most_bytes=9999)
    [mixed] = parts_of(encoded([span, attrs.evolve(span, trace_id="u")]), most=9, most_bytes=9999)

    assert "/v1/traces" == body_of(alone)[0]
    assert "/v1/batch" == body_of(mixed)[0]
