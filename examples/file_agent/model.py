"""What the agent needs of a model: from a conversation to the next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import attrs

__all__ = ["Message", "Model", "Reply", "ToolCall"]

Message = dict[str, Any]
"""A message as OpenAI's chat completions have it: `role`, `content`, `tool_calls`, ..."""


@attrs.frozen
class ToolCall:
    """The model wants `name` to be called with `arguments`."""

    id: str
    name: str
    arguments: dict[str, Any]


@attrs.frozen
class Reply:
    """What the model said: tools to call, or else `text` as the answer."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    input_tokens: int
    output_tokens: int


class Model(Protocol):
    """Decides the next step from the conversation so far."""

    name: str
    vendor: str

    def reply(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> Reply:
        """Give the next step. `tools` are described as chat completions want them."""
