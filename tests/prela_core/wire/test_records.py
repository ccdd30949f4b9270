from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import InvalidError
from prela_core.model import Span, SpanType, Status, to_micros
from prela_core.testing.factories import NOON
from prela_core.wire import Limits, decode_batch, to_record
from prela_core.wire.encode import span_to_json

SPANS = st.builds(
    Span,
    trace_id=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=128),
    span_id=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=128),
    name=st.text(st.characters(codec=None), max_size=20),
    span_type=st.none() | st.sampled_from(SpanType),
    started_at=st.just(NOON),
    ended_at=st.none() | st.just(NOON + timedelta(seconds=1)),
    status=st.sampled_from(Status),
    attributes=st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text()),
)


@given(SPANS)
def test_it_is_the_record_that_a_server_makes(span: Span) -> None:
    at = to_micros(NOON)
    sent = msgspec.json.encode({"spans": [span_to_json(span)]})

    assert decode_batch(sent, received_at=at, limits=Limits()).spans == [
        to_record(span, received_at=at)
    ]


def test_what_no_server_takes_is_an_error() -> None:
    with pytest.raises(InvalidError, match="span_id is empty"):
        to_record(Span(trace_id="t", span_id="", started_at=NOON), received_at=0)
