"""A real `openai` client, observed by OpenInference, OpenLLMetry and our own published SDK."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.clients.conftest import Clients
from tests.conftest import Api

QUESTION = "Wo ist 退款 1042?"
ANSWER = "You said: Wo ist 退款 1042?"

_CALL = {
    "span_type": "llm",
    "provider": "openai",
    "model": "gpt-4o-2024-08-06",
    "status": "success",
    "status_message": None,
    # A token is a word. Those of the system message come from a cache, at half the price.
    "input_tokens": 7,
    "cache_read_tokens": 3,
    "output_tokens": 6,
    "cost_usd": pytest.approx((4 * 2.5 + 3 * 1.25 + 6 * 10) / 1e6),
}
_TOOL = {"output_tokens": 5, "cost_usd": pytest.approx((4 * 2.5 + 3 * 1.25 + 5 * 10) / 1e6)}
_FAILED = {"status": "error", "output_tokens": None, "cost_usd": None, "output": None}

COLUMNS: dict[str, dict[str, Any]] = {
    "plain": _CALL,
    "streamed": _CALL,
    "tool": _CALL | _TOOL,
    "tool streamed": _CALL | _TOOL,
    "thinking": _CALL
    | {
        "output_tokens": 11,
        "reasoning_tokens": 5,
        "cost_usd": pytest.approx((4 * 2.5 + 3 * 1.25 + 11 * 10) / 1e6),
    },
    "embeddings": {
        "span_type": "embedding",
        "provider": "openai",
        "model": "text-embedding-3-small",
        "status": "success",
        "input_tokens": 3,
        "output_tokens": None,
        "cost_usd": pytest.approx(3 * 0.02 / 1e6),
    },
    "response": _CALL,
    "response streamed": _CALL,
    "retried": {"span_type": "llm", "model": "busy-model"} | _FAILED,
    "broken": {"span_type": "llm", "model": "broken-model"} | _FAILED,
    "refused": {"span_type": "llm", "model": "gpt-4o"} | _FAILED,
}
SAID = {
    "plain": (QUESTION, ANSWER),
    "streamed": (QUESTION, ANSWER),
    "tool": (QUESTION, "look_up"),
    "tool streamed": (QUESTION, "look_up"),
    "thinking": (QUESTION, ANSWER),
    "embeddings": ("one two", None),
    "response": (QUESTION, ANSWER),
    "response streamed": (QUESTION, ANSWER),
    "broken": (QUESTION, None),
}
REASONS = {"retried": "429", "broken": "The server had an error.", "refused": "Incorrect API key"}


@attrs.frozen
class Observed:
    """What a program said of its trace, and the trace that is shown."""

    said: dict[str, Any]
    trace: dict[str, Any]

    @property
    def by_id(self) -> dict[str, dict[str, Any]]:
        return {one["span_id"]: one for one in self.trace["spans"]}

    def call(self, name: str) -> dict[str, Any]:
        """Give the one span that the instrumentor made in the program's own span of a call."""
        around = self.said["made"][name]
        (found,) = [one for one in self.trace["spans"] if one["parent_span_id"] == around]
        return found


def _observe(program: str, own: int, collector: Api, clients: Clients, openai_url: str) -> Observed:
    asked = {"url": clients.url, "key": clients.key, "openai_url": openai_url, "service": program}
    said = clients.run(program, asked)
    return Observed(said, collector.trace(said["trace_id"], spans=own + 2 * len(COLUMNS)))


@pytest.fixture(scope="module")
def openinference(collector: Api, clients: Clients, openai_url: str) -> Observed:
    return _observe("openinference_sdk", 1, collector, clients, openai_url)


@pytest.fixture(scope="module")
def openllmetry(collector: Api, clients: Clients, openai_url: str) -> Observed:
    return _observe("openllmetry_sdk", 3, collector, clients, openai_url)


@pytest.fixture(params=["openinference", "openllmetry"])
def observed(request: pytest.FixtureRequest) -> Observed:
    found: Observed = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("name", COLUMNS)
