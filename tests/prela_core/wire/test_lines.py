from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import MalformedError
from prela_core.model import Span, SpanEvent, SpanLink, SpanType, Status
from prela_core.testing import NOON
from prela_core.wire.lines import span_from_line, span_to_line

IDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=32)
MOMENTS = st.integers(0, 10**15).map(lambda micros: NOON + timedelta(microseconds=micros))
TEXTS = st.text()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXTS, below, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(TEXTS, VALUES, max_size=4)
SPANS = st.builds(
    Span,
    trace_id=IDS,
    span_id=IDS,
    parent_span_id=st.none() | IDS,
    name=TEXTS,
    span_type=st.none() | st.sampled_from(SpanType),
    service_name=TEXTS,
    started_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
    status=st.sampled_from(Status),
    status_message=st.none() | TEXTS,
    attributes=ATTRIBUTES,
    events=st.lists(st.builds(SpanEvent, TEXTS, MOMENTS, ATTRIBUTES), max_size=2).map(tuple),
    links=st.lists(st.builds(SpanLink, IDS, IDS, ATTRIBUTES), max_size=2).map(tuple),
)


@given(SPANS)
def test_what_is_written_is_read_back(span: Span) -> None:
    line = span_to_line(span)
    assert 1 == line.count(b"\n")
    assert span == span_from_line(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"trace_id": "t", "span_id": "s"}',
        b'{"trace_id": "t", "span_id": "", "started_at": "2026-01-01T00:00:00Z"}',
        b'{"trace_id": "t", "span_id": "s", "started_at": "yesterday"}',
        b'{"trace_id": "t", "span_id": "s", "started_at": "2026-01-01T00:00:00Z", "status": "odd"}',
        b'{"a":' * 100_000,
    ],
)
def test_anything_else_is_malformed(line: bytes) -> None:
    with pytest.raises(MalformedError, match="the line is no span"):
        span_from_line(line)


@given(st.binary())
def test_no_bytes_break_it(line: bytes) -> None:
    with suppress(MalformedError):
        span_from_line(line)


def test_what_a_line_leaves_out_has_its_default() -> None:
    line = b'{"trace_id": "t", "span_id": "s", "started_at": "2026-01-15T12:00:00Z", "more": 1}'
    expected: Any = Span(trace_id="t", span_id="s", span_type=None, started_at=NOON)
    assert expected == span_from_line(line)
