"""The published SDK's OTLP exporter; its other exporters are in `acceptance`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.clients.conftest import Clients
from tests.conftest import Api

# It multiplies seconds as a float, and so is off by some hundred nanoseconds.
_ROUNDED = timedelta(microseconds=1)


def _hex(identifier: str | None, digits: int) -> str | None:
    """Give an id as OTLP has it, which its exporter makes of the SDK's dashed UUIDs."""
    return None if identifier is None else identifier.replace("-", "")[:digits]


def test_its_trace_comes_whole_and_once(collector: Api, clients: Clients) -> None:
    asked = {"url": clients.url, "key": clients.key, "service": "published"}
    said: list[dict[str, Any]] = clients.run("published_sdk_otlp", asked)
    (trace_id,) = {_hex(one["trace_id"], 32) for one in said}
    assert trace_id is not None

    found = collector.trace(trace_id, spans=3)

    assert found["span_count"] == 3
    assert (found["status"], found["error_count"]) == ("error", 1)
    assert (found["service_name"], found["name"]) == ("published", "answer")
    for sent, shown in zip(said, found["spans"], strict=True):
        assert _hex(sent["span_id"], 16) == shown["span_id"]
        assert _hex(sent["parent_span_id"], 16) == shown["parent_span_id"]
        assert sent["name"] == shown["name"]
        for field in ("started_at", "ended_at"):
            off = datetime.fromisoformat(sent[field]) - datetime.fromisoformat(shown[field])
            assert abs(off) <= _ROUNDED
        del sent["attributes"]["service.name"]  # which is sent of the resource
        assert sent["attributes"].items() <= shown["attributes"].items()
    answer, plan, tool = found["spans"]
    assert (answer["user_id"], answer["session_id"]) == ("user-7", "session-7")
    # It sends no types over OTLP: what a span is can only be told by its attributes.
    assert plan["span_type"] == "llm"
    assert (plan["model"], plan["input_tokens"], plan["output_tokens"]) == ("gpt-4", 120, 30)
    assert pytest.approx((120 * 30 + 30 * 60) / 1e6) == plan["cost_usd"]
    assert "退款" in plan["input"]
    assert "I'll look." in plan["output"]
    assert [event["name"] for event in plan["events"]] == ["first token"]
    assert tool["tool_name"] == "look_up"
    assert (tool["status"], tool["status_message"]) == ("error", "the index is away")
