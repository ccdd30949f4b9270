"""What the stand-in of OpenAI's API answers, whichever of its endpoints is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs

__all__ = ["CREATED", "REASONING_TOKENS", "Answer", "answer_to", "snapshot_of"]

CREATED = 1_790_000_000
"""When everything was answered, in seconds since 1970."""

REASONING_TOKENS = 5

_SNAPSHOTS = {"gpt-4o": "gpt-4o-2024-08-06", "gpt-4o-mini": "gpt-4o-mini-2024-07-18"}


@attrs.frozen
class Answer:
    """A text, or a tool to be called with `arguments`, JSON text; and the tokens it took."""

    text: str | None
    tool: str | None
    arguments: str
    input_tokens: int
    cached_tokens: int
    reasoning_tokens: int

    @property
    def finish(self) -> str:
        """Why it ended, in the API's word."""
        return "stop" if self.tool is None else "tool_calls"

    @property
    def pieces(self) -> list[str]:
        """The text or the arguments word by word, as streams give them."""
        words = (self.arguments if self.text is None else self.text).split(" ")
        return [word if at == 0 else f" {word}" for at, word in enumerate(words)]

    @property
    def output_tokens(self) -> int:
        """The tokens of the answer, those of its reasoning included."""
        return len(self.pieces) + self.reasoning_tokens

    @property
    def usage(self) -> dict[str, Any]:
        """The tokens as chat completions report them."""
        return {
            "prompt_tokens": self.input_tokens,
            "completion_tokens": self.output_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


def answer_to(messages: Sequence[dict[str, Any]], body: dict[str, Any]) -> Answer:
    """Answer messages of either endpoint; `body` is the request that they came in."""
    texts = [_text(message) for message in messages]
    system = [
        text
        for message, text in zip(messages, texts, strict=True)
        if message.get("role") in ("system", "developer")
    ]
    tool = _first_tool(body)
    answered = messages[-1].get("role") == "tool" or "output" in messages[-1]
    calls = tool is not None and not answered
    reasons = bool(body.get("reasoning_effort") or body.get("reasoning"))
    return Answer(
        text=None if calls else f"You said: {texts[-1]}",
        tool=tool["name"] if calls else None,
        arguments=_arguments(tool, texts[-1]) if calls else "",
        input_tokens=_words(texts),
        cached_tokens=_words(system),
        reasoning_tokens=REASONING_TOKENS if reasons else 0,
    )


def snapshot_of(model: str) -> str:
    """Give the name of the model that answers when `model` is asked for."""
    return _SNAPSHOTS.get(model, model)


def _text(message: dict[str, Any]) -> str:
    content = message.get("output") or message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if "text" in part)


def _words(texts: list[str]) -> int:
    return sum(len(text.split()) for text in texts)


def _first_tool(body: dict[str, Any]) -> Any:
    """Give the function of the first tool: inside `function` for chats, as it is for responses."""
    for tool in body.get("tools") or ():
        return tool.get("function", tool)
    return None


def _arguments(tool: Any, text: str) -> str:
    return json.dumps(dict.fromkeys(tool["parameters"]["properties"], text))
