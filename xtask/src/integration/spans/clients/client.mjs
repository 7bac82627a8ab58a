// GETs each address that it is given, in a span of its own and with baggage, and says one line of JSON on each.

import { context, propagation, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const [userAgent, members, ...addresses] = process.argv.slice(1);

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "node" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
registerInstrumentations({ instrumentations: [new UndiciInstrumentation()] });

const entries = Object.entries(JSON.parse(members)).map(([name, value]) => [name, { value }]);
const baggage = propagation.createBaggage(Object.fromEntries(entries));
const asked = propagation.setBaggage(context.active(), baggage);

for (const address of addresses) {
  const ask = async (span) => {
    const answer = await fetch(address, { headers: { "User-Agent": userAgent } });
    const { traceId, spanId, traceFlags } = span.spanContext();
    const line = { trace: traceId, span: spanId, flags: traceFlags, status: answer.status, body: await answer.text() };
    console.log(JSON.stringify(line));
    span.end();
  };
  await context.with(asked, () => trace.getTracer("client").startActiveSpan("asks", ask));
}

await provider.shutdown();
