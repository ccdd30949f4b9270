"""One trace that every OpenTelemetry SDK is told to make, and what Prela must show of it.

The trace is data, so that programs in any language make the same: spans with their kind, start
and end in milliseconds after the trace's start, attributes, events, links and status.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.conftest import NOW, Api, moment

__all__ = ["SERVICE", "assert_family", "family"]

SERVICE = "shop"

_ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Wo ist 退款 1042?"}]}]
_ANSWERED = [{"role": "assistant", "parts": [{"type": "text", "content": "I'll look."}]}]

_MIXED = {
    "order.count": 2**40,
    "order.share": 0.5,
    "order.open": True,
    "order.names": ["déjà", "vu"],
    "order.numbers": [1, 2],
    "order.none": [],
}

SPANS: list[dict[str, Any]] = [
    {
        "name": "answer",
        "start": 0,
        "end": 1000,
        "attributes": {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "support",
            "session.id": "session-7",
            "user.id": "user-7",
        },
    },
    {
        "name": "chat gpt-4o",
        "parent": "answer",
        "kind": "CLIENT",
        "start": 100,
        "end": 400,
        "attributes": {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 20,
            "gen_ai.response.time_to_first_chunk": 0.05,
            "gen_ai.conversation.id": "session-7",
            "gen_ai.input.messages": json.dumps(_ASKED),
            "gen_ai.output.messages": json.dumps(_ANSWERED),
        },
        "events": [{"name": "first token", "at": 150, "attributes": {"index": 0, "share": 0.25}}],
    },
    {
        "name": "execute_tool look_up",
        "parent": "answer",
        "start": 400,
        "end": 700,
        "attributes": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "look_up",
            "gen_ai.tool.call.arguments": '{"order": 1042}',
        },
        "error": "the shelf is empty",
    },
    {
        "name": "embeddings",
        "parent": "execute_tool look_up",
        "kind": "CLIENT",
        "start": 450,
        "end": 500,
        "attributes": {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "text-embedding-3-small",
            "gen_ai.usage.input_tokens": 8,
        },
    },
    {
        "name": "retrieval orders",
        "parent": "execute_tool look_up",
        "start": 500,
        "end": 600,
        "attributes": {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.retrieval.query.text": "order 1042",
            "gen_ai.retrieval.documents": '[{"id": "doc-1", "score": 0.9}]',
        },
    },
    {
        "name": "render",
        "parent": "answer",
        "start": 900,
        "end": 950,
        "attributes": _MIXED,
        "links": ["chat gpt-4o"],
    },
]

_COLUMNS = {
    "answer": {
        "span_type": "agent",
        "agent_name": "support",
        "session_id": "session-7",
        "user_id": "user-7",
        "cost_usd": None,
    },
    "chat gpt-4o": {
        "span_type": "llm",
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "input_tokens": 120,
        "output_tokens": 30,
        "cache_read_tokens": 20,
        # A hundred fresh tokens at $2.50 a million, twenty cached ones at half, thirty out at $10.
        "cost_usd": pytest.approx((100 * 2.5 + 20 * 1.25 + 30 * 10) / 1e6),
        "cost_source": "computed",
        "session_id": "session-7",
        "ttft_ms": 50.0,
    },
    "execute_tool look_up": {
        "span_type": "tool",
        "tool_name": "look_up",
        "status": "error",
        "status_message": "the shelf is empty",
    },
    "embeddings": {
        "span_type": "embedding",
        "model": "text-embedding-3-small",
        "input_tokens": 8,
        "output_tokens": None,
        "cost_usd": pytest.approx(8 * 0.02 / 1e6),
    },
    "retrieval orders": {"span_type": "retrieval"},
    "render": {"span_type": "custom", "input": None, "output": None},
}

_SAID = {
    "chat gpt-4o": ("Wo ist 退款 1042?", "I'll look."),
    "execute_tool look_up": ("1042", None),
    "retrieval orders": ("order 1042", "doc-1"),
}
"""What must be found in the input and in the output, whatever form they are shown in."""


def family() -> dict[str, Any]:
    """Give the trace as its programs read it."""
    return {"service": SERVICE, "started_at_micros": _micros(), "spans": SPANS}


def _micros() -> int:
    return int(NOW.timestamp()) * 1_000_000 + NOW.microsecond


def assert_family(api: Api, made: Mapping[str, Mapping[str, str]]) -> None:
    """Hold what is shown to what was made: for each span's name, its `trace_id` and `span_id`."""
    (trace_id,) = {one["trace_id"] for one in made.values()}
    found = api.trace(trace_id, spans=len(SPANS))
    assert len(SPANS) == found["span_count"]
    assert [one["span_id"] for one in made.values()] == [one["span_id"] for one in found["spans"]]
    assert found["name"] == "answer"
    assert found["service_name"] == SERVICE
    assert found["root_span_id"] == made["answer"]["span_id"]
    assert (found["started_at"], found["completed_at"]) == (moment(0), moment(1))
    assert (found["status"], found["error_count"]) == ("error", 1)
    assert (found["input_tokens"], found["output_tokens"]) == (128, 30)
    assert sorted(found["models"]) == ["gpt-4o-2024-08-06", "text-embedding-3-small"]
    for sent, shown in zip(SPANS, found["spans"], strict=True):
        _assert_span(sent, shown, made)
    listed = api.walk("/api/v1/traces", session_id="session-7", user_id="user-7", limit=100)
    assert 1 == [row["trace_id"] for row in listed].count(trace_id)


def _assert_span(
    sent: dict[str, Any], shown: dict[str, Any], made: Mapping[str, Mapping[str, str]]
) -> None:
    parent = sent.get("parent")
    assert shown["name"] == sent["name"]
    assert shown["parent_span_id"] == (made[parent]["span_id"] if parent else None)
    assert shown["service_name"] == SERVICE
    assert shown["environment"] == "staging"
    assert shown["started_at"] == moment(sent["start"] / 1000)
    assert shown["ended_at"] == moment(sent["end"] / 1000)
    assert shown["duration_ms"] == sent["end"] - sent["start"]
    expected = {"status": "success", "status_message": None} | _COLUMNS[sent["name"]]
    assert expected == {column: shown[column] for column in expected}
    assert sent["attributes"] == {key: shown["attributes"].get(key) for key in sent["attributes"]}
    for text, column in zip(_SAID.get(sent["name"], ()), ("input", "output"), strict=False):
        assert text is None or text in shown[column]
    for event in sent.get("events", ()):
        (seen,) = shown["events"]
        assert (event["name"], event["attributes"]) == (seen["name"], seen["attributes"])
        assert moment(event["at"] / 1000) == seen["timestamp"]
    assert [made[name]["span_id"] for name in sent.get("links", ())] == [
        link["span_id"] for link in shown["links"] or ()
    ]
