"""The agent. Nothing here knows where its spans go: that is for the program to say, by `init`.

Its model is a rule, so that it runs without a key. What is said of its calls is what one would say
of a real one's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import prela_core

__all__ = ["answer"]

_ORDERS = {"1042": "was lost by the carrier", "1043": "is on its way"}
_POLICIES = ("What is lost is paid back within five days.", "What is late is half paid back.")


@prela_core.trace(span_type="agent", name="support")
def answer(question: str) -> str:
    """Answer a customer: find the policy and the order at once, then write."""
    with ThreadPoolExecutor() as pool:  # spans of its threads are children of this one
        policy = pool.submit(find_policy, question)
        order = pool.submit(order_of, question)
    text = "".join(write(question, [order.result(), policy.result()]))
    prela_core.score("answered", 1.0 if "order" in text else 0.0)
    return text


def order_of(question: str) -> str:
    """Say how the order is that the question names, or that there is none."""
    number = re.search(r"\d{4}", question)
    try:
        return look_up(number.group() if number else "")
    except KeyError:
        return "There is no such order."  # the tool's span has failed, the agent's has not


@prela_core.trace(span_type="tool")
def look_up(order: str) -> str:
    """Look an order up."""
    time.sleep(0.005)
    return f"Your order {_ORDERS[order]}."


def find_policy(question: str) -> str:
    """Find the policy that has most words of the question."""
    with prela_core.span("find policy", "retrieval") as span:
        span.set("retrieval.query", question)
        time.sleep(0.01)  # and so does a search
        words = set(question.lower().split())
        found = max(_POLICIES, key=lambda policy: len(words & set(policy.lower().split())))
        span.set("retrieval.documents", [found])
    return found


@prela_core.trace(span_type="llm", capture_input=False)
def write(question: str, facts: list[str]) -> Iterator[str]:
    """Write the answer word by word, as a streaming model does."""
    prompt = [{"role": "system", "content": " ".join(facts)}, {"role": "user", "content": question}]
    span = prela_core.current_span()
    span.set("llm.messages", prompt)
    words = " ".join(facts).split()
    for at, word in enumerate(words):
        time.sleep(0.004)  # a model takes its time
        yield word if at == 0 else f" {word}"
    span.usage(
        model="gpt-4o-mini",
        provider="openai",
        input_tokens=sum(len(str(message["content"]).split()) for message in prompt),
        output_tokens=len(words),
    )
