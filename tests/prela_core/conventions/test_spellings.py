"""Every row of the reference table in every spelling, alone and against all that come later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prela_core.conventions import COLUMNS, TypedColumns, explain, resolve
from prela_core.conventions.readers import READERS, USUAL_READER
from prela_core.conventions.spellings import SPELLINGS
from prela_core.model import SpanRecord

SpanMaker = Callable[..., SpanRecord]

# Written out by hand from the reference, not derived from the tables: that is the test.
REFERENCE: dict[str, list[str]] = {
    "provider": [
        "llm.vendor",
        "gen_ai.provider.name",
        "gen_ai.system",
        "llm.provider",
        "llm.system",
    ],
    "model": [
        "llm.model",
        "llm.response_model",
        "gen_ai.response.model",
        "gen_ai.request.model",
        "llm.model_name",
        "llm.response.model_name",
        "llm.request.model_name",
        "embedding.model_name",
        "reranker.model_name",
        "ai.model.id",
        "model",
    ],
    "input_tokens": [
        "llm.input_tokens",
        "llm.prompt_tokens",
        "llm.usage.prompt_tokens",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
    ],
    "output_tokens": [
        "llm.output_tokens",
        "llm.completion_tokens",
        "llm.usage.completion_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
    ],
    "cache_read_tokens": [
        "llm.cache_read_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "llm.token_count.prompt_details.cache_read",
        "gen_ai.usage.cache_read_input_tokens",
    ],
    "cache_write_tokens": [
        "llm.cache_write_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "llm.token_count.prompt_details.cache_write",
        "gen_ai.usage.cache_creation_input_tokens",
    ],
    "reasoning_tokens": [
        "gen_ai.usage.reasoning.output_tokens",
        "llm.token_count.completion_details.reasoning",
        "gen_ai.usage.reasoning_tokens",
    ],
    "cost_usd": ["llm.cost_usd", "gen_ai.usage.cost", "llm.cost.total"],
    "session_id": [
        "session.id",
        "gen_ai.conversation.id",
        "traceloop.association.properties.session_id",
        "langfuse.session.id",
        "ai.telemetry.metadata.sessionId",
    ],
    "user_id": [
        "user.id",
        "enduser.id",
        "traceloop.association.properties.user_id",
        "langfuse.user.id",
        "ai.telemetry.metadata.userId",
        "gen_ai.user",
        "llm.user",
    ],
    "agent_name": [
        "agent.name",
        "gen_ai.agent.name",
        "gen_ai.workflow.name",
        "graph.node.name",
        "traceloop.workflow.name",
    ],
    "tool_name": ["tool.name", "gen_ai.tool.name", "ai.toolCall.name"],
    "input": [
        "llm.prompt",
        "llm.messages",
        "tool.input",
        "retriever.query",
        "gen_ai.input.messages",
        "gen_ai.prompt",
        "gen_ai.tool.call.arguments",
        "gen_ai.retrieval.query.text",
        "input.value",
        "llm.input_messages",
        "traceloop.entity.input",
        "ai.prompt.messages",
        "ai.prompt",
        "ai.toolCall.args",
    ],
    "output": [
        "llm.response",
        "tool.output",
        "gen_ai.output.messages",
        "gen_ai.completion",
        "gen_ai.tool.call.result",
        "gen_ai.retrieval.documents",
        "output.value",
        "llm.output_messages",
        "traceloop.entity.output",
        "ai.response.text",
        "ai.response.toolCalls",
        "ai.response.object",
        "ai.toolCall.result",
    ],
    "ttft_ms": ["llm.time_to_first_token_ms", "gen_ai.response.time_to_first_chunk"],
    "environment": ["environment", "deployment.environment.name", "deployment.environment"],
}

ROWS = [(column, spelling) for column, row in REFERENCE.items() for spelling in row]

NUMBERS = {column for column, reader in USUAL_READER.items() if reader != "conversation"}


def value_for(column: str, spelling: str, number: int = 0) -> tuple[Any, Any]:
    """Give something to send, different for each number, and what the column must hold."""
    if column == "ttft_ms":
        sent = 0.25 + number
        return sent, sent * 1000 if spelling.endswith("chunk") else sent
    if column in NUMBERS:
        return 12 + number, 12 + number
    if spelling == "llm.system":
        return "anthropic", "anthropic"
    return f"{spelling} says {number}", f"{spelling} says {number}"


@pytest.mark.parametrize(("column", "spelling"), ROWS)
def test_a_spelling_alone_sets_its_column(make_span: SpanMaker, column: str, spelling: str) -> None:
    sent, expected = value_for(column, spelling)
    span = make_span({spelling: sent})

    assert expected == getattr(resolve(span), column)
    assert spelling == explain(span)[column]


@pytest.mark.parametrize(("column", "spelling"), ROWS)
def test_a_spelling_wins_over_all_to_its_right_in_any_order(
    make_span: SpanMaker, column: str, spelling: str
) -> None:
    later = REFERENCE[column][REFERENCE[column].index(spelling) :]
    sent = {each: value_for(column, each, number) for number, each in enumerate(later)}
    forwards = {each: value for each, (value, _) in sent.items()}
    backwards = dict(reversed(forwards.items()))

    for attributes in (forwards, backwards):
        assert sent[spelling][1] == getattr(resolve(make_span(attributes)), column)
        assert spelling == explain(make_span(attributes))[column]


@pytest.mark.parametrize(("column", "spelling"), ROWS)
@pytest.mark.parametrize("empty", [None, ""])
def test_a_spelling_that_holds_nothing_gives_way(
    make_span: SpanMaker, column: str, spelling: str, empty: str | None
) -> None:
    row = REFERENCE[column]
    after = [each for each in row[row.index(spelling) + 1 :] if each != "llm.system"]
    attributes = {spelling: empty}
    expected = getattr(TypedColumns(), column)
    if after:
        attributes[after[0]], expected = value_for(column, after[0])

    assert expected == getattr(resolve(make_span(attributes)), column)


def test_the_tables_hold_what_the_reference_lists_and_no_more() -> None:
    conditional = {"traceloop.entity.name"}
    by_prefix = {"indexed", "indexed_messages", "indexed_scores"}
    from_events = {"input_events", "output_events", "score_events"}
    held = {
        column: [
            rule.spelling
            for rule in rules
            if rule.read not in by_prefix | from_events and rule.spelling not in conditional
        ]
        for column, rules in SPELLINGS.items()
    }

    assert {**REFERENCE, "scores": []} == held


def test_every_rule_names_a_column_and_a_reader_that_exist() -> None:
    rules = [rule for row in SPELLINGS.values() for rule in row]

    assert set() == set(SPELLINGS) - set(COLUMNS)
    assert set() == {rule.read for rule in rules if rule.read} - set(READERS)
    assert set() == set(USUAL_READER.values()) - set(READERS)


def test_all_columns_at_once(make_span: SpanMaker) -> None:
    span = make_span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4",
            "gen_ai.response.model": "gpt-4-0613",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 100,
            "gen_ai.usage.cache_read.input_tokens": 10,
            "gen_ai.usage.cache_write.input_tokens": 20,
            "gen_ai.usage.reasoning.output_tokens": 30,
            "gen_ai.usage.cost": 0.5,
            "gen_ai.conversation.id": "c",
            "user.id": "u",
            "gen_ai.agent.name": "a",
            "gen_ai.tool.name": "t",
            "gen_ai.input.messages": "in",
            "gen_ai.output.messages": "out",
            "gen_ai.response.time_to_first_chunk": 0.057,
            "deployment.environment.name": "prod",
        }
    )

    assert TypedColumns(
        span_type="llm",
        provider="openai",
        model="gpt-4-0613",
        input_tokens=1000,
        output_tokens=100,
        cache_read_tokens=10,
        cache_write_tokens=20,
        reasoning_tokens=30,
        cost_usd=0.5,
        cost_source="sent",
        price_version="",
        session_id="c",
        user_id="u",
        agent_name="a",
        tool_name="t",
        input="in",
        output="out",
        ttft_ms=57.0,
        environment="prod",
        flags=0,
    ) == resolve(span)
