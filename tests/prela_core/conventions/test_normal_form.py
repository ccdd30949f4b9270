"""One conversation in every vendor's spelling, and what all spellings have in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.conventions import resolve
from prela_core.conventions.messages import conversation_text
from prela_core.model import SpanRecord

SpanMaker = Callable[..., SpanRecord]

CALL = {"id": "c1", "name": "weather", "arguments": {"city": "Oslo"}}
ASKED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Rain in Oslo?"},
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "content": "rainy", "tool_call_id": "c1"},
]
ANSWERED = [{"role": "assistant", "content": "Yes.", "finish_reason": "stop"}]

OPENAI: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Rain in Oslo?"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "rainy"},
]
OTEL = [
    {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Rain in Oslo?"}]},
    {"role": "assistant", "parts": [{"type": "tool_call", **CALL}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "rainy"}]},
]
ANTHROPIC = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Be brief."}],
    "messages": [
        {"role": "user", "content": "Rain in Oslo?"},
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}}
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "rainy"}],
        },
    ],
}
RESPONSES = {
    "model": "gpt-5",
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Rain in Oslo?"}]},
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "weather",
            "arguments": '{"city":"Oslo"}',
        },
        {"type": "function_call_output", "call_id": "c1", "output": "rainy"},
    ],
}
VERCEL = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Rain in Oslo?"}]},
    {
        "role": "assistant",
        "content": [
            {
                "type": "tool-call",
                "toolCallId": "c1",
                "toolName": "weather",
                "input": {"city": "Oslo"},
            }
        ],
    },
    {
        "role": "tool",
        "content": [
            {
                "type": "tool-result",
                "toolCallId": "c1",
                "output": {"type": "text", "value": "rainy"},
            }
        ],
    },
]
LANGCHAIN = {
    "messages": [
        [
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", name],
                "kwargs": {"type": "any", **kwargs},
            }
            for name, kwargs in (
                ("SystemMessage", {"content": "Be brief."}),
                ("HumanMessage", {"content": "Rain in Oslo?"}),
                (
                    "AIMessage",
                    {
                        "content": "",
                        "tool_calls": [
                            {
                                "id": "c1",
                                "name": "weather",
                                "args": {"city": "Oslo"},
                                "type": "tool_call",
                            }
                        ],
                    },
                ),
                ("ToolMessage", {"content": "rainy", "tool_call_id": "c1"}),
            )
        ]
    ]
}
BEDROCK = {
    "system": [{"text": "Be brief."}],
    "messages": [
        {"role": "user", "content": [{"text": "Rain in Oslo?"}]},
        {
            "role": "assistant",
            "content": [
                {"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Oslo"}}}
            ],
        },
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "rainy"}]}}],
        },
    ],
}
GEMINI = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Rain in Oslo?"}]},
        {
            "role": "model",
            "parts": [{"functionCall": {"id": "c1", "name": "weather", "args": {"city": "Oslo"}}}],
        },
        {"role": "user", "parts": [{"functionResponse": {"id": "c1", "response": "rainy"}}]},
    ],
}


def flat(prefix: str) -> dict[str, Any]:
    call = f"{prefix}2.message.tool_calls.0.tool_call."
    return {
        f"{prefix}0.message.role": "system",
        f"{prefix}0.message.content": "Be brief.",
        f"{prefix}1.message.role": "user",
        f"{prefix}1.message.contents.0.message_content.type": "text",
        f"{prefix}1.message.contents.0.message_content.text": "Rain in Oslo?",
        f"{prefix}2.message.role": "assistant",
        f"{call}id": "c1",
        f"{call}function.name": "weather",
        f"{call}function.arguments": '{"city": "Oslo"}',
        f"{prefix}3.message.role": "tool",
        f"{prefix}3.message.tool_call_id": "c1",
        f"{prefix}3.message.content": "rainy",
    }


def loop(prefix: str) -> dict[str, Any]:
    return {
        f"{prefix}0.role": "system",
        f"{prefix}0.content": "Be brief.",
        f"{prefix}1.role": "user",
        f"{prefix}1.content": "Rain in Oslo?",
        f"{prefix}2.role": "assistant",
        f"{prefix}2.tool_calls.0.id": "c1",
        f"{prefix}2.tool_calls.0.name": "weather",
        f"{prefix}2.tool_calls.0.arguments": '{"city": "Oslo"}',
        f"{prefix}3.role": "tool",
        f"{prefix}3.tool_call_id": "c1",
        f"{prefix}3.content": "rainy",
    }


INPUTS: dict[str, dict[str, Any]] = {
    "Prela": {"llm.messages": OPENAI},
    "Prela, as one text": {"llm.messages": json.dumps(OPENAI)},
    "the normal form itself": {"llm.messages": ASKED},
    "OpenTelemetry": {"gen_ai.input.messages": json.dumps(OTEL)},
    "OpenTelemetry, nested": {"gen_ai.input.messages": OTEL},
    "OpenTelemetry, older": {"gen_ai.prompt": json.dumps(OPENAI)},
    "OpenInference, indexed": flat("llm.input_messages."),
    "OpenInference, nested": {"llm.input_messages": [{"message": each} for each in OPENAI]},
    "OpenInference, raw list": {"input.value": json.dumps(OPENAI)},
    "OpenInference, OpenAI": {"input.value": json.dumps({"model": "m", "messages": OPENAI})},
    "OpenInference, Anthropic": {"input.value": json.dumps(ANTHROPIC)},
    "OpenInference, responses": {"input.value": json.dumps(RESPONSES)},
    "OpenInference, LangChain": {"input.value": json.dumps(LANGCHAIN)},
    "OpenInference, Bedrock": {"input.value": json.dumps(BEDROCK)},
    "OpenInference, Gemini": {"input.value": GEMINI},
    "OpenLLMetry, indexed": loop("gen_ai.prompt."),
    "OpenLLMetry, entity": {"traceloop.entity.input": json.dumps(OPENAI)},
    "Vercel, outer": {"ai.prompt": json.dumps({"messages": VERCEL})},
    "Vercel": {"ai.prompt.messages": json.dumps(VERCEL)},
}


@pytest.mark.parametrize("spelling", INPUTS)
def test_what_was_asked_reads_the_same_in_every_spelling(
    make_span: SpanMaker, spelling: str
) -> None:
    assert ASKED == json.loads(resolve(make_span(INPUTS[spelling])).input)


def event(name: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "timestamp": "2026-11-01T00:00:00Z", "attributes": attributes}


def test_what_was_asked_in_events_reads_the_same(make_span: SpanMaker) -> None:
    events = [
        event("gen_ai.system.message", content="Be brief."),
        event("gen_ai.user.message", **{"gen_ai.event.content": '{"content":"Rain in Oslo?"}'}),
        event("gen_ai.assistant.message", tool_calls=json.dumps(OPENAI[2]["tool_calls"])),
        event("gen_ai.tool.message", content="rainy", tool_call_id="c1"),
    ]

    assert ASKED == json.loads(resolve(make_span(events=events)).input)


CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Yes."}}
OUTPUTS: dict[str, dict[str, Any]] = {
    "OpenTelemetry": {
        "gen_ai.output.messages": [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "Yes."}],
                "finish_reason": "stop",
            }
        ]
    },
    "OpenLLMetry": {
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Yes.",
        "gen_ai.completion.0.finish_reason": "stop",
    },
    "OpenAI": {"output.value": json.dumps({"id": "x", "choices": [CHOICE], "usage": {}})},
    "OpenAI, older": {"output.value": {"choices": [{"text": "Yes.", "finish_reason": "stop"}]}},
    "Anthropic": {
        "output.value": {
            "id": "x",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": "Yes."}],
            "stop_reason": "stop",
        }
    },
    "Gemini": {
        "output.value": {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": "Yes."}]}, "finishReason": "stop"}
            ]
        }
    },
}


@pytest.mark.parametrize("spelling", OUTPUTS)
def test_what_was_answered_reads_the_same_in_every_spelling(
    make_span: SpanMaker, spelling: str
) -> None:
    assert ANSWERED == json.loads(resolve(make_span(OUTPUTS[spelling])).output)


@pytest.mark.parametrize(
    "choice",
    [
        CHOICE,
        {**CHOICE, "message": json.dumps(CHOICE["message"])},
        {"gen_ai.event.content": json.dumps(CHOICE)},
        {"content": "Yes.", "finish_reason": "stop"},
    ],
)
def test_what_was_answered_in_an_event_reads_the_same(make_span: SpanMaker, choice: Any) -> None:
    assert ANSWERED == json.loads(
        resolve(make_span(events=[event("gen_ai.choice", **choice)])).output
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {
                "object": "response",
                "output": [
                    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
                    {
                        "type": "message",
                        "role": "assistant",
                        "content": [{"type": "output_text", "text": "Yes."}],
                    },
                ],
            },
            [
                {"role": "assistant", "reasoning": "Hm."},
                {"role": "assistant", "content": "Yes."},
            ],
        ),
        (
            {"stopReason": "end_turn", "output": {"message": {"role": "assistant", "content": []}}},
            [{"role": "assistant"}],
        ),
        (
            {"generations": [[{"text": "Yes.", "generation_info": {}}]]},
            [{"role": "assistant", "content": "Yes."}],
        ),
        (
            {"model": "m", "input": "Rain in Oslo?", "messages_role": None},
            None,
        ),
        ({"messages": [{"role": "user", "content": "x"}], "documents": ["d"]}, None),
        ({"messages": "role"}, None),
        ({"choices": [{"role": "admin"}, 1]}, None),
        ({"role": "admin", "content": "the door"}, None),
        ([{"role": "admin", "content": "x"}], None),
        ([{"role": "user"}], None),
        (["role", {"role": "user", "content": "x"}], None),
        ({"q": "role"}, None),
        ([[]], None),
    ],
)
def test_other_bodies(make_span: SpanMaker, body: Any, expected: Any) -> None:
    compact = json.dumps(body, separators=(",", ":"))
    read = resolve(make_span({"output.value": body})).output
    of_text = resolve(make_span({"output.value": compact})).output

    assert (compact if expected is None else expected) == (
        read if expected is None else json.loads(read)
    )
    assert read == of_text


def test_media_are_named_and_other_parts_kept(make_span: SpanMaker) -> None:
    said = {
        "role": "user",
        "content": [
            {"type": "text", "text": "one"},
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "iVBOR"},
            },
            {"type": "uri", "modality": "audio", "uri": "s3://a", "mime_type": "audio/wav"},
            {"type": "thinking", "thinking": "hm"},
            {"type": "new_kind", "x": 1},
            "two",
        ],
    }

    assert [
        {
            "role": "user",
            "content": 'one\n{"type":"new_kind","x":1}\ntwo',
            "reasoning": "hm",
            "media": [
                {"type": "image", "uri": "https://x/y.png"},
                {"type": "image", "mime_type": "image/png", "uri": "iVBOR"},
                {"type": "audio", "mime_type": "audio/wav", "uri": "s3://a"},
            ],
        }
    ] == json.loads(resolve(make_span({"llm.messages": [said]})).input)


def test_a_declared_place_may_have_roles_of_its_own(make_span: SpanMaker) -> None:
    said = [{"role": "customer", "parts": [{"type": "text", "content": "hi"}]}]
    compact = json.dumps(said, separators=(",", ":"))

    assert '[{"role":"customer","content":"hi"}]' == (
        resolve(make_span({"gen_ai.input.messages": said})).input
    )
    assert compact == resolve(make_span({"input.value": said})).input


def test_arguments_of_a_tool_are_no_message(make_span: SpanMaker) -> None:
    sent = {"role": "user", "content": [{"type": "text", "text": "x"}]}

    assert sent == json.loads(resolve(make_span({"gen_ai.tool.call.arguments": sent})).input)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
KEYS = ("type", "text", "content", "parts", "contents", "tool_calls", "function_call", "kwargs",
        "tool_call_id", "id", "name", "arguments", "input", "function", "response", "image_url",
        "url", "source", "data", "media", "reasoning", "finish_reason", "toolUse", "summary",
        "additional_kwargs", "message", "lc", "value", "modality", "mime_type")  # fmt: skip
KINDS = ("text", "tool_call", "tool_result", "tool-result", "image", "thinking", "uri", "human",
         "constructor", "function_call_output", "reasoning")  # fmt: skip
ROLES = ("user", "Human", "model", "tool", "customer")
PARTS = st.recursive(
    ANY,
    lambda inner: (
        st.fixed_dictionaries(
            {}, optional={"role": st.sampled_from(ROLES) | inner, "type": st.sampled_from(KINDS)}
        ).flatmap(
            lambda held: st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(
                lambda more: {**more, **held}
            )
        )
        | st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)
MESSAGES = st.lists(
    st.builds(
        lambda role, more: {**more, "role": role},
        st.sampled_from(ROLES),
        st.dictionaries(st.sampled_from(KEYS), PARTS, max_size=4),
    ),
    min_size=1,
    max_size=3,
)
ALLOWED = {"role", "name", "content", "reasoning", "media", "tool_calls", "tool_call_id",
           "finish_reason"}  # fmt: skip


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@given(messages=MESSAGES)
def test_the_normal_form_has_its_keys_and_stays_as_it_is(messages: Any) -> None:
    once = conversation_text(as_json(messages), declared=True)
    assert once is not None
    listed = msgspec.json.decode(once)

    assert type(listed) is list
    for message in listed:
        assert message.keys() <= ALLOWED
        assert all(type(message.get(key, "")) is str for key in ("role", "content", "reasoning"))
    assert once == conversation_text(once.encode(), declared=True)
    assert once == conversation_text(as_json(once), declared=True)


@given(parts=st.dictionaries(st.sampled_from(KEYS), PARTS, max_size=6))
def test_no_event_and_no_flattened_message_is_too_odd(make_span: SpanMaker, parts: Any) -> None:
    names = ("gen_ai.user.message", "gen_ai.choice")
    events = [{"name": name, "attributes": parts} for name in names]
    flattened = {f"llm.input_messages.0.message.{key}": value for key, value in parts.items()}

    for span in (make_span(events=as_json(events)), make_span(as_json(flattened))):
        columns = resolve(span)
        for text in (columns.input, columns.output):
            assert text == "" or all(each.keys() <= ALLOWED for each in json.loads(text))


@given(value=PARTS | MESSAGES, declared=st.booleans())
def test_no_json_is_too_odd(value: Any, *, declared: bool) -> None:
    said = as_json(value)
    text = conversation_text(said, declared=declared)

    assert text is None or type(text) is str
    if text and said[:1] in {b"{", b"["}:
        assert text == conversation_text(text.encode(), declared=declared)
