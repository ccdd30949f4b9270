"""A user's program, run with the published SDK in an environment without Prela's own packages.

Takes one JSON object on the command line: how to export. Prints what the SDK's own objects say
of every span, one JSON object a line, for comparing with what the server shows.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from prela.core.span import SpanType
from prela.core.tracer import Tracer
from prela.exporters.file import FileExporter
from prela.exporters.http import HTTPExporter


def _exporter(asked: dict[str, Any]) -> Any:
    if "directory" in asked:
        return FileExporter(directory=asked["directory"])
    return HTTPExporter(
        endpoint=asked["url"] + "/v1/traces",
        api_key=asked.get("api_key"),
        bearer_token=asked.get("bearer_token"),
        compress=asked.get("compress", False),
        max_retries=0,
    )


def _answer(tracer: Tracer, spans: list[Any]) -> None:
    """A trace of four levels, with an error that is handled half-way up."""
    with tracer.span("answer", SpanType.AGENT, {"user.id": "u-1", "agent.name": "helper"}) as root:
        spans.append(root)
        root.set_attribute("input", "déjà vu, 退款?")
        with tracer.span("plan", SpanType.LLM, {"llm.model": "gpt-4"}) as plan:
            spans.append(plan)
            plan.set_attribute("llm.input_tokens", 120)
            plan.set_attribute("llm.output_tokens", 30)
            plan.set_attribute("llm.temperature", float("nan"))
            plan.add_event("first_token", {"ttft": 0.25})
            plan.add_event("done")
        with contextlib.suppress(TimeoutError), tracer.span("use", SpanType.TOOL) as tool:
            spans.append(tool)
            tool.set_attribute("tool.args", {"order": 10**30, "notes": ["a", None, True, 1.5]})
            with tracer.span("look up", SpanType.RETRIEVAL) as retrieval:
                spans.append(retrieval)
                raise TimeoutError("the index is away")
        for number in range(20):
            with tracer.span(f"embed {number}", SpanType.EMBEDDING) as embedding:
                spans.append(embedding)


def _fail(tracer: Tracer, spans: list[Any]) -> None:
    """A trace whose only span raises out of the program's function."""
    with contextlib.suppress(ValueError), tracer.span("break", SpanType.CUSTOM) as broken:
        spans.append(broken)
        raise ValueError("boom: 100% of 'it'")


def main() -> None:
    tracer = Tracer(service_name="published", exporter=_exporter(json.loads(sys.argv[1])))
    spans: list[Any] = []
    _answer(tracer, spans)
    _fail(tracer, spans)
    tracer.shutdown()
    for span in spans:
        said = {
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "parent_span_id": span.parent_span_id,
            "name": span.name,
            "span_type": span.span_type.value,
            "started_at": span.started_at.isoformat(),
            "ended_at": span.ended_at.isoformat(),
            "status": span.status.value,
            "status_message": span.status_message,
            "attributes": span.attributes,
            "events": [
                [event.name, event.timestamp.isoformat(), event.attributes] for event in span.events
            ],
        }
        sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
