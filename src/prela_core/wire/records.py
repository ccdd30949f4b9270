"""A span of a program as the record that a server would make of it, without one."""

from __future__ import annotations

import msgspec

from prela_core.model import Span, SpanRecord
from prela_core.wire.encode import span_to_json
from prela_core.wire.limits import Limits
from prela_core.wire.prela_json import decode_span

__all__ = ["to_record"]

_LIMITS = Limits()


def to_record(span: Span, *, received_at: int, limits: Limits = _LIMITS) -> SpanRecord:
    """Give the record of `span` as if it had been received at `received_at` (microseconds).

    It goes through the JSON that is sent and the reading of it, so that what is shown in a
    program can't differ from what is stored. Raises `InvalidError` for a span that no server
    takes, such as one with an empty id.
    """
    body = msgspec.json.encode(span_to_json(span))
    return decode_span(body, received_at=received_at, limits=limits).spans[0]
