"""Langfuse's SDK, sent elsewhere by its own settings: an address and a key."""

from __future__ import annotations

import pytest
from tests.clients.conftest import Clients
from tests.conftest import Api

_COLUMNS = {
    "support": {"span_type": "agent", "input": "1042?"},
    "plan": {
        "span_type": "llm",
        "model": "gpt-4o",
        "input_tokens": 100,
        "output_tokens": 30,
        "cache_read_tokens": 20,
        "cost_usd": pytest.approx((100 * 2.5 + 20 * 1.25 + 30 * 10) / 1e6),
        "cost_source": "computed",
    },
    "priced": {
        "span_type": "llm",
        "input_tokens": 9,
        "cost_usd": 0.25,
        "cost_source": "sent",
    },
    "look_up": {"span_type": "tool"},
    "search": {"span_type": "retrieval"},
    "render": {
        "span_type": "custom",
        "status": "error",
        "status_message": "no such template",
    },
}
_SAID = {
    "plan": ("Wo ist 退款 1042?", "I'll look."),
    "look_up": ("1042", "lost"),
    "search": ("orders", "doc about orders"),
}


def test_what_it_observes_is_shown(collector: Api, clients: Clients) -> None:
    said = clients.run(
        "langfuse_sdk",
        {},
        LANGFUSE_BASE_URL=clients.url,
        LANGFUSE_PUBLIC_KEY="pk-lf-1",
        LANGFUSE_SECRET_KEY=clients.key,
        OTEL_SERVICE_NAME="observed",
    )

    found = collector.trace(said["trace_id"], spans=len(_COLUMNS))

    made = said["made"]
    assert len(_COLUMNS) == found["span_count"]
    shown = {one["name"]: one for one in found["spans"]}
    assert made == {name: one["span_id"] for name, one in shown.items()}
    assert made["support"] == found["root_span_id"]
    assert (found["status"], found["error_count"]) == ("error", 1)
    assert (found["input_tokens"], found["output_tokens"]) == (109, 30)
    for name, one in shown.items():
        assert one["parent_span_id"] == (None if name == "support" else made["support"])
        assert (one["user_id"], one["session_id"]) == ("user-7", "session-7")
        assert (one["service_name"], one["environment"]) == ("observed", "staging")
        assert shown["support"]["started_at"] <= one["started_at"] <= one["ended_at"]
        expected = {"status": "success"} | _COLUMNS[name]
        assert expected == {column: one[column] for column in expected}
    for name, (went_in, came_out) in _SAID.items():
        assert went_in in shown[name]["input"]
        assert came_out in shown[name]["output"]
