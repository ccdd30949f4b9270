from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prela_core.conventions import explain, resolve
from prela_core.model import SpanRecord, SpanType

SpanMaker = Callable[..., SpanRecord]

WORDS = [
    *(("prela.span_type", word.value, word) for word in SpanType),
    ("openinference.span.kind", "AGENT", "agent"),
    ("openinference.span.kind", "LLM", "llm"),
    ("openinference.span.kind", "TOOL", "tool"),
    ("openinference.span.kind", "RETRIEVER", "retrieval"),
    ("openinference.span.kind", "EMBEDDING", "embedding"),
    ("openinference.span.kind", "CHAIN", "chain"),
    ("openinference.span.kind", "RERANKER", "reranker"),
    ("openinference.span.kind", "GUARDRAIL", "guardrail"),
    ("openinference.span.kind", "EVALUATOR", "evaluator"),
    ("openinference.span.kind", "PROMPT", "custom"),
    ("gen_ai.operation.name", "chat", "llm"),
    ("gen_ai.operation.name", "text_completion", "llm"),
    ("gen_ai.operation.name", "generate_content", "llm"),
    ("gen_ai.operation.name", "embeddings", "embedding"),
    ("gen_ai.operation.name", "retrieval", "retrieval"),
    ("gen_ai.operation.name", "execute_tool", "tool"),
    ("gen_ai.operation.name", "create_agent", "agent"),
    ("gen_ai.operation.name", "invoke_agent", "agent"),
    ("gen_ai.operation.name", "invoke_workflow", "agent"),
    ("gen_ai.operation.name", "plan", "agent"),
    ("gen_ai.operation.name", "search_memory", "custom"),
    ("gen_ai.operation.name", "update_memory", "custom"),
    ("ai.operationId", "ai.generateText", "chain"),
    ("ai.operationId", "ai.generateText.doGenerate", "llm"),
    ("ai.operationId", "ai.streamText.doStream", "llm"),
    ("ai.operationId", "ai.embed.doEmbed", "embedding"),
    ("ai.operationId", "ai.toolCall", "tool"),
    ("traceloop.span.kind", "workflow", "chain"),
    ("traceloop.span.kind", "task", "chain"),
    ("traceloop.span.kind", "agent", "agent"),
    ("traceloop.span.kind", "tool", "tool"),
    ("llm.request.type", "chat", "llm"),
    ("llm.request.type", "completion", "llm"),
    ("llm.request.type", "embedding", "embedding"),
    ("llm.request.type", "rerank", "reranker"),
    ("langfuse.observation.type", "agent", "agent"),
    ("langfuse.observation.type", "chain", "chain"),
    ("langfuse.observation.type", "embedding", "embedding"),
    ("langfuse.observation.type", "evaluator", "evaluator"),
    ("langfuse.observation.type", "event", "custom"),
    ("langfuse.observation.type", "generation", "llm"),
    ("langfuse.observation.type", "guardrail", "guardrail"),
    ("langfuse.observation.type", "retriever", "retrieval"),
    ("langfuse.observation.type", "tool", "tool"),
]


@pytest.mark.parametrize(("spelling", "word", "expected"), WORDS)
def test_every_word_in_any_letter_case(
    make_span: SpanMaker, spelling: str, word: Any, expected: Any
) -> None:
    for sent in (word, word.upper(), word.lower(), f" {word.title()} "):
        span = make_span({spelling: sent})
        assert expected == resolve(span).span_type
        assert spelling == explain(span)["span_type"]


# In order of precedence, each with a type that no later one gives.
PRECEDENCE = [
    ("prela.span_type", "guardrail", "guardrail"),
    ("openinference.span.kind", "EVALUATOR", "evaluator"),
    ("gen_ai.operation.name", "retrieval", "retrieval"),
    ("ai.operationId", "ai.embed.doEmbed", "embedding"),
    ("traceloop.span.kind", "agent", "agent"),
    ("langfuse.observation.type", "chain", "chain"),
    ("gen_ai.tool.call.id", "call-1", "tool"),
    ("llm.model", "gpt-4", "llm"),
]


@pytest.mark.parametrize("first", range(len(PRECEDENCE)))
def test_precedence_whatever_the_order_of_keys(make_span: SpanMaker, first: int) -> None:
    present = PRECEDENCE[first:]
    attributes = {spelling: word for spelling, word, _ in present}

    assert present[0][2] == resolve(make_span(attributes)).span_type
    assert present[0][2] == resolve(make_span(dict(reversed(attributes.items())))).span_type


def test_the_payloads_own_type_wins_over_all(make_span: SpanMaker) -> None:
    span = make_span({s: w for s, w, _ in PRECEDENCE}, span_type="reranker")

    assert "reranker" == resolve(span).span_type
    assert "span_type" == explain(span)["span_type"]


def test_a_span_that_says_nothing_is_custom(make_span: SpanMaker) -> None:
    assert "custom" == resolve(make_span({})).span_type
    assert {"span_type": "default"} == explain(make_span({}))


def test_an_unknown_word_is_passed_over_save_our_own(make_span: SpanMaker) -> None:
    foreign = {"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "chat"}
    own = {"prela.span_type": "juggling", "gen_ai.operation.name": "chat"}

    assert "llm" == resolve(make_span(foreign)).span_type
    assert "custom" == resolve(make_span(own)).span_type


@pytest.mark.parametrize("word", [None, "", 7, [], ["LLM"], {"a": "LLM"}, True])
def test_a_word_of_another_json_type_is_no_word(make_span: SpanMaker, word: Any) -> None:
    span = make_span({"openinference.span.kind": word, "traceloop.span.kind": "tool"})

    assert "tool" == resolve(span).span_type


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("gen_ai.tool.name", "tool"),
        ("gen_ai.tool.call.arguments", "tool"),
        ("gen_ai.tool.type", "tool"),
        ("gen_ai.tool.anything.new", "tool"),
        ("gen_ai.tool.definitions", "llm"),
        ("gen_ai.toolbox", "llm"),
    ],
)
def test_any_attribute_of_a_tool_makes_a_tool_but_an_offer_of_tools_does_not(
    make_span: SpanMaker, key: str, expected: Any
) -> None:
    span = make_span({"gen_ai.request.model": "gpt-4", key: "x"})

    assert expected == resolve(span).span_type


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("llm.model_name", "llm"),
        ("embedding.model_name", "embedding"),
        ("reranker.model_name", "reranker"),
    ],
)
def test_what_a_model_makes_of_a_span(make_span: SpanMaker, spelling: str, expected: Any) -> None:
    assert expected == resolve(make_span({spelling: "m"})).span_type
    assert spelling == explain(make_span({spelling: "m"}))["span_type"]
