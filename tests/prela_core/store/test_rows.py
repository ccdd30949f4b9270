from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from prela_core.model import Flag, to_micros
from prela_core.store.results import StoredSpan
from prela_core.store.rows import SPAN_FIELDS, spans_from_columns, spans_from_rows, stored_span
from prela_core.testing import span_record

records = st.builds(
    lambda **fields: span_record(ended_at=None, **fields),
    span_id=st.sampled_from("ab"),
    parent_span_id=st.sampled_from(["", "a"]),
    status_message=st.sampled_from(["", "no"]),
    started_at=st.sampled_from([0, 1_768_478_400_000_001]),
    duration_ms=st.sampled_from([0.0, -0.0, 1.5]),
    attributes=st.sampled_from([b"{}", b'{"gen_ai.request.model":"m"}']),
    flags=st.sampled_from([0, int(Flag.SELF_PARENT)]),
)


def as_row(span: StoredSpan) -> list[Any]:
    return [_stored(name, getattr(span, name)) for name in SPAN_FIELDS]


def _stored(name: str, value: Any) -> Any:
    if name == "flags":
        return sum(Flag[each.upper()] for each in value)
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, Raw):
        return bytes(value).decode()
    text = ("parent_span_id", "status_message", "model", "tool_name", "input", "output")
    return "" if value is None and name in text else value


@given(st.lists(records, max_size=4))
def test_spans_are_read_from_columns_as_one_by_one(found: list[Any]) -> None:
    spans = [stored_span(record, 1_768_478_400_000_000) for record in found]
    rows = [as_row(span) for span in spans]

    read = spans_from_rows(rows)

    assert msgspec.json.encode(spans) == msgspec.json.encode(read)
    assert read == [one for row in rows for one in spans_from_rows([row])]


def test_no_rows_are_no_spans() -> None:
    assert [] == spans_from_rows([])
    assert [] == spans_from_columns([])
    assert [] == spans_from_columns([[] for _ in SPAN_FIELDS])


def test_no_two_spans_share_a_list() -> None:
    row = as_row(stored_span(span_record(), 0))
    one, other = spans_from_rows([row, row])

    assert one.flags is not other.flags
