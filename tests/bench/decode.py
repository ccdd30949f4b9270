"""What a body costs until its spans are records: every form that is taken, beside bare parsers.

    python tests/bench/decode.py                 # about half a minute
    python tests/bench/decode.py --spans 100     # spans in a body

The same spans in every form. A bare parser only makes objects of the bytes, and that of protobuf
only once somebody looks at them: it checks no id and no limit, and knows no spelling.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Mapping
from functools import partial

import msgspec
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_bodies import otlp
from traces import spans

from prela_core.wire import (
    Decoded,
    Limits,
    decode_batch,
    decode_otlp_json,
    decode_otlp_protobuf,
)

NEWEST = 1_770_000_000_000_000
ROUNDS = 9
LEAST_SECONDS = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=1000, help="spans in a body")
    options = parser.parse_args()
    made = list(spans(1, options.spans, newest=NEWEST))
    request = otlp(made)
    bodies = {
        "Prela JSON": json.dumps({"spans": made}).encode(),
        "OTLP protobuf": request.SerializeToString(),
        "OTLP JSON": otlp_json(request),
    }
    decoders: Mapping[str, Callable[..., Decoded]] = {
        "Prela JSON": decode_batch,
        "OTLP protobuf": decode_otlp_protobuf,
        "OTLP JSON": decode_otlp_json,
    }
    parsers: Mapping[str, Callable[[bytes], object]] = {
        "json": json.loads,
        "msgspec": msgspec.json.decode,
        "protobuf (upb)": ExportTraceServiceRequest.FromString,
    }
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {len(made):,} spans a body, "
        f"CPU of the quickest of {ROUNDS} rounds\n"
    )
    print("| form | bytes/span | to records, µs/span | spans/s | bare parsers, µs/span |")
    print("|---|---|---|---|---|")
    for form, body in bodies.items():
        decode = partial(decoders[form], body, received_at=NEWEST, limits=Limits())
        decoded = decode()
        if len(decoded.spans) != len(made) or decoded.rejected:
            raise SystemExit(f"{form}: {len(decoded.spans)} spans of {len(made)} were taken")
        cost = quickest(decode, len(made))
        bare = ", ".join(
            f"{name} {quickest(partial(parse, body), len(made)):.1f}"
            for name, parse in parsers.items()
            if ("protobuf" in form) == ("protobuf" in name)
        )
        print(
            f"| {form} | {len(body) / len(made):,.0f} | {cost:.1f} | {1e6 / cost:,.0f} | {bare} |"
        )


def quickest(work: Callable[[], object], spans: int) -> float:
    """Give microseconds of CPU a span."""
    found = []
    for _ in range(ROUNDS):
        times, began = 0, time.process_time()
        while (seconds := time.process_time() - began) < LEAST_SECONDS:
            work()
            times += 1
        found.append(seconds / times / spans * 1e6)
    return min(found)


def otlp_json(request: ExportTraceServiceRequest) -> bytes:
    """Spell a request as OTLP does, whose ids are hex where protobuf's own JSON has base64."""
    document = json.loads(MessageToJson(request))
    for within, sent in zip(document["resourceSpans"], request.resource_spans, strict=True):
        for scope, group in zip(within["scopeSpans"], sent.scope_spans, strict=True):
            for shown, span in zip(scope["spans"], group.spans, strict=True):
                for name, raw in (
                    ("traceId", span.trace_id),
                    ("spanId", span.span_id),
                    ("parentSpanId", span.parent_span_id),
                ):
                    shown[name] = raw.hex()
                if "status" in shown:
                    shown["status"]["code"] = span.status.code
    return json.dumps(document).encode()


if __name__ == "__main__":
    main()
