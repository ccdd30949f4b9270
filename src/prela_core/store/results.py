"""What the store answers: the same classes from the embedded engine, a server and over HTTP.

`msgspec` encodes and decodes them as they stand, so these are also the API's JSON. Fields
of type `Raw` hold JSON that passes through undecoded. The classes have no slots because the
encoder writes fields in the order of `__dict__`, which is the order for reading.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs
import msgspec
from msgspec import Raw

__all__ = [
    "OpenTrace",
    "Page",
    "SearchHit",
    "StoredSpan",
    "TraceDetail",
    "TraceSummary",
    "decode_raw",
]

T = TypeVar("T")

_MAX_DIGITS = 4300  # Python's own limit, from which on reading a number takes noticeable time


@attrs.frozen(kw_only=True, slots=False)
class TraceSummary:
    """A trace as one row, computed from its spans as they are known now.

    `started_at` is the earliest start. `completed_at` is the latest end, or None while a span
    of the trace has not ended. `duration_ms` runs from the earliest start to the latest end or
    start known. `status` is `error` if any span failed, else `pending` if any has not ended,
    else `success`. `root_span_id` is the earliest span without a parent, or None when none has
    arrived; `name` and `service_name` are that root's, or else the earliest span's.
    `error_count` counts failed spans. Tokens and cost are summed over spans other than agents
    and chains, which repeat what their children used; over those only when no other span has any.
    `metadata` is the JSON object that clients sent with the trace.
    """

    trace_id: str
    service_name: str
    started_at: datetime
    completed_at: datetime | None
    duration_ms: float
    status: str
    root_span_id: str | None
    name: str
    span_count: int
    error_count: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    models: list[str]
    metadata: Raw


@attrs.frozen(kw_only=True, slots=False)
class StoredSpan:
    """A span as it is seen after all its versions have collapsed to one.

    `span_type` and `status` are words of Prela; `span_type_sent` and `status_sent` are what the
    sender wrote. The fields from `provider` on were read from the attributes by the rules in
    `prela_core.conventions`. `cost_source` is `sent`, `computed` from the price table of
    `price_version`, or None. `scores` is a list of objects with `name`, `value`, `label`,
    `explanation` and `source`, as far as they were sent. `flags` are the names of
    `prela_core.model.Flag`.
    """

    span_id: str
    trace_id: str
    parent_span_id: str | None
    name: str
    span_type: str
    service_name: str
    started_at: datetime
    ended_at: datetime | None
    duration_ms: float
    status: str
    status_message: str | None
    attributes: Raw
    events: Raw
    links: Raw
    span_type_sent: str
    status_sent: str
    provider: str | None
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    cost_source: str | None
    price_version: str | None
    session_id: str | None
    user_id: str | None
    agent_name: str | None
    tool_name: str | None
    input: str | None
    output: str | None
    ttft_ms: float | None
    environment: str | None
    scores: Raw
    flags: list[str]
    created_at: datetime


@attrs.frozen(kw_only=True, slots=False)
class TraceDetail(TraceSummary):
    """A trace with all its spans, ordered by start, then by span id."""

    spans: list[StoredSpan]


@attrs.frozen(kw_only=True, eq=False)
class OpenTrace:
    """A trace of any size: its row, and its spans in groups that are read as they are taken.

    The groups follow each other by start, then by span id. A span that arrives meanwhile may be
    among them or not.
    """

    summary: TraceSummary
    groups: Iterator[Sequence[StoredSpan]]


@attrs.frozen(kw_only=True, slots=False)
class SearchHit:
    """A trace in which the words were found, and the newest span and field that hold them.

    `excerpt` is the text around the first word; `highlights` are the pairs of start and end,
    in characters of `excerpt`, where words stand.
    """

    trace_id: str
    span_id: str
    name: str
    span_type: str
    service_name: str
    started_at: datetime
    status: str
    field: str
    excerpt: str
    highlights: list[tuple[int, int]]


@attrs.frozen(kw_only=True, slots=False)
class Page(Generic[T]):
    """A part of a long answer. `next_cursor` leads to the next part; None at the end."""

    items: list[T]
    next_cursor: str | None = None


def decode_raw(raw: Raw) -> Any:
    """Turn a `Raw` field into Python objects: dict, list, str, int, float, bool or None.

    A number beyond what Python reads is given as the text that was sent.
    """
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError:
        return json.loads(bytes(raw), parse_int=_whole_number, parse_float=_number)


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _number(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text
