"""The agent: asks the model for the next step and does it, until there is an answer."""

from __future__ import annotations

import json

import attrs

from examples.file_agent.model import Message, Model, Reply
from examples.file_agent.tools import TOOLS, Toolbox
from prela_core.emit import Tracer
from prela_core.model import SpanType

__all__ = ["Agent"]

_SYSTEM = (
    "You answer questions about the files of a folder. Search and read before you answer, and "
    "quote the lines that your answer rests on as path:line. If a tool fails, try another way. "
    "Say so when the folder does not hold the answer."
)
_STEPS = 8


@attrs.frozen
class Agent:
    """Answers questions with `model` and `toolbox`; everything it does is a span of `tracer`."""

    model: Model
    toolbox: Toolbox
    tracer: Tracer
    session_id: str
    user_id: str

    def answer(self, question: str) -> str:
        """Answer `question` in at most eight steps."""
        said = {"agent.name": "file-agent", "input.value": question, **self._who()}
        with self.tracer.span("answer question", SpanType.AGENT, said) as span:
            messages: list[Message] = [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": question},
            ]
            for _ in range(_STEPS):
                reply = self._ask(messages)
                if not reply.tool_calls:
                    span.set("output.value", reply.text)
                    return reply.text
                messages.append(_as_message(reply))
                for call in reply.tool_calls:
                    result = self.toolbox.call(call.name, call.arguments)
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
            span.fail(f"no answer after {_STEPS} steps")
            return f"I found no answer in {_STEPS} steps."

    def _ask(self, messages: list[Message]) -> Reply:
        said = {
            "llm.vendor": self.model.vendor,
            "llm.model": self.model.name,
            "llm.messages": messages,
            **self._who(),
        }
        with self.tracer.span("decide next step", SpanType.LLM, said) as span:
            reply = self.model.reply(messages, TOOLS)
            span.set("llm.input_tokens", reply.input_tokens)
            span.set("llm.output_tokens", reply.output_tokens)
            span.set("llm.response", reply.text or _as_message(reply)["tool_calls"])
        return reply

    def _who(self) -> dict[str, str]:
        return {"session.id": self.session_id, "user.id": self.user_id}


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
