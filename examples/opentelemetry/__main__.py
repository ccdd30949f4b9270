"""`python -m examples.opentelemetry`: one question, with attributes of the GenAI conventions."""

from __future__ import annotations

import json
import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_URL = os.environ.get("PRELA_URL", "http://127.0.0.1:8000")
_TRACER = trace.get_tracer("examples.opentelemetry")


def answer(question: str) -> str:
    """Ask a model, call the tool it wants, ask again."""
    with _TRACER.start_as_current_span("support") as agent:
        agent.set_attribute("gen_ai.operation.name", "invoke_agent")
        agent.set_attribute("gen_ai.agent.name", "support")
        agent.set_attribute("session.id", "session-7")
        _ask(question, "I'll look the order up.")
        found = _look_up("1042")
        return _ask(f"{question} {found}", f"Your order {found}.")


def _ask(prompt: str, said: str) -> str:
    """Stand for the call of a model, which says `said`."""
    with _TRACER.start_as_current_span("chat gpt-4o", kind=trace.SpanKind.CLIENT) as chat:
        chat.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.input.messages": _messages("user", prompt),
            }
        )
        chat.add_event("first token")
        chat.set_attributes(
            {
                "gen_ai.output.messages": _messages("assistant", said),
                "gen_ai.usage.input_tokens": len(prompt.split()),
                "gen_ai.usage.output_tokens": len(said.split()),
            }
        )
    return said


def _look_up(order: str) -> str:
    with _TRACER.start_as_current_span("execute_tool look_up") as tool:
        tool.set_attribute("gen_ai.operation.name", "execute_tool")
        tool.set_attribute("gen_ai.tool.name", "look_up")
        tool.set_attribute("gen_ai.tool.call.arguments", json.dumps({"order": order}))
        tool.set_attribute("gen_ai.tool.call.result", "is on its way")
    return "is on its way"


def _messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def main() -> None:
    """Export to Prela, as to any other backend."""
    provider = TracerProvider(resource=Resource.create({"service.name": "support-otel"}))
    exporter = OTLPSpanExporter(f"{_URL}/v1/traces", compression=Compression.Gzip)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    print(answer("Where is order 1042?"))
    provider.shutdown()


if __name__ == "__main__":
    main()
