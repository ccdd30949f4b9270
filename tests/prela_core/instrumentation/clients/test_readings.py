"""Readers take whatever a service or a program sends, and a stream means what the whole does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standins import anthropic_api, openai_api
from tests.standins.openai_answers import answer_to
from tests.standins.openai_responses import response, response_events

from prela_core.instrumentation.clients.anthropic_messages import Messages
from prela_core.instrumentation.clients.openai_chat import ChatCompletions
from prela_core.instrumentation.clients.openai_embeddings import Embeddings
from prela_core.instrumentation.clients.openai_responses import Responses
from prela_core.instrumentation.clients.reading import Reading, arguments_of, plain

READINGS: list[Reading] = [ChatCompletions(), Responses(), Embeddings(), Messages()]
STREAMED = [one for one in READINGS if not isinstance(one, Embeddings)]

WORDS = st.sampled_from(
    [
        *("messages", "input", "content", "type", "role", "text", "tool", "tool_calls", "output"),
        *("function", "arguments", "image_url", "url", "source", "data", "usage", "choices"),
        *("delta", "index", "item", "output_index", "content_block", "message", "system", "id"),
        *("message_start", "message_delta", "content_block_start", "content_block_delta"),
        *("response.output_text.delta", "response.output_item.added", "response.completed"),
        *("tool_use", "tool_result", "thinking", "image", "reasoning", "summary", "response"),
        *("input_json_delta", "text_delta", "partial_json", "stop_reason", "finish_reason"),
        *("instructions", "conversation", "stop", "format", "response_format", "tools", "data:"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)
BODIES = st.dictionaries(WORDS, VALUES, max_size=6)
EVENTS = st.sampled_from(
    [
        *("message_start", "message_delta", "content_block_start", "content_block_delta"),
        *("response.output_text.delta", "response.refusal.delta", "response.created"),
        *("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"),
        *("response.reasoning_summary_text.delta", "response.completed", "error"),
    ]
)
DELTAS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text_delta", "thinking_delta", "input_json_delta"])},
    optional=dict.fromkeys(
        ("text", "thinking", "partial_json", "content", "tool_calls", "refusal"), VALUES
    ),
)
CHOICES = st.lists(
    st.fixed_dictionaries({"delta": DELTAS | VALUES}, optional={"index": VALUES}), max_size=2
)
PIECES = st.fixed_dictionaries(
    {"type": EVENTS, "delta": DELTAS | VALUES, "choices": CHOICES | VALUES},
    optional=dict.fromkeys(
        (
            *("message", "content_block", "index", "output_index", "content_index"),
            *("summary_index", "item", "response", "usage", "id"),
        ),
        VALUES,
    ),
)


@pytest.mark.parametrize("reading", READINGS, ids=lambda one: type(one).__name__)
@given(BODIES)
def test_any_request_and_any_answer_can_be_read(reading: Reading, body: dict[str, Any]) -> None:
    json.dumps([reading.request(plain(body)), reading.response(plain(body))], allow_nan=False)


@pytest.mark.parametrize("reading", STREAMED, ids=lambda one: type(one).__name__)
@given(st.lists(PIECES, max_size=5))
def test_any_pieces_can_be_put_together(reading: Reading, pieces: list[dict[str, Any]]) -> None:
    assembly = reading.assembly()
    for piece in pieces:
        assembly.add(plain(piece))
    json.dumps(reading.response(assembly.answer()), allow_nan=False)


TOOL = {"name": "weather", "parameters": {"properties": {"city": {}, "day": {}}}}
ASKED = st.fixed_dictionaries(
    {"model": st.just("gpt-4o"), "tools": st.sampled_from([[], [TOOL]])},
    optional={"reasoning_effort": st.just("low"), "stream_options": st.none()},
)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), ASKED)
def test_a_stream_of_chunks_means_what_the_whole_does(text: str, body: dict[str, Any]) -> None:
    body = body | {"stream_options": {"include_usage": True}}
    reading = ChatCompletions()
    answer = answer_to([{"role": "user", "content": text}], body)
    assembly = reading.assembly()
    for chunk in openai_api._chunks(answer, body):
        assembly.add(chunk)

    whole = reading.response(openai_api._completion(answer, body))
    assert whole == reading.response(assembly.answer())


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), ASKED)
def test_a_stream_of_a_response_means_what_the_whole_does(text: str, body: dict[str, Any]) -> None:
    """With its last event, which holds all, and for the content without it too."""
    reading = Responses()
    answer = answer_to([{"role": "user", "content": text}], body)
    events = list(response_events(answer, body))
    whole = reading.response(response(answer, body))
    for kept in (events, events[:-1]):
        assembly = reading.assembly()
        for event in kept:
            assembly.add(event)
        got = reading.response(assembly.answer())
        assert (
            whole["gen_ai.output.messages"][0]["parts"] == got["gen_ai.output.messages"][0]["parts"]
        )
        if kept is events:
            assert whole == got


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
    st.sampled_from([[], [{"name": "weather", "input_schema": TOOL["parameters"]}]]),
    st.sampled_from([{}, {"thinking": {"type": "enabled"}}]),
)
def test_a_stream_of_a_message_means_what_the_whole_does(
    text: str, tools: list[Any], more: dict[str, Any]
) -> None:
    reading = Messages()
    body = {"model": "claude-x", "messages": [{"content": text}], "tools": tools}
    message = anthropic_api._answer(body | more)
    assembly = reading.assembly()
    for event in anthropic_api._events(message):
        assembly.add(event)

    assert reading.response(message) == reading.response(assembly.answer())


def test_arguments_that_are_not_json_stay_as_they_are() -> None:
    assert {"a": 1} == arguments_of('{"a": 1}')
    assert '{"a": ' == arguments_of('{"a": ')
    assert "[" * 100_000 == arguments_of("[" * 100_000)
    assert {"a": 1} == arguments_of({"a": 1})
