from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from prela_core.model import SpanRecord

SpanMaker = Callable[..., SpanRecord]


@pytest.fixture(scope="session")
def make_span() -> SpanMaker:
    def make(
        attributes: dict[str, Any] | bytes | None = None,
        *,
        events: list[dict[str, Any]] | bytes = b"[]",
        span_type: str = "",
    ) -> SpanRecord:
        def as_json(value: Any) -> bytes:
            if isinstance(value, bytes):
                return value
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

        return SpanRecord(
            trace_id="t",
            span_id="s",
            parent_span_id="",
            name="n",
            span_type=span_type,
            span_type_sent=span_type,
            service_name="svc",
            started_at=0,
            ended_at=1,
            duration_ms=0.001,
            status="success",
            status_sent="success",
            status_message="",
            attributes=as_json(attributes or {}),
            events=as_json(events),
            links=b"[]",
        )

    return make
