"""Spans of the `anthropic` package's own calls to a stand-in, over a real socket."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic
from tests.prela_core.instrumentation.conftest import Kept
from tests.standins.anthropic_api import (
    BREAKS_OFF,
    BROKEN,
    BUSY_ONCE,
    THOUGHT,
    WRONG_KEY,
    AnthropicApi,
)

from prela_core.emit import Tracer
from prela_core.instrumentation.anthropic import patch, wrap
from prela_core.model import SpanType, Status

HELLO: Any = [{"role": "user", "content": "hello there"}]
WEATHER: Any = [
    {
        "name": "weather",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
]
ASKED: Any = {"model": "claude-x", "max_tokens": 50, "messages": HELLO}
SAID = {
    "role": "assistant",
    "parts": [{"type": "text", "content": "You said: hello there"}],
    "finish_reason": "stop",
}
CALL = {
    "type": "tool_call",
    "id": "toolu_1",
    "name": "weather",
    "arguments": {"city": "hello there"},
}
CALLED = {"role": "assistant", "parts": [CALL], "finish_reason": "tool_call"}


@pytest.fixture
def client(tracer: Tracer, anthropic_api: tuple[str, AnthropicApi]) -> Iterator[Anthropic]:
    with Anthropic(base_url=anthropic_api[0], api_key="sk-1") as client:
        yield wrap(client)


@pytest.fixture
def run(tracer: Tracer, anthropic_api: tuple[str, AnthropicApi]) -> Callable[..., Any]:
    def run(work: Callable[[AsyncAnthropic], Any]) -> Any:
        async def main() -> Any:
            async with AsyncAnthropic(base_url=anthropic_api[0], api_key="sk-1") as client:
                return await work(wrap(client))

        return asyncio.run(main())

    return run


def test_messages_say_what_was_asked_and_answered(client: Anthropic, kept: Kept) -> None:
    client.messages.create(**ASKED, system="Be brief.", metadata={"user_id": "u-1"})

    span = kept.only()
    assert ("chat claude-x", SpanType.LLM, Status.SUCCESS) == (
        span.name,
        span.span_type,
        span.status,
    )
    said = dict(span.attributes)
    assert said.pop("server.port") > 0
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "server.address": "127.0.0.1",
        "gen_ai.request.model": "claude-x",
        "gen_ai.request.max_tokens": 50,
        "gen_ai.user": "u-1",
        "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
        "gen_ai.input.messages": [
            {"role": "user", "parts": [{"type": "text", "content": "hello there"}]}
        ],
        "gen_ai.output.messages": [SAID],
        "gen_ai.response.id": "msg_1",
        "gen_ai.response.model": "claude-x-20260101",
        "gen_ai.response.finish_reasons": ["end_turn"],
        # Two words that were asked and two that came from the cache: the conventions count both.
        "gen_ai.usage.input_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.cache_write.input_tokens": 0,
        "gen_ai.usage.output_tokens": 4,
    } == said


def test_a_tool_is_called_and_answered(client: Anthropic, kept: Kept) -> None:
    first = client.messages.create(**ASKED, tools=WEATHER)
    result: Any = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}]
    turn: Any = [
        *HELLO,
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": result},
    ]
    client.messages.create(model="claude-x", max_tokens=50, messages=turn, tools=WEATHER)

    asked, answered = (span.attributes for span in kept.spans)
    assert WEATHER == asked["gen_ai.tool.definitions"]
    assert [CALLED] == asked["gen_ai.output.messages"]
    assert [
        {"role": "assistant", "parts": [CALL]},
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "toolu_1", "response": "sunny"}],
        },
    ] == answered["gen_ai.input.messages"][1:]


def test_a_stream_is_put_together(client: Anthropic, kept: Kept) -> None:
    stream = client.messages.create(
        **ASKED, stream=True, thinking={"type": "enabled", "budget_tokens": 1024}
    )
    assert isinstance(stream, anthropic.Stream)
    for _ in stream:
        assert [] == kept.spans

    said = kept.only().attributes
    assert [SAID | {"parts": [{"type": "reasoning", "content": THOUGHT}, *SAID["parts"]]}] == said[
        "gen_ai.output.messages"
    ]
    assert (2, 7) == (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"])
    assert 0 < said["gen_ai.response.time_to_first_chunk"] < 60


def test_calls_of_tools_are_put_together_from_the_helpers_stream(
    client: Anthropic, kept: Kept
) -> None:
    with client.messages.stream(**ASKED, tools=WEATHER) as stream:
        final = stream.get_final_message()

    assert "tool_use" == final.content[0].type
    assert [CALLED] == kept.only().attributes["gen_ai.output.messages"]


def test_the_helpers_stream_left_early_keeps_what_came(client: Anthropic, kept: Kept) -> None:
    with client.messages.stream(**ASKED) as stream:
        for text in stream.text_stream:
            if text == " said:":
                break

    said = kept.only().attributes
    assert [{"role": "assistant", "parts": [{"type": "text", "content": "You said:"}]}] == said[
        "gen_ai.output.messages"
    ]
    # Counted with the last event only.
    assert "gen_ai.usage.output_tokens" not in said


def test_a_stream_that_nobody_reads_ends_with_its_object(client: Anthropic, kept: Kept) -> None:
    stream = client.messages.create(**ASKED, stream=True)
    next(stream)
    del stream
    gc.collect()

    assert Status.SUCCESS == kept.only().status


def test_a_stream_that_breaks_off_is_an_error(client: Anthropic, kept: Kept) -> None:
    with pytest.raises(anthropic.APIStatusError):
        for _ in client.messages.create(**ASKED | {"model": BREAKS_OFF}, stream=True):
            pass

    span = kept.only()
    assert Status.ERROR == span.status
    [said] = span.attributes["gen_ai.output.messages"]
    assert [{"type": "text", "content": "You"}] == said["parts"]


def test_a_retry_that_helps_is_an_event(client: Anthropic, kept: Kept) -> None:
    client.messages.create(**ASKED | {"model": BUSY_ONCE})

    span = kept.only()
    assert Status.SUCCESS == span.status
    [event] = span.events
    assert ("gen_ai.client.retry", {"http.response.status_code": 429}) == (
        event.name,
        event.attributes,
    )


@pytest.mark.parametrize(
    ("options", "model", "status", "kind"),
    [
        ({"api_key": WRONG_KEY}, "claude-x", 401, "anthropic.AuthenticationError"),
        ({"max_retries": 0}, BROKEN, 500, "anthropic.InternalServerError"),
    ],
)
def test_errors(
    client: Anthropic, kept: Kept, *, options: Any, model: str, status: int, kind: str
) -> None:
    with pytest.raises(anthropic.APIStatusError):
        client.with_options(**options).messages.create(**ASKED | {"model": model})

    said = kept.only().attributes
    assert (status, kind) == (said["http.response.status_code"], said["error.type"])


def test_raw_and_beta(client: Anthropic, kept: Kept) -> None:
    raw = client.messages.with_raw_response.create(**ASKED)
    assert "req_1" == raw.headers["request-id"]
    with client.messages.with_streaming_response.create(**ASKED) as response:
        response.parse()
    client.beta.messages.create(**ASKED)

    assert [[SAID]] * 3 == [span.attributes["gen_ai.output.messages"] for span in kept.spans]


def test_images_and_documents_without_their_bytes(client: Anthropic, kept: Kept) -> None:
    content: Any = [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "AAAABBBB"},
        },
        {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
        {"type": "text", "text": "What is this?"},
    ]
    client.messages.create(
        model="claude-x", max_tokens=9, messages=[{"role": "user", "content": content}]
    )

    [said] = kept.only().attributes["gen_ai.input.messages"]
    assert [
        {"type": "blob", "modality": "image", "mime_type": "image/png", "length": 8},
        {"type": "uri", "modality": "image", "uri": "https://example.org/a.png"},
        {"type": "text", "content": "What is this?"},
    ] == said["parts"]


def test_async_messages_and_streams(run: Callable[..., Any], kept: Kept) -> None:
    async def work(client: AsyncAnthropic) -> None:
        await client.messages.create(**ASKED)
        async for _ in await client.messages.create(**ASKED, stream=True):
            pass
        async with client.messages.stream(**ASKED) as stream:
            await stream.get_final_message()
        async with client.messages.stream(**ASKED) as stream:
            await anext(stream)
        await client.messages.create(**ASKED | {"model": BUSY_ONCE})

    run(work)
    *whole, left, retried = kept.spans
    assert [[SAID]] * 3 == [span.attributes["gen_ai.output.messages"] for span in whole]
    assert (Status.SUCCESS, None) == (
        left.status,
        left.attributes.get("gen_ai.output.messages"),
    )
    assert ["gen_ai.client.retry"] == [event.name for event in retried.events]


def test_a_patch_is_for_all_clients_until_it_is_undone(
    tracer: Tracer, kept: Kept, anthropic_api: tuple[str, AnthropicApi]
) -> None:
    before = Anthropic.request
    with Anthropic(base_url=anthropic_api[0], api_key="sk-1") as client:
        patched = patch()
        client.messages.create(**ASKED)
        patched.undo()
        client.messages.create(**ASKED)

    assert "chat claude-x" == kept.only().name
    assert before is Anthropic.request
