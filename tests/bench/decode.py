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
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from traces import spans

from prela_core.wire import (
    Decoded,
    Limits,
    decode_batch,
    decode_otlp_json,
    decode_otlp_protobuf,
    parse_timestamp,
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


def otlp(made: list[dict[str, Any]]) -> ExportTraceServiceRequest:
    """Put spans into one request, with a resource for each service, as a collector does."""
    request = ExportTraceServiceRequest()
    by_service: dict[str, Any] = {}
    for each in made:
        group = by_service.get(each["service_name"])
        if group is None:
            within = request.resource_spans.add()
            within.resource.attributes.append(_pair("service.name", each["service_name"]))
            group = by_service[each["service_name"]] = within.scope_spans.add()
            group.scope.name = "bench"
        group.spans.append(_span(each))
    return request


def _span(made: dict[str, Any]) -> Span:
    failed = made["status"] == "error"
    return Span(
        trace_id=bytes.fromhex(made["trace_id"]),
        span_id=bytes.fromhex(made["span_id"]),
        parent_span_id=bytes.fromhex(made["parent_span_id"] or ""),
        name=made["name"],
        start_time_unix_nano=parse_timestamp(made["started_at"]) * 1000,
        end_time_unix_nano=parse_timestamp(made["ended_at"]) * 1000,
        status=Status(code=Status.STATUS_CODE_ERROR, message=made["status_message"])
        if failed
        else None,
        attributes=[_pair(key, value) for key, value in made["attributes"].items()],
    )


def _pair(key: str, value: str | int) -> KeyValue:
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))


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
