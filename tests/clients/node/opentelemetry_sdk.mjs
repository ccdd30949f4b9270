// A user's program that makes a trace with OpenTelemetry's SDK for Node and exports it.
//
// Takes one JSON object on the command line: the trace, and which exporter with which options.
// Prints the ids of the spans it made, by their names.

import { SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const asked = JSON.parse(process.argv[2]);
const Exporter = { json: JsonExporter, protobuf: ProtobufExporter }[asked.exporter];
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes(asked.resource),
  spanProcessors: [new BatchSpanProcessor(new Exporter(asked.options))],
});
const tracer = provider.getTracer("shop.agent", "1.2.3");

// Seconds and nanoseconds: one number of nanoseconds would be rounded.
function moment(milliseconds) {
  const micros = asked.started_at_micros + milliseconds * 1000;
  return [Math.floor(micros / 1e6), (micros % 1e6) * 1000];
}

const made = {};
for (const wanted of asked.spans) {
  const parent = made[wanted.parent];
  const within = parent ? trace.setSpan(context.active(), parent) : context.active();
  const links = (wanted.links ?? []).map((name) => ({ context: made[name].spanContext() }));
  const options = {
    kind: SpanKind[wanted.kind ?? "INTERNAL"],
    attributes: wanted.attributes,
    links,
    startTime: moment(wanted.start),
  };
  made[wanted.name] = tracer.startSpan(wanted.name, options, within);
}
for (const wanted of asked.spans.toReversed()) {
  const span = made[wanted.name];
  for (const event of wanted.events ?? []) {
    span.addEvent(event.name, event.attributes, moment(event.at));
  }
  if (wanted.error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: wanted.error });
  }
  span.end(moment(wanted.end));
}
await provider.shutdown();

const ids = Object.entries(made).map(([name, span]) => {
  const { traceId, spanId } = span.spanContext();
  return [name, { trace_id: traceId, span_id: spanId }];
});
process.stdout.write(JSON.stringify(Object.fromEntries(ids)));
