"""A user's agent, observed by OpenLLMetry: its SDK, its decorators, its `openai` instrumentor.

Takes one JSON object on the command line: the addresses and the key. Prints its trace's id and
the spans that its calls were made in.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from openai_calls import hex_of, make_calls
from opentelemetry import trace
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import agent, tool, workflow
from traceloop.sdk.instruments import Instruments


@tool(name="look_up")
def _look_up(order: int) -> dict[str, Any]:
    return {"order": order, "state": "lost", "span": hex_of(trace.get_current_span())}


@agent(name="support")
def _support(openai_url: str) -> dict[str, Any]:
    return {
        "support": hex_of(trace.get_current_span()),
        "look_up": _look_up(1042)["span"],
        "made": make_calls(openai_url),
    }


@workflow(name="orders")
def _orders(openai_url: str) -> dict[str, Any]:
    root = trace.get_current_span()
    trace_id = f"{root.get_span_context().trace_id:032x}"
    return {"trace_id": trace_id, "root": hex_of(root), **_support(openai_url)}


def main() -> None:
    asked = json.loads(sys.argv[1])
    Traceloop.init(
        app_name=asked["service"],
        api_endpoint=asked["url"],
        headers={"x-api-key": asked["key"]},
        instruments={Instruments.OPENAI},
        telemetry_enabled=False,
    )
    Traceloop.set_association_properties({"session_id": "session-7", "user_id": "user-7"})
    said = _orders(asked["openai_url"])
    trace.get_tracer_provider().shutdown()
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