def test_a_call_is_one_span_that_says_all(observed: Observed, name: str) -> None:
    shown = observed.call(name)

    assert COLUMNS[name] == {column: shown[column] for column in COLUMNS[name]}
    assert (shown["session_id"], shown["user_id"]) == ("session-7", "user-7")
    for text, column in zip(SAID.get(name, ()), ("input", "output"), strict=False):
        assert text is None or text in shown[column]
    if name in REASONS:
        assert REASONS[name] in shown["status_message"]
    around = observed.by_id[shown["parent_span_id"]]
    assert around["name"] == name
    assert around["started_at"] <= shown["started_at"]
    assert shown["started_at"] <= shown["ended_at"] <= around["ended_at"]


def test_the_trace_is_whole_and_counts_every_call_once(observed: Observed) -> None:
    found = observed.trace

    assert len(found["spans"]) == len(observed.by_id) == found["span_count"]
    assert found["root_span_id"] == observed.said["root"]
    assert set(observed.said["made"].values()) <= observed.by_id.keys()
    assert found["error_count"] == len(REASONS)
    for total in ("input_tokens", "output_tokens"):
        assert found[total] == sum(columns.get(total) or 0 for columns in COLUMNS.values())


def test_what_was_asked_is_found_in_any_script(collector: Api, observed: Observed) -> None:
    hits = collector.walk("/api/v1/search", q='"退款 1042"', limit=100)

    assert observed.trace["trace_id"] in [hit["trace_id"] for hit in hits]


def test_openinference_says_which_agent(openinference: Observed) -> None:
    root = openinference.by_id[openinference.said["root"]]

    assert (root["span_type"], root["agent_name"]) == ("agent", "support")


def test_openllmetry_shows_its_workflow_agent_and_tool(openllmetry: Observed) -> None:
    said = openllmetry.said
    workflow, agent, tool = (
        openllmetry.by_id[said[name]] for name in ("root", "support", "look_up")
    )

    assert [one["span_type"] for one in (workflow, agent, tool)] == ["chain", "agent", "tool"]
    assert (agent["agent_name"], tool["tool_name"]) == ("support", "look_up")
    assert said["root"] == agent["parent_span_id"]
    assert said["support"] == tool["parent_span_id"]
    assert "1042" in tool["input"]
    assert "lost" in tool["output"]


# What it sees of the calls: neither how their streams go on nor the tokens that were cached.
PUBLISHED: dict[str, tuple[int | None, int | None]] = {
    "plain": (7, 6),
    "streamed": (None, None),
    "tool": (7, 5),
    "tool streamed": (None, None),
    "thinking": (7, 11),
    "embeddings": (3, None),
    "retried": (None, None),
    "broken": (None, None),
    "refused": (None, None),
}


def test_the_published_sdk_shows_what_it_saw(
    collector: Api, clients: Clients, openai_url: str
) -> None:
    asked = {"url": clients.url, "key": clients.key, "openai_url": openai_url, "service": "first"}
    said = clients.run("published_sdk_openai", asked)

    spans = 1 + len(COLUMNS) + len(PUBLISHED)
    found = Observed(said, collector.trace(said["trace_id"], spans=spans))
    assert spans == found.trace["span_count"] == len(found.by_id)
    root = found.by_id[said["root"]]
    assert (root["span_type"], root["user_id"]) == ("agent", "user-7")
    for name, (tokens_in, tokens_out) in PUBLISHED.items():
        shown = found.call(name)
        assert shown["span_type"] == COLUMNS[name]["span_type"]
        assert shown["provider"] == "openai"
        assert COLUMNS[name]["model"].startswith(shown["model"])
        assert (shown["input_tokens"], shown["output_tokens"]) == (tokens_in, tokens_out)
        assert (shown["cost_usd"] is None) == (tokens_in is None)
        if name in REASONS:
            assert shown["status"] == "error"
            assert REASONS[name] in shown["status_message"]
        if name != "embeddings":
            assert QUESTION in shown["input"]
        if tokens_out is not None:
            assert SAID[name][1] in shown["output"]
