"""A user's agent, observed by Langfuse's SDK, which is told where to send by its environment.

Prints its trace's id and the ids of its spans by their names.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from langfuse import Langfuse, observe, propagate_attributes

MADE: dict[str, str] = {}
CLIENT = Langfuse(environment="staging")


def _note(name: str) -> None:
    MADE[name] = CLIENT.get_current_observation_id() or ""


@observe(as_type="tool")
def look_up(order: int) -> dict[str, Any]:
    _note("look_up")
    return {"order": order, "state": "lost"}


@observe(as_type="retriever")
def search(query: str) -> list[str]:
    _note("search")
    return [f"doc about {query}"]


@observe()
def render() -> None:
    _note("render")
    raise ValueError("no such template")


def _ask(name: str, model: str, **details: Any) -> None:
    with CLIENT.start_as_current_observation(
        as_type="generation",
        name=name,
        model=model,
        input=[{"role": "user", "content": "Wo ist 退款 1042?"}],
    ) as generation:
        _note(name)
        generation.update(output="I'll look.", **details)


def main() -> None:
    with (
        propagate_attributes(user_id="user-7", session_id="session-7", tags=["a"]),
        CLIENT.start_as_current_observation(as_type="agent", name="support", input="1042?"),
    ):
        _note("support")
        # A name for each count, as the SDK's own integration of the `openai` client has them.
        cached = {"input": 100, "output": 30, "input_cached_tokens": 20, "total": 150}
        _ask("plan", "gpt-4o", usage_details=cached)
        _ask("priced", "gpt-4o", usage_details={"input": 9}, cost_details={"total": 0.25})
        look_up(1042)
        search("orders")
        with contextlib.suppress(ValueError):
            render()
        trace_id = CLIENT.get_current_trace_id()
    CLIENT.shutdown()
    sys.stdout.write(json.dumps({"trace_id": trace_id, "made": MADE}))


if __name__ == "__main__":
    main()
