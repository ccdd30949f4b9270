"""The agent: asks the model for the next step and does it, until there is an answer."""

from __future__ import annotations

import json

import attrs

import prela_core
from examples.file_agent.model import Message, Model, Reply
from examples.file_agent.tools import TOOLS, Toolbox

__all__ = ["Agent"]

_SYSTEM = (
    "You answer questions about the files of a folder. Search and read before you answer, and "
    "quote the lines that your answer rests on as path:line. If a tool fails, try another way. "
    "Say so when the folder does not hold the answer."
)
_STEPS = 8


@attrs.frozen
class Agent:
    """Answers questions with `model` and `toolbox`; everything it does is a span."""

    model: Model
    toolbox: Toolbox

    @prela_core.trace(
        name="answer question", span_type="agent", attributes={"agent.name": "file-agent"}
    )
    def answer(self, question: str) -> str:
        """Answer `question` in at most eight steps."""
        messages: list[Message] = [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": question},
        ]
        for _ in range(_STEPS):
            reply = self._ask(messages)
            if not reply.tool_calls:
                return reply.text
            messages.append(_as_message(reply))
            for call in reply.tool_calls:
                result = self.toolbox.call(call.name, call.arguments)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        prela_core.current_span().fail(f"no answer after {_STEPS} steps")
        return f"I found no answer in {_STEPS} steps."

    def _ask(self, messages: list[Message]) -> Reply:
        with prela_core.span("decide next step", "llm", {"llm.messages": messages}) as span:
            span.usage(model=self.model.name, provider=self.model.vendor)
            reply = self.model.reply(messages, TOOLS)
            span.usage(input_tokens=reply.input_tokens, output_tokens=reply.output_tokens)
            span.set("llm.response", reply.text or _as_message(reply)["tool_calls"])
        return reply


def _as_message(reply: Reply) -> Message:
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for call in reply.tool_calls
    ]
    return {"role": "assistant", "content": reply.text or None, "tool_calls": calls}
