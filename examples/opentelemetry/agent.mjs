// `node examples/opentelemetry/agent.mjs`: the same in Node. It wants these packages:
//
//   npm install @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-trace-node \
//     @opentelemetry/exporter-trace-otlp-proto

import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const url = `${process.env.PRELA_URL ?? "http://127.0.0.1:8000"}/v1/traces`;
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "support-node" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url, compression: "gzip" }))],
});
provider.register();
const tracer = trace.getTracer("examples.opentelemetry");

// Run `step` in a span, which fails if it throws.
function traced(name, attributes, step) {
  return tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, (span) => {
    try {
      return step(span);
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

function lookUp(order) {
  const said = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up" };
  return traced("execute_tool look_up", said, () => {
    throw new Error(`there is no order ${order}`);
  });
}

function answer(order) {
  const said = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support" };
  return traced("support", said, () => {
    try {
      return lookUp(order);
    } catch {
      const call = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o" };
      return traced("chat gpt-4o", call, (chat) => {
        chat.setAttribute("gen_ai.usage.input_tokens", 9);
        chat.setAttribute("gen_ai.usage.output_tokens", 5);
        return "There is no such order.";
      });
    }
  });
}

console.log(answer("9999"));
await provider.shutdown();
