"""Spans to Prela JSON: the body that `POST /v1/traces` takes."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import Enum
from typing import Any

import attrs

from prela_core.model import Span, Status, to_micros, to_rfc3339

__all__ = ["fields_of", "json_value", "span_to_json", "trace_to_json"]

_DEEPEST = 32
"""Levels of an attribute that are kept: far more than people nest, and a cycle has an end."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64 = 2**63


def span_to_json(span: Span) -> dict[str, Any]:
    """Give `span` as the JSON object that a server takes.

    Times are RFC 3339 with microseconds and `Z`; `duration_ms` is 0 while the span goes on.
    """
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "name": json_value(span.name),
        "span_type": span.span_type.value if span.span_type else None,
        "service_name": json_value(span.service_name),
        "started_at": _time(span.started_at),
        "ended_at": _time(span.ended_at) if span.ended_at else None,
        "duration_ms": span.duration_ms or 0.0,
        "status": span.status.value,
        "status_message": json_value(span.status_message),
        "attributes": json_value(span.attributes),
        "events": [
            {
                "name": json_value(event.name),
                "timestamp": _time(event.timestamp),
                "attributes": json_value(event.attributes),
            }
            for event in span.events
        ],
        "links": [
            {
                "trace_id": link.trace_id,
                "span_id": link.span_id,
                "attributes": json_value(link.attributes),
            }
            for link in span.links
        ],
    }


def trace_to_json(spans: Sequence[Span], encoded: Sequence[Any] | None = None) -> dict[str, Any]:
    """Give spans of one trace (at least one) as the body of `POST /v1/traces`.

    What it says of the trace as a whole is said of these spans; a server reckons for itself.
    `encoded` are the JSON objects of `spans`, where they have been made already.
    """
    head = min(spans, key=lambda span: (span.parent_span_id is not None, span.started_at))
    started_at = min(span.started_at for span in spans)
    ends = [span.ended_at for span in spans if span.ended_at is not None]
    completed_at = max(ends) if len(ends) == len(spans) else None
    statuses = {span.status for span in spans}
    status = next((one for one in (Status.ERROR, Status.PENDING) if one in statuses), None)
    return {
        "trace_id": head.trace_id,
        "service_name": json_value(head.service_name),
        "started_at": _time(started_at),
        "completed_at": _time(completed_at) if completed_at else None,
        "duration_ms": (completed_at - started_at).total_seconds() * 1000 if completed_at else 0.0,
        "status": (status or Status.SUCCESS).value,
        "root_span_id": None if head.parent_span_id else head.span_id,
        "spans": [span_to_json(span) for span in spans] if encoded is None else encoded,
    }


def json_value(value: Any) -> Any:
    """Copy `value` as something that strict JSON can say; never raises for what it is given.

    NaN and infinities become None, integers beyond 64 bits their digits, lone surrogates
    U+FFFD, moments RFC 3339, bytes their text. Data classes, attrs classes and pydantic models
    become objects, sets lists, keys texts. Anything else becomes its `repr`; what lies deeper
    than 32 levels becomes an ellipsis.
    """
    return _value(value, 0)


def _value(value: Any, depth: int) -> Any:
    if type(value) is str:
        return _text(value)
    # Whatever is asked of it, a value's own code may answer: `isinstance` asks for `__class__`,
    # which fails for the proxies of a web framework outside of a request.
    try:
        return _other(value, depth)
    except Exception as error:  # noqa: BLE001 - an attribute's own code must not break a program
        return f"<{type(value).__name__}: {type(error).__name__}>"


def _other(value: Any, depth: int) -> Any:
    if isinstance(value, Enum):
        return _value(value.value, depth)
    if value is None or isinstance(value, (bool, int, float)):
        return _plain(value)
    return "…" if depth >= _DEEPEST else _compound(value, depth)


def _compound(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, datetime):
        return _time(value)
    fields = fields_of(value)
    if fields is not None:
        return {_text(str(key)): _value(one, depth + 1) for key, one in fields}
    if isinstance(value, (Sequence, AbstractSet)):
        return [_value(one, depth + 1) for one in value]
    return _text(repr(value))


def fields_of(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """Give what `value` holds by name; None when it is nothing of that kind."""
    if isinstance(value, Mapping):
        return value.items()
    kind = type(value)
    if attrs.has(kind):
        return [(field.name, getattr(value, field.name)) for field in attrs.fields(kind)]
    if dataclasses.is_dataclass(kind):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(kind)]
    if callable(getattr(kind, "model_dump", None)):
        dumped: dict[str, Any] = value.model_dump()
        return dumped.items()
    return None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return int(value) if -_INT64 <= value < 2 * _INT64 else _digits(value)


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return hex(value)


def _text(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _time(moment: datetime) -> str:
    return to_rfc3339(to_micros(moment))
