"""A user's program that makes one trace of very many spans with opentelemetry-sdk, in batches.

Takes one JSON object on the command line: the address, the key and how many. Prints the trace's
id and, span by span in the order they were made, the ids of the spans and of their parents.
"""

from __future__ import annotations

import json
import sys

from opentelemetry.exporter.otlp.proto.http.trace_exporter import Compression, OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import set_span_in_context


def main() -> None:
    asked = json.loads(sys.argv[1])
    exporter = OTLPSpanExporter(
        f"{asked['url']}/v1/traces",
        headers={"x-api-key": asked["key"]},
        compression=Compression.Gzip,
    )
    provider = TracerProvider(resource=Resource.create({"service.name": "many"}))
    # The queue holds them all: what is tried here is the receiver, not what the SDK drops.
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=2 * asked["spans"]))
    tracer = provider.get_tracer("many")
    spans = [tracer.start_span("step 0")]
    parents = [None]
    for at in range(1, asked["spans"]):
        # A tree in which every span has two children, and then one long chain.
        parent = spans[(at - 1) // 2] if at < asked["spans"] // 2 else spans[-1]
        spans.append(tracer.start_span(f"step {at}", context=set_span_in_context(parent)))
        parents.append(f"{parent.get_span_context().span_id:016x}")
    for span in reversed(spans):
        span.end()
    provider.shutdown()
    ids = [f"{span.get_span_context().span_id:016x}" for span in spans]
    trace_id = f"{spans[0].get_span_context().trace_id:032x}"
    sys.stdout.write(json.dumps({"trace_id": trace_id, "ids": ids, "parents": parents}))


if __name__ == "__main__":
    main()
