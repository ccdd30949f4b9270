"""A user's program that makes a trace with opentelemetry-sdk and exports it.

Takes one JSON object on the command line: the trace, and which exporter with which arguments.
Prints the ids of the spans it made, by their names.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import grpc
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, StatusCode, set_span_in_context


def _exporter(asked: dict[str, Any]) -> Any:
    options = asked["options"]
    compression = options.pop("compression", "none")
    if asked["exporter"] == "grpc":
        kinds = {"none": grpc.Compression.NoCompression, "gzip": grpc.Compression.Gzip}
        return GrpcExporter(**options, compression=kinds[compression])
    if asked["exporter"] == "environment":
        return HttpExporter()
    return HttpExporter(**options, compression=Compression(compression))


def _make(provider: TracerProvider, asked: dict[str, Any]) -> dict[str, Span]:
    """Make the spans, each begun after its parent and ended before it."""
    tracer = provider.get_tracer("shop.agent", "1.2.3")

    def moment(milliseconds: int) -> int:
        return (asked["started_at_micros"] + milliseconds * 1000) * 1000

    made: dict[str, Span] = {}
    for wanted in asked["spans"]:
        parent = made.get(wanted.get("parent"))
        made[wanted["name"]] = tracer.start_span(
            wanted["name"],
            context=set_span_in_context(parent) if parent else None,
            kind=SpanKind[wanted.get("kind", "INTERNAL")],
            attributes=wanted["attributes"],
            links=[Link(made[name].get_span_context()) for name in wanted.get("links", ())],
            start_time=moment(wanted["start"]),
        )
    for wanted in reversed(asked["spans"]):
        span = made[wanted["name"]]
        for event in wanted.get("events", ()):
            span.add_event(event["name"], event["attributes"], moment(event["at"]))
        if "error" in wanted:
            span.set_status(StatusCode.ERROR, wanted["error"])
        span.end(moment(wanted["end"]))
    return made


def main() -> None:
    asked = json.loads(sys.argv[1])
    resource = {} if asked["exporter"] == "environment" else asked["resource"]
    provider = TracerProvider(resource=Resource.create(resource))
    provider.add_span_processor(BatchSpanProcessor(_exporter(asked)))
    made = _make(provider, asked)
    provider.shutdown()
    contexts = {name: span.get_span_context() for name, span in made.items()}
    ids = {
        name: {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
        for name, context in contexts.items()
    }
    sys.stdout.write(json.dumps(ids))


if __name__ == "__main__":
    main()
