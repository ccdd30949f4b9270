"""What agents ask of the `openai` client, whoever watches it; imported by programs beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import openai
from opentelemetry import trace

__all__ = ["calls", "client_of", "hex_of", "make_calls"]

_SYSTEM = "Be very brief"
_QUESTION = "Wo ist 退款 1042?"
_MESSAGES = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _QUESTION}]
_PARAMETERS = {"type": "object", "properties": {"order": {"type": "string"}}}
_TOOL = {"name": "look_up", "parameters": _PARAMETERS}
_STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


def client_of(openai_url: str) -> openai.OpenAI:
    """Give a client of the stand-in that tries again once."""
    return openai.OpenAI(base_url=f"{openai_url}/v1", api_key="sk-x", max_retries=1)


def calls(client: openai.OpenAI) -> dict[str, Callable[[], Any]]:
    """Give every call by its name."""

    def chat(model: str = "gpt-4o", asking: openai.OpenAI = client, **options: Any) -> Any:
        return asking.chat.completions.create(model=model, messages=_MESSAGES, **options)

    def respond(**options: Any) -> Any:
        return client.responses.create(
            model="gpt-4o", instructions=_SYSTEM, input=_QUESTION, **options
        )

    tools = [{"type": "function", "function": _TOOL}]
    return {
        "plain": chat,
        "streamed": lambda: list(chat(**_STREAMED)),
        "tool": lambda: chat(tools=tools),
        "tool streamed": lambda: list(chat(tools=tools, **_STREAMED)),
        "thinking": lambda: chat(reasoning_effort="low"),
        "embeddings": lambda: client.embeddings.create(
            model="text-embedding-3-small", input=["one two", "three"]
        ),
        "response": respond,
        "response streamed": lambda: list(respond(stream=True)),
        "retried": lambda: chat("busy-model"),
        "broken": lambda: chat("broken-model"),
        "refused": lambda: chat(asking=client.with_options(api_key="sk-wrong")),
    }


def make_calls(openai_url: str) -> dict[str, str]:
    """Make every call in a span of its own; give the ids of those spans by the calls' names."""
    tracer = trace.get_tracer("agent")
    made = {}
    for name, call in calls(client_of(openai_url)).items():
        with tracer.start_as_current_span(name) as around, contextlib.suppress(openai.APIError):
            made[name] = hex_of(around)
            call()
    return made


def hex_of(span: trace.Span) -> str:
    """Give the id of a span as it is written everywhere."""
    return f"{span.get_span_context().span_id:016x}"
