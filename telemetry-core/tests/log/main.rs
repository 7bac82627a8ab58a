//! Lines of a log, and the ids on them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod activation;
mod allocations;
mod json;
mod lines;
mod places;
mod polls;
mod samples;
mod spans;
mod text;

use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use opentelemetry_sdk::trace::{
    IdGenerator, InMemorySpanExporter, InMemorySpanExporterBuilder, Sampler, SdkTracer, SdkTracerProvider, ShouldSample,
};
use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::trace::TracerProvider;
use telemetry_core::opentelemetry::{SpanId, TraceId};
use tracing::field::Field;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{DefaultFields, Format, FormatEvent, FormatFields, Full, Writer};
use tracing_subscriber::fmt::{self, FmtContext, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Registry, registry};

/// What was written, a write each.
#[derive(Clone, Debug, Default)]
struct Sink(Arc<Mutex<Vec<String>>>);

impl Sink {
    fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The only write; nothing is not written at all.
    fn line(&self) -> String {
        let writes = self.writes();
        assert!(writes.len() <= 1, "{writes:?}");
        writes.concat()
    }

    /// The ids on each line of text.
    fn ids(&self) -> Vec<Option<Ids>> {
        self.writes().iter().map(|line| Ids::on(line)).collect()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Sink {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The ids as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ids {
    trace_id: String,
    span_id: String,
}

impl Ids {
    fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self { trace_id: trace_id.to_string(), span_id: span_id.to_string() }
    }

    /// Those at the end of the first line.
    fn on(text: &str) -> Option<Self> {
        let (before, span_id) = text.lines().next()?.rsplit_once(" span_id=")?;
        let (_, trace_id) = before.rsplit_once(" trace_id=")?;
        Some(Self { trace_id: trace_id.to_owned(), span_id: span_id.to_owned() })
    }

    fn text(&self) -> String {
        format!(" trace_id={} span_id={}", self.trace_id, self.span_id)
    }

    fn json(&self) -> String {
        format!(r#","trace_id":"{}","span_id":"{}""#, self.trace_id, self.span_id)
    }
}

/// A provider, and the spans that it exported.
#[derive(Debug)]
struct Traces {
    exporter: InMemorySpanExporter,
    provider: SdkTracerProvider,
}

/// One, two, three; so that ids are known without an exporter.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Counted {
    fn next(&self) -> u64 {
        // Spread over all digits.
        (self.0.fetch_add(1, Ordering::Relaxed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl IdGenerator for Counted {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(u128::from(self.next()) << 64 | u128::from(self.next()))
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(self.next())
    }
}

impl Traces {
    fn new() -> Self {
        Self::sampled(Sampler::AlwaysOn)
    }

    fn sampled(sampler: impl ShouldSample + 'static) -> Self {
        let exporter = InMemorySpanExporterBuilder::new().build();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .with_sampler(sampler)
            .with_id_generator(Counted::default())
            .build();
        Self { exporter, provider }
    }

    fn tracer(&self) -> SdkTracer {
        self.provider.tracer("log")
    }

    /// The ids of the exported span of this name.
    fn ids(&self, name: &str) -> Option<Ids> {
        let spans = self.exporter.get_finished_spans().unwrap();
        let span = spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {spans:?}"));
        Some(Ids::new(span.span_context.trace_id(), span.span_context.span_id()))
    }

    fn parent(&self, name: &str) -> SpanId {
        let spans = self.exporter.get_finished_spans().unwrap();
        spans.iter().find(|span| span.name == name).expect("it was exported").parent_span_id
    }
}

/// A layer that writes text to the sink.
fn text<S>(sink: &Sink) -> fmt::Layer<S, DefaultFields, Format<Full, ()>, Sink> {
    fmt::layer().without_time().with_ansi(false).with_writer(sink.clone())
}

/// What is written, as text, while the spans of `tracing` go to OpenTelemetry.
fn written(traces: &Traces, work: impl FnOnce()) -> Sink {
    let sink = Sink::default();
    through(traces, TraceIds::text(text(&sink)), work);
    sink
}

/// Logs through this layer, while the spans of `tracing` go to OpenTelemetry.
fn through(traces: &Traces, layer: impl Layer<Registry> + Send + Sync, work: impl FnOnce()) {
    let layers = registry().with(layer).with(tracing_opentelemetry::layer().with_tracer(traces.tracer()));
    tracing::subscriber::with_default(layers, work);
}

/// Writes the message of an event and nothing else, not even the end of a line.
#[derive(Debug)]
struct Message;

impl<S, N> FormatEvent<S, N> for Message
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> std::fmt::Result {
        let mut result = Ok(());
        event.record(&mut |field: &Field, value: &dyn Debug| {
            if field.name() == "message" {
                result = write!(writer, "{value:?}");
            }
        });
        result
    }
}
