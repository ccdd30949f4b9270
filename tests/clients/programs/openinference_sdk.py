"""A user's agent, observed by OpenInference's instrumentor of the `openai` client.

Takes one JSON object on the command line: the addresses and the key. Prints its trace's id and
the spans that its calls were made in.
"""

from __future__ import annotations

import json
import sys

from openai_calls import hex_of, make_calls
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def main() -> None:
    asked = json.loads(sys.argv[1])
    provider = TracerProvider(resource=Resource.create({"service.name": asked["service"]}))
    exporter = OTLPSpanExporter(f"{asked['url']}/v1/traces", headers={"x-api-key": asked["key"]})
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument()

    tracer = trace.get_tracer("agent")
    attributes = {"openinference.span.kind": "AGENT", "agent.name": "support"}
    with (
        tracer.start_as_current_span("support", attributes=attributes) as root,
        using_attributes(session_id="session-7", user_id="user-7"),
    ):
        made = make_calls(asked["openai_url"])
    provider.shutdown()
    trace_id = f"{root.get_span_context().trace_id:032x}"
    sys.stdout.write(json.dumps({"trace_id": trace_id, "root": hex_of(root), "made": made}))


if __name__ == "__main__":
    main()
