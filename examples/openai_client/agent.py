"""The agent: nothing here is Prela's, all of it is recorded."""

from __future__ import annotations

import json
from typing import Any

from openai import OpenAI

__all__ = ["answer"]

_LOOK_UP: Any = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Say how an order is.",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}},
    },
}
_MODEL = "gpt-4o"


def answer(question: str) -> str:
    """Let the model call the tool, then write the answer as a stream."""
    client = OpenAI()
    messages: list[Any] = [{"role": "user", "content": question}]
    asked = client.chat.completions.create(model=_MODEL, messages=messages, tools=[_LOOK_UP])
    message = asked.choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls or ():
        arguments = json.loads(call.function.arguments)  # type: ignore[union-attr] # a function
        result = f"Order {arguments['order']} is on its way."
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    stream = client.chat.completions.create(
        model=_MODEL, messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)
