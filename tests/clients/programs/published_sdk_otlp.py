"""A user's program on the published SDK, which exports to an OTLP collector.

Takes one JSON object on the command line: the address and the key. Prints what the SDK's own
objects say of every span.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from prela.core.span import SpanType
from prela.core.tracer import Tracer
from prela.exporters.otlp import OTLPExporter


def main() -> None:
    asked = json.loads(sys.argv[1])
    exporter = OTLPExporter(
        endpoint=f"{asked['url']}/v1/traces", headers={"x-api-key": asked["key"]}
    )
    tracer = Tracer(service_name=asked["service"], exporter=exporter)
    spans: list[Any] = []
    who = {"user.id": "user-7", "session.id": "session-7"}
    with tracer.span("answer", SpanType.AGENT, who) as root:
        spans.append(root)
        with tracer.span("plan", SpanType.LLM, {"llm.model": "gpt-4"}) as plan:
            spans.append(plan)
            plan.set_attribute("llm.input_tokens", 120)
            plan.set_attribute("llm.output_tokens", 30)
            plan.set_attribute("llm.prompt", "Wo ist 退款 1042?")
            plan.set_attribute("llm.response", "I'll look.")
            plan.add_event("first token", {"share": 0.25})
        with contextlib.suppress(TimeoutError), tracer.span("look up", SpanType.TOOL) as tool:
            spans.append(tool)
            tool.set_attribute("tool.name", "look_up")
            raise TimeoutError("the index is away")
    tracer.shutdown()
    said = [
        {
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "parent_span_id": span.parent_span_id,
            "name": span.name,
            "started_at": span.started_at.isoformat(),
            "ended_at": span.ended_at.isoformat(),
            "attributes": span.attributes,
        }
        for span in spans
    ]
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
