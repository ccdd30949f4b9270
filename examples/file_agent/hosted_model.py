"""Any model behind OpenAI's chat completions, or something that speaks like it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx

from examples.file_agent.model import Message, Reply, ToolCall

__all__ = ["HostedModel"]

_TIMEOUT_SECONDS = 60.0


class HostedModel:
    """Posts the conversation to `{base_url}/chat/completions`. Raises `httpx.HTTPError`."""

    vendor = "openai"

    def __init__(
        self,
        name: str,
        api_key: str,
        base_url: str = "https://api.openai.com/v1",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.name = name
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_TIMEOUT_SECONDS,
            transport=transport,
        )

    def reply(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> Reply:
        """Ask for the next step."""
        body = {"model": self.name, "messages": list(messages), "tools": list(tools)}
        answer = self._client.post(self._url, json=body)
        answer.raise_for_status()
        document = answer.json()
        message = document["choices"][0]["message"]
        usage = document.get("usage") or {}
        return Reply(
            text=message.get("content") or "",
            tool_calls=tuple(_tool_call(call) for call in message.get("tool_calls") or ()),
            input_tokens=int(usage.get("prompt_tokens", 0)),
            output_tokens=int(usage.get("completion_tokens", 0)),
        )


def _tool_call(call: dict[str, Any]) -> ToolCall:
    try:
        arguments = json.loads(call["function"]["arguments"])
    except json.JSONDecodeError:
        arguments = {}
    # A tool told nothing says what it misses, and the model can mend its call.
    return ToolCall(
        call["id"], call["function"]["name"], arguments if isinstance(arguments, dict) else {}
    )
