"""GETs each address that it is given, in a span of its own and with baggage, and says one line of JSON on each."""

import json
import sys

import requests
from opentelemetry import baggage, context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

user_agent, members, *addresses = sys.argv[1:]

provider = TracerProvider(resource=Resource.create({"service.name": "python"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
RequestsInstrumentor().instrument()

for name, value in json.loads(members).items():
    context.attach(baggage.set_baggage(name, value))
for address in addresses:
    with trace.get_tracer("client").start_as_current_span("asks") as span:
        answer = requests.get(address, headers={"User-Agent": user_agent}, timeout=10)
    ids = span.get_span_context()
    line = {
        "trace": f"{ids.trace_id:032x}",
        "span": f"{ids.span_id:016x}",
        "flags": ids.trace_flags,
        "status": answer.status_code,
        "body": answer.text,
    }
    print(json.dumps(line))

provider.shutdown()
