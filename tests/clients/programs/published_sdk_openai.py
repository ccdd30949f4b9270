"""A user's agent on the `openai` client, observed by the published SDK, which exports by HTTP.

Takes one JSON object on the command line: the addresses and the key. Prints its trace's id and
the spans that its calls were made in.
"""

from __future__ import annotations

import contextlib
import json
import sys

import openai
from openai_calls import calls, client_of
from prela.core.span import SpanType
from prela.core.tracer import Tracer
from prela.exporters.http import HTTPExporter
from prela.instrumentation.openai import OpenAIInstrumentor


def main() -> None:
    asked = json.loads(sys.argv[1])
    exporter = HTTPExporter(endpoint=f"{asked['url']}/v1/traces", api_key=asked["key"])
    tracer = Tracer(service_name=asked["service"], exporter=exporter)
    OpenAIInstrumentor().instrument(tracer)
    made = {}
    # It patches clients as they are made, and so must come before them.
    with tracer.span("support", SpanType.AGENT, {"user.id": "user-7"}) as root:
        for name, call in calls(client_of(asked["openai_url"])).items():
            with tracer.span(name) as around, contextlib.suppress(openai.APIError):
                made[name] = around.span_id
                call()
    tracer.shutdown()
    said = {"trace_id": root.trace_id, "root": root.span_id, "made": made}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
