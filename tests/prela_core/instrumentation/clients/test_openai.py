"""Spans of the `openai` package's own calls to a stand-in, over a real socket."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion
from pydantic import BaseModel
from tests.prela_core.instrumentation.conftest import Kept
from tests.standins.openai_api import BREAKS_OFF, BROKEN, BUSY, OpenAIApi

from prela_core.emit import Tracer
from prela_core.instrumentation.openai import patch, wrap
from prela_core.model import SpanType, Status

Make = Callable[..., Any]

HELLO: Any = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "hello there"},
]
WEATHER: Any = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]
USAGE: Any = {"include_usage": True}
SAID = {
    "role": "assistant",
    "parts": [{"type": "text", "content": "You said: hello there"}],
    "finish_reason": "stop",
}
CALLED = {
    "role": "assistant",
    "parts": [
        {
            "type": "tool_call",
            "id": "call_1",
            "name": "weather",
            "arguments": {"city": "hello there"},
        }
    ],
    "finish_reason": "tool_call",
}


@pytest.fixture
def client(tracer: Tracer, openai_api: tuple[str, OpenAIApi]) -> Iterator[OpenAI]:
    with OpenAI(base_url=openai_api[0], api_key="sk-1", max_retries=1) as client:
        yield wrap(client)


@pytest.fixture
def run(tracer: Tracer, openai_api: tuple[str, OpenAIApi]) -> Make:
    """Run `work` with an async client."""

    def run(work: Callable[[AsyncOpenAI], Any]) -> Any:
        async def main() -> Any:
            async with AsyncOpenAI(base_url=openai_api[0], api_key="sk-1") as client:
                return await work(wrap(client))

        return asyncio.run(main())

    return run


def usage(kept: Kept) -> tuple[Any, ...]:
    said = kept.only().attributes
    keys = ("input_tokens", "output_tokens", "cache_read.input_tokens", "reasoning.output_tokens")
    return tuple(said.get(f"gen_ai.usage.{key}") for key in keys)


def test_a_chat_says_what_was_asked_and_answered(client: OpenAI, kept: Kept) -> None:
    answer = client.chat.completions.create(
        model="gpt-4o", messages=HELLO, temperature=0.5, max_completion_tokens=9, stop="END", n=1
    )

    assert "You said: hello there" == answer.choices[0].message.content
    span = kept.only()
    assert ("chat gpt-4o", SpanType.LLM, Status.SUCCESS) == (
        span.name,
        span.span_type,
        span.status,
    )
    said = dict(span.attributes)
    assert said.pop("server.port") > 0
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "server.address": "127.0.0.1",
        "openai.api.type": "chat_completions",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.input.messages": [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [{"type": "text", "content": "hello there"}]},
        ],
        "gen_ai.output.messages": [SAID],
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.finish_reasons": ["stop"],
        "openai.response.service_tier": "default",
        "openai.response.system_fingerprint": "fp_1",
        "gen_ai.usage.input_tokens": 4,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.reasoning.output_tokens": 0,
    } == said


def test_a_tool_is_called_and_answered(client: OpenAI, kept: Kept) -> None:
    first = client.chat.completions.create(model="gpt-4o", messages=HELLO, tools=WEATHER)
    call = first.choices[0].message
    assert call.tool_calls
    result: Any = {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}
    # The client's own message goes back as it came.
    client.chat.completions.create(model="gpt-4o", messages=[*HELLO, call, result], tools=WEATHER)

    asked, answered = (span.attributes for span in kept.spans)
    assert WEATHER == asked["gen_ai.tool.definitions"]
    assert [CALLED] == asked["gen_ai.output.messages"]
    assert [
        {"role": "assistant", "parts": CALLED["parts"]},
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "call_1", "response": "sunny"}],
        },
    ] == answered["gen_ai.input.messages"][2:]


def test_a_stream_ends_with_its_last_piece(client: OpenAI, kept: Kept) -> None:
    stream = client.chat.completions.create(
        model="gpt-4o", messages=HELLO, stream=True, stream_options=USAGE
    )

    assert isinstance(stream, openai.Stream)
    texts = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    assert "You said: hello there" == "".join(texts)
    assert (4, 4, 2, 0) == usage(kept)
    said = kept.only().attributes
    assert [SAID] == said["gen_ai.output.messages"]
    assert ["stop"] == said["gen_ai.response.finish_reasons"]
    assert said["gen_ai.request.stream"]
    assert 0 < said["gen_ai.response.time_to_first_chunk"] < 60


def test_calls_of_tools_are_put_together_from_a_stream(client: OpenAI, kept: Kept) -> None:
    for _ in client.chat.completions.create(
        model="gpt-4o", messages=HELLO, tools=WEATHER, stream=True
    ):
        assert [] == kept.spans

    assert [CALLED] == kept.only().attributes["gen_ai.output.messages"]


def test_what_runs_between_the_pieces_is_no_child_of_the_call(
    client: OpenAI, tracer: Tracer, kept: Kept
) -> None:
    with tracer.span("agent"):
        for _ in client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True):
            with tracer.span("shown"):
                pass

    assert {"agent": None, "shown": "agent", "chat gpt-4o": "agent"} == kept.parents


@pytest.mark.parametrize("leave", ["close", "with", "next"])
def test_a_stream_that_is_left_early_keeps_what_came(
    client: OpenAI, kept: Kept, leave: str
) -> None:
    stream = client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
    if leave == "with":
        with stream:
            next(stream), next(stream)
    else:
        next(stream), next(stream)
        if leave == "close":
            stream.close()
    del stream
    gc.collect()  # where nobody closes it, its end is that of the object

    span = kept.only()
    assert Status.SUCCESS == span.status
    [said] = span.attributes["gen_ai.output.messages"]
    assert [{"type": "text", "content": "You"}] == said["parts"]


def test_a_stream_that_breaks_off_is_an_error(client: OpenAI, kept: Kept) -> None:
    with pytest.raises(openai.APIError):
        for _ in client.chat.completions.create(model=BREAKS_OFF, messages=HELLO, stream=True):
            pass

    span = kept.only()
    assert Status.ERROR == span.status
    assert "openai.APIError" == span.attributes["error.type"]
    [said] = span.attributes["gen_ai.output.messages"]
    assert [{"type": "text", "content": "You said:"}] == said["parts"]


def test_retries_are_events_and_the_last_error_the_spans(client: OpenAI, kept: Kept) -> None:
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model=BUSY, messages=HELLO)

    span = kept.only()
    assert (Status.ERROR, 429, "openai.RateLimitError") == (
        span.status,
        span.attributes["http.response.status_code"],
        span.attributes["error.type"],
    )
    assert ["gen_ai.client.retry", "exception"] == [event.name for event in span.events]
    assert {"http.response.status_code": 429} == span.events[0].attributes


def test_a_parsed_answer(client: OpenAI, kept: Kept) -> None:
    class Reply(BaseModel):
        text: str

    # The stand-in does not speak JSON, which the client finds out after the answer.
    with pytest.raises(ValueError, match="JSON"):
        client.chat.completions.parse(model="gpt-4o", messages=HELLO, response_format=Reply)

    assert "json" == kept.only().attributes["gen_ai.output.type"]


def test_the_helper_around_a_stream(client: OpenAI, kept: Kept) -> None:
    with client.chat.completions.stream(
        model="gpt-4o", messages=HELLO, stream_options=USAGE
    ) as stream:
        final = stream.get_final_completion()

    assert "You said: hello there" == final.choices[0].message.content
    assert [SAID] == kept.only().attributes["gen_ai.output.messages"]
    assert (4, 4, 2, 0) == usage(kept)


def test_the_helper_around_a_stream_left_early(client: OpenAI, kept: Kept) -> None:
    with client.chat.completions.stream(model="gpt-4o", messages=HELLO) as stream:
        next(stream)

    assert Status.SUCCESS == kept.only().status


def test_raw_responses(client: OpenAI, kept: Kept) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)

    assert [SAID] == kept.only().attributes["gen_ai.output.messages"]
    assert isinstance(raw.parse(), ChatCompletion)
    assert "req_1" == raw.headers["x-request-id"]


def test_a_raw_response_parsed_to_a_stream(client: OpenAI, kept: Kept) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-4o", messages=HELLO, stream=True
    )
    assert [] == kept.spans
    assert len(list(raw.parse())) == 6

    assert [SAID] == kept.only().attributes["gen_ai.output.messages"]


def test_streaming_responses(client: OpenAI, kept: Kept) -> None:
    with client.chat.completions.with_streaming_response.create(
        model="gpt-4o", messages=HELLO
    ) as response:
        assert [] == kept.spans
        assert "You said" in response.parse().choices[0].message.content

    assert [SAID] == kept.only().attributes["gen_ai.output.messages"]


def test_a_streaming_response_that_nobody_reads(client: OpenAI, kept: Kept) -> None:
    with client.chat.completions.with_streaming_response.create(model="gpt-4o", messages=HELLO):
        pass

    assert Status.SUCCESS == kept.only().status


def test_async_chats_and_streams(run: Make, kept: Kept) -> None:
    async def work(client: AsyncOpenAI) -> None:
        await client.chat.completions.create(model="gpt-4o", messages=HELLO)
        stream = await client.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, stream_options=USAGE
        )
        assert isinstance(stream, openai.AsyncStream)
        assert 1 == len(kept.spans)
        async for _ in stream:
            pass

    run(work)
    whole, streamed = (span.attributes for span in kept.spans)
    keys = ("gen_ai.output.messages", "gen_ai.usage.output_tokens", "gen_ai.response.id")
    assert [([SAID], 4, "chatcmpl-1")] * 2 == [
        tuple(said[key] for key in keys) for said in (whole, streamed)
    ]


def test_async_streams_left_early_or_broken(run: Make, kept: Kept) -> None:
    async def work(client: AsyncOpenAI) -> None:
        stream = await client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
        async with stream:
            await anext(stream)
        with pytest.raises(openai.APIError):
            async for _ in await client.chat.completions.create(
                model=BREAKS_OFF, messages=HELLO, stream=True
            ):
                pass
        async with client.chat.completions.with_streaming_response.create(
            model="gpt-4o", messages=HELLO
        ) as response:
            await response.parse()

    run(work)
    left, broken, raw = kept.spans
    assert [Status.SUCCESS, Status.ERROR, Status.SUCCESS] == [
        left.status,
        broken.status,
        raw.status,
    ]
    assert [SAID] == raw.attributes["gen_ai.output.messages"]


def test_async_streams_that_are_let_go_of(run: Make, kept: Kept) -> None:
    async def work(client: AsyncOpenAI) -> None:
        async for _ in await client.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True
        ):
            break
        gc.collect()

    run(work)
    assert Status.SUCCESS == kept.only().status


def test_async_calls_that_are_cancelled(run: Make, kept: Kept) -> None:
    async def work(client: AsyncOpenAI) -> None:
        task = asyncio.create_task(client.chat.completions.create(model="gpt-4o", messages=HELLO))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)
    assert Status.ERROR == kept.only().status


def test_responses(client: OpenAI, kept: Kept) -> None:
    client.responses.create(
        model="gpt-4o",
        instructions="Be brief.",
        input="hello there",
        reasoning={"effort": "low"},
        max_output_tokens=50,
    )

    said = kept.only().attributes
    assert "responses" == said["openai.api.type"]
    assert [{"type": "text", "content": "Be brief."}] == said["gen_ai.system_instructions"]
    assert [{"role": "user", "parts": [{"type": "text", "content": "hello there"}]}] == said[
        "gen_ai.input.messages"
    ]
    assert [SAID] == said["gen_ai.output.messages"]
    assert ("low", 50) == (
        said["gen_ai.request.reasoning.level"],
        said["gen_ai.request.max_tokens"],
    )
    assert (4, 9, 2, 5) == usage(kept)


def test_responses_call_tools_over_turns(client: OpenAI, kept: Kept) -> None:
    tools: Any = [{"type": "function", "strict": False, **WEATHER[0]["function"]}]
    first = client.responses.create(model="gpt-4o", input="hello there", tools=tools)
    turn: Any = [
        {"role": "user", "content": [{"type": "input_text", "text": "hello there"}]},
        *first.output,
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
    ]
    client.responses.create(model="gpt-4o", input=turn, tools=tools)

    asked, answered = (span.attributes for span in kept.spans)
    assert [CALLED] == asked["gen_ai.output.messages"]
    assert ["user", "assistant", "tool"] == [
        message["role"] for message in answered["gen_ai.input.messages"]
    ]
    assert CALLED["parts"] == answered["gen_ai.input.messages"][1]["parts"]


@pytest.mark.parametrize("tools", [[], [{"type": "function", **WEATHER[0]["function"]}]])
def test_responses_as_a_stream(client: OpenAI, kept: Kept, tools: Any) -> None:
    for event in client.responses.create(
        model="gpt-4o", input="hello there", tools=tools, stream=True
    ):
        assert event.type

    said = kept.only().attributes
    assert [CALLED if tools else SAID] == said["gen_ai.output.messages"]
    assert 2 == said["gen_ai.usage.input_tokens"]
    assert 0 < said["gen_ai.response.time_to_first_chunk"]


def test_the_helper_around_a_stream_of_a_response(client: OpenAI, kept: Kept) -> None:
    with client.responses.stream(model="gpt-4o", input="hello there") as stream:
        final = stream.get_final_response()

    assert "You said: hello there" == final.output_text
    assert [SAID] == kept.only().attributes["gen_ai.output.messages"]


def test_responses_as_a_stream_left_early(client: OpenAI, kept: Kept) -> None:
    with client.responses.create(model="gpt-4o", input="hello there", stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta" and event.delta == " hello":
                break

    [said] = kept.only().attributes["gen_ai.output.messages"]
    assert [{"type": "text", "content": "You said: hello"}] == said["parts"]


def test_embeddings_without_their_vectors(client: OpenAI, kept: Kept) -> None:
    answer = client.embeddings.create(model="embed-1", input=["one two", "three"], dimensions=4)

    assert 4 == len(answer.data[0].embedding)
    span = kept.only()
    assert ("embeddings embed-1", SpanType.EMBEDDING) == (span.name, span.span_type)
    said = span.attributes
    assert (4, 3) == (
        said["gen_ai.embeddings.dimension.count"],
        said["gen_ai.usage.input_tokens"],
    )
    assert [
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "one two"},
                {"type": "text", "content": "three"},
            ],
        }
    ] == said["gen_ai.input.messages"]
    assert "0.125" not in str(said)


def test_images_and_sounds_without_their_bytes(client: OpenAI, kept: Kept) -> None:
    content: Any = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAABBBB"}},
        {"type": "input_audio", "input_audio": {"data": "CCCC", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": content}])

    [said] = kept.only().attributes["gen_ai.input.messages"]
    assert [
        {"type": "text", "content": "What is this?"},
        {"type": "uri", "modality": "image", "uri": "https://example.org/a.png"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "length": 8},
        {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "length": 4},
        {"type": "file", "file_id": "file-1"},
    ] == said["parts"]


def test_requests_go_out_as_they_were_made(
    client: OpenAI, openai_api: tuple[str, OpenAIApi]
) -> None:
    stream = client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
    stream.close()

    assert {"model": "gpt-4o", "messages": HELLO, "stream": True} == openai_api[1].seen[-1].body


def test_copies_of_a_wrapped_client_are_recorded_once(client: OpenAI, kept: Kept) -> None:
    again = wrap(wrap(client).with_options(timeout=9)).copy()
    again.chat.completions.create(model="gpt-4o", messages=HELLO)

    assert "chat gpt-4o" == kept.only().name


def test_a_patch_is_for_all_clients_until_it_is_undone(
    tracer: Tracer, kept: Kept, openai_api: tuple[str, OpenAIApi]
) -> None:
    before = OpenAI.request
    with OpenAI(base_url=openai_api[0], api_key="sk-1") as client:

        def ask() -> None:
            client.chat.completions.create(model="gpt-4o", messages=HELLO)

        patched = patch()
        ask()
        wrap(client)
        ask()
        assert 2 == len(kept.spans)
        patched.undo()
        patched.undo()
        ask()
        assert 3 == len(kept.spans)

    assert before is OpenAI.request


def test_without_a_tracer_nothing_is_recorded_and_all_works(
    openai_api: tuple[str, OpenAIApi],
) -> None:
    with wrap(OpenAI(base_url=openai_api[0], api_key="sk-1")) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=HELLO)
        assert answer.choices[0].message.content
        stream = client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
        assert 6 == len(list(stream))


def test_an_unsampled_trace_takes_no_span(client: OpenAI, tracer: Tracer, kept: Kept) -> None:
    tracer._sampler = lambda *_: False
    with tracer.span("agent"):
        for _ in client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True):
            pass
    client.chat.completions.create(model="gpt-4o", messages=HELLO)

    assert [] == kept.spans


def test_other_errors_of_the_service(client: OpenAI, kept: Kept) -> None:
    with pytest.raises(openai.InternalServerError):
        client.with_options(max_retries=0).embeddings.create(model=BROKEN, input="x")

    assert 500 == kept.only().attributes["http.response.status_code"]
