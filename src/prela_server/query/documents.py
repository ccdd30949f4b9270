"""What the parameters of queries mean, for those who ask: one entry for each.

`schema` says what to send. Of some parameters more is understood, such as `ok` for `success`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from prela_core.model import SpanType, Status
from prela_core.store import MAX_LIMIT, Order, SpanOrder
from prela_server.query.parameters import MAX_ATTRIBUTES, MAX_TEXT

__all__ = ["ATTRIBUTES", "OTHER_TRACE_ID", "PARAMETERS", "SPAN_PARAMETERS", "ParameterNote"]

OTHER_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
"""The id of another run, for examples."""

_DAYS = r"^(19[7-9][0-9]|20[0-9][0-9])-"
_TEXT: dict[str, Any] = {"type": "string", "maxLength": MAX_TEXT}
_MOMENT = {"type": "string", "format": "date-time", "pattern": _DAYS}
_MILLISECONDS = {"type": "number", "minimum": 0, "exclusiveMaximum": 1e15}


@attrs.frozen
class ParameterNote:
    """The JSON Schema of a parameter's value, what it means, and a value to show."""

    schema: Mapping[str, Any]
    description: str
    example: Any


PARAMETERS: Mapping[str, ParameterNote] = MappingProxyType(
    {
        "service_name": ParameterNote(
            _TEXT, "Some span of the trace comes from this program.", "support-agent"
        ),
        "span_type": ParameterNote(
            {"type": "string", "enum": [word.value for word in SpanType]},
            "Some span of the trace is of this kind.",
            "tool",
        ),
        "name": ParameterNote(
            _TEXT, "Some span of the trace has exactly this name.", "lookup_order"
        ),
        "model": ParameterNote(_TEXT, "Some span of the trace called this model.", "gpt-4o"),
        "user_id": ParameterNote(_TEXT, "Some span of the trace was for this user.", "user-42"),
        "session_id": ParameterNote(
            _TEXT, "Some span of the trace is of this session or conversation.", "session-7"
        ),
        "agent_name": ParameterNote(
            _TEXT, "Some span of the trace was taken by this agent.", "support"
        ),
        "environment": ParameterNote(
            _TEXT, "Some span of the trace comes from this environment.", "production"
        ),
        "q": ParameterNote(
            {"type": "string", "minLength": 1, "maxLength": 1000, "pattern": r'[^\s"]'},
            'Words and "quoted phrases", at most 16, that all occur in one span: in its name, '
            "input, output, status message, attributes or events. Letter case does not matter, "
            "and a part of a word is enough.",
            "refund",
        ),
        "status": ParameterNote(
            {"type": "string", "enum": [word.value for word in Status]},
            "How the trace as a whole went: `error` if any of its spans failed, else `pending` "
            "while any of them runs, else `success`. `ok`, `completed` and `failed` are also "
            "understood.",
            "success",
        ),
        "min_duration_ms": ParameterNote(
            _MILLISECONDS, "The trace took at least so many milliseconds.", 100
        ),
        "max_duration_ms": ParameterNote(
            _MILLISECONDS, "The trace took at most so many milliseconds.", 60000
        ),
        "start_time": ParameterNote(
            _MOMENT,
            "The trace started at this moment or later: RFC 3339, of 1970 to 2099, UTC if no "
            "zone is given.",
            "2026-01-01T00:00:00Z",
        ),
        "end_time": ParameterNote(
            _MOMENT,
            "The trace started before this moment: RFC 3339, of 1970 to 2099, UTC if no zone "
            "is given.",
            "2027-01-01T00:00:00Z",
        ),
        "query": ParameterNote(
            _TEXT,
            "What is asked for, in the query language: `status:error model:claude* duration>2s "
            'cost>0.05 attr.env:prod "exact words"`, with `and`, `or`, `not`, parentheses, '
            "`any(...)` and `all(...)`. It holds beside the other conditions.",
            "status:error duration>2s",
        ),
        "order": ParameterNote(
            {
                "type": "string",
                "enum": [order.value for order in Order],
                "default": Order.NEWEST.value,
            },
            "What the list is sorted by. A minus sign puts the largest first; ties are broken by "
            "trace id, so that paging is exact.",
            Order.SLOWEST.value,
        ),
        "to": ParameterNote(
            {**_TEXT, "minLength": 1},
            "The id of the trace to compare with, such as a later run.",
            OTHER_TRACE_ID,
        ),
        "limit": ParameterNote(
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50},
            "How many items the answer may hold.",
            5,
        ),
        "cursor": ParameterNote(
            _TEXT,
            "The `next_cursor` of the page before, sent with the same other parameters (`limit` "
            "may change). It can't be used together with `offset`.",
            None,
        ),
        "offset": ParameterNote(
            {"type": "integer", "minimum": 0, "maximum": 100_000, "default": 0},
            "How many items to pass over. Following `next_cursor` is faster and misses nothing.",
            0,
        ),
    }
)
"""By name, in the order of `query.parameters`."""

SPAN_PARAMETERS: Mapping[str, ParameterNote] = MappingProxyType(
    {
        "order": ParameterNote(
            {
                "type": "string",
                "enum": [order.value for order in SpanOrder],
                "default": SpanOrder.NEWEST.value,
            },
            "What the list is sorted by. A minus sign puts the largest first; spans without a "
            "cost come last, and ties are broken by trace id and span id.",
            SpanOrder.SLOWEST.value,
        ),
        "query": ParameterNote(
            _TEXT,
            "What is asked for, in the query language: `type:tool status:error duration>2s`. "
            "`any(...)` and `all(...)` are about the spans of the same trace.",
            "type:tool status:error",
        ),
        "start_time": ParameterNote(
            _MOMENT,
            "The span started at this moment or later: RFC 3339, of 1970 to 2099, UTC if no zone "
            "is given.",
            "2026-01-01T00:00:00Z",
        ),
        "end_time": ParameterNote(
            _MOMENT,
            "The span started before this moment: RFC 3339, of 1970 to 2099, UTC if no zone is "
            "given.",
            "2027-01-01T00:00:00Z",
        ),
    }
)
"""What those of `PARAMETERS` mean that mean something else where spans are asked for."""

ATTRIBUTES = ParameterNote(
    {
        "type": "object",
        "propertyNames": {"pattern": r"^attr\..+"},
        "additionalProperties": _TEXT,
        "maxProperties": MAX_ATTRIBUTES,
    },
    "`attr.<key>=<value>`, up to 8 times: some span of the trace has the attribute `<key>`, with "
    "this text or, if it is no text, this JSON.",
    {"attr.order": "1042"},
)
"""All parameters whose names begin with `attr.`, which OpenAPI describes as an exploded object."""
