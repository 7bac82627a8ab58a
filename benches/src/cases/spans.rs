//! A span for each request. Each case needs a process of its own, because subscribers and providers are global.

use anyhow::{Result, ensure};
use telemetry_core::opentelemetry::global;

use super::exchanges::CLIENT_BARE;
use crate::case::{Budget, Case, Work};
use crate::metrics::Metrics;
use crate::page::sum;
use crate::spans::{
    CLIENT_METRICS_AND_TRACE, CLIENT_TRACE, Entry, METRICS_AND_TRACE, NOOP, OURS_OTEL, OURS_TRACING, SYSTEMS, State,
    Systems,
};

pub(super) fn cases() -> Vec<Case> {
    let of_state = |state: State| {
        let scenario = format!("telemetry-http/span-{}", state.name());
        let entries = SYSTEMS.iter().filter(move |entry| entry.has(state));
        entries.map(move |entry| {
            let case = Case::new(format!("{scenario}/{}", entry.name), move || Spans::new(entry, state));
            let case = case.budget(budget(entry, state));
            // How often the exporter's thread has to be woken is a matter of chance.
            let case = if state == State::Batch { case.only_time() } else { case };
            if entry.name == NOOP.name { case } else { case.beyond(format!("{scenario}/{}", NOOP.name)) }
        })
    };
    let client = |entry: &Entry| format!("telemetry-http/client/{}", entry.name);
    let both = |id, entry, count| Case::new(id, move || SpansAndMetrics::new(entry, count));
    let (server_count, client_count) =
        ("http_server_request_duration_seconds_count", "http_client_request_duration_seconds_count");
    let sampled = "telemetry-http/span-sampled";
    let others = [
        both(format!("{sampled}/{}", METRICS_AND_TRACE.name), &METRICS_AND_TRACE, server_count)
            .beyond(format!("{sampled}/{}", NOOP.name)),
        Case::new(client(&CLIENT_TRACE), || Spans::new(&CLIENT_TRACE, State::Sampled)).beyond(CLIENT_BARE),
        both(client(&CLIENT_METRICS_AND_TRACE), &CLIENT_METRICS_AND_TRACE, client_count).beyond(CLIENT_BARE),
    ];
    State::ALL.into_iter().flat_map(of_state).chain(others).collect()
}

/// Those of `docs/decisions/0017-spans-in-two-ways.md`.
fn budget(entry: &Entry, state: State) -> Budget {
    let most = [
        (&OURS_OTEL, State::Unsampled, 4_600.0, 6.0),
        (&OURS_OTEL, State::Sampled, 7_500.0, 9.0),
        (&OURS_TRACING, State::Nothing, 600.0, 0.0),
        (&OURS_TRACING, State::Disabled, 600.0, 0.0),
        (&OURS_TRACING, State::Sampled, 18_000.0, 25.0),
    ];
    let own = most.into_iter().find(|(other, in_state, ..)| other.name == entry.name && *in_state == state);
    own.map_or_else(Budget::default, |(.., instructions, allocations)| Budget {
        instructions: Some(instructions),
        allocations: Some(allocations),
        ..Budget::default()
    })
}

struct Spans(Systems);

impl Spans {
    fn new(entry: &'static Entry, state: State) -> Result<Self> {
        Ok(Self(Systems::new([entry], state)?))
    }
}

impl Work for Spans {
    fn run(&mut self, times: u64) {
        self.0.send(0, times);
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.0.check()
    }
}

/// Both layers around one service. As many requests have to be counted as spans have arrived.
struct SpansAndMetrics {
    spans: Spans,
    metrics: Metrics,
    count: &'static str,
}

impl SpansAndMetrics {
    fn new(entry: &'static Entry, count: &'static str) -> Result<Self> {
        let metrics = Metrics::new();
        global::set_meter_provider(metrics.provider.clone());
        let both = Self { spans: Spans::new(entry, State::Sampled)?, metrics, count };
        both.compare()?;
        Ok(both)
    }

    fn compare(&self) -> Result<()> {
        let (series, requests) = sum(&self.metrics.page()?, self.count)?;
        let spans = self.spans.0.arrivals().count();
        ensure!((series, requests) == (1, spans as f64), "{requests} requests are counted, and {spans} spans arrived");
        Ok(())
    }
}

impl Work for SpansAndMetrics {
    fn run(&mut self, times: u64) {
        self.spans.run(times);
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.spans.0.check()?;
        self.compare()
    }
}
