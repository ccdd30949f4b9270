"""The agent at the desk: reads the question, asks the shop, writes the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

import attrs

from examples.support_desk.models import Model
from examples.support_desk.shop import PaymentDeclinedError, Shop
from prela_core import Tracer
from prela_core.testing import ManualClock

__all__ = ["Desk", "Question"]

T = TypeVar("T")

_SYSTEM = (
    "You are the support desk of a shop. Look up what you need, then answer in two sentences. "
    "Promise nothing that the policy does not say."
)
_CHARS_A_TOKEN = 4
_OVERHEAD = 310
"""Tokens of the tools' descriptions, which go along with every call."""


@attrs.frozen
class Question:
    """What a customer asks: about `topic` (late, lost, return), of an order or of none."""

    text: str
    topic: str
    order: int | None


@attrs.frozen
class Desk:
    """Answers questions with a model; everything it does is a span of `tracer`."""

    tracer: Tracer
    clock: ManualClock
    chance: Random
    shop: Shop
    model: Model

    def answer(self, question: Question) -> str:
        """Answer one question."""
        with self.tracer.span("support desk", "agent") as span:
            span.set("gen_ai.agent.name", "support-desk")
            span.set("input.value", question.text)
            facts = self._facts(question)
            right = self.chance.random() < self.model.right
            text = self._write(question, facts, right=right)
            span.set("output.value", text)
            span.score("answered", 1.0 if right else 0.0)
        return text

    def _facts(self, question: Question) -> list[str]:
        self._decide(question, "find_policy" if question.order is None else "look_up_order")
        if question.order is None:
            return self._policy(question.topic)
        try:
            order = self._tool("look_up_order", self.shop.order, question.order)
        except KeyError:
            return ["There is no such order."]
        if self.chance.random() < self.model.wavers:
            self._decide(question, "look_up_order")
            self._tool("look_up_order", self.shop.order, question.order)
        state = self._state(order["carrier"], question.order)
        facts = [f"Order {question.order} is {state}.", *self._policy(question.topic)]
        if state == "lost":
            self._decide(question, "refund")
            try:
                facts.append(self._tool("refund", self.shop.refund, question.order))
            except PaymentDeclinedError:
                facts.append("A colleague will pay it back by hand.")
        return facts

    def _state(self, carrier: str, number: int) -> str:
        for _ in range(2):
            try:
                return self._tool("ask_carrier", self.shop.parcel, carrier, number)
            except TimeoutError:  # the span has failed; once more may help
                continue
        return f"with {carrier}, who does not answer"

    def _policy(self, topic: str) -> list[str]:
        with self.tracer.span("find policy", "retrieval") as span:
            span.set("retrieval.query", topic)
            with self.tracer.span("embed query", "embedding") as embedding:
                self.clock.sleep(0.02 * self.chance.lognormvariate(0, 0.3))
                embedding.usage(model="text-embedding-3-small", provider="openai", input_tokens=6)
            found = self.shop.policy(topic)
            span.set("retrieval.documents", found)
        return found[:1]

    def _tool(self, name: str, ask: Callable[..., T], *arguments: Any) -> T:
        with self.tracer.span(name, "tool") as span:
            span.set("gen_ai.tool.name", name)
            span.set("input.value", json.dumps(arguments))
            result = ask(*arguments)
            span.set("output.value", result if isinstance(result, str) else json.dumps(result))
        return result

    def _decide(self, question: Question, tool: str) -> None:
        """Let the model choose the next step."""
        messages = self._messages(question)
        call = {"name": tool, "arguments": {"order": question.order, "topic": question.topic}}
        self._call("decide", messages, json.dumps(call))

    def _write(self, question: Question, facts: list[str], *, right: bool) -> str:
        messages = self._messages(question)
        messages.append({"role": "assistant", "content": "Let me look."})
        messages.append({"role": "tool", "content": " ".join(facts)})
        text = f"Thank you for asking. {' '.join(facts)}" if right else "Please ask again tomorrow."
        self._call("write answer", messages, text)
        return text

    def _call(self, name: str, messages: list[dict[str, str]], said: str) -> None:
        model = self.model
        output_tokens = len(said) // _CHARS_A_TOKEN + self.chance.randrange(20, 60)
        with self.tracer.span(name, "llm") as span:
            span.set("llm.messages", messages)
            first = model.first_token * self.chance.lognormvariate(0, 0.3)
            self.clock.sleep(first)
            span.set("gen_ai.response.time_to_first_chunk", first)
            self.clock.sleep(output_tokens / model.tokens_a_second)
            span.set("llm.response", said)
            asked = sum(len(message["content"]) for message in messages) // _CHARS_A_TOKEN
            span.usage(
                model=model.name,
                provider="openai",
                input_tokens=_OVERHEAD + asked,
                output_tokens=output_tokens,
            )

    def _messages(self, question: Question) -> list[dict[str, str]]:
        return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": question.text}]
