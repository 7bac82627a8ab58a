//! What it costs to offer the duration of a request as an exemplar.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarReservoir, ExemplarStore, SpanIdentity};
use telemetry_core::opentelemetry::{InstrumentationScope, SpanId, TraceId};
use telemetry_core::semconv::metric::HTTP_SERVER_REQUEST_DURATION;

use crate::case::{Budget, Case, Work};

pub(super) fn cases() -> Vec<Case> {
    let span = |is_sampled| SpanIdentity::new(TraceId::from(1_u128), SpanId::from(1_u64), is_sampled);
    [("no-span", None, 6.0), ("unsampled", Some(span(false)), 6.0), ("sampled", Some(span(true)), 12.0)]
        .into_iter()
        .map(|(scenario, span, time)| {
            let case = Case::new(format!("telemetry-core/exemplar/{scenario}"), move || Ok(Offers::new(span)));
            case.budget(Budget { time: Some(time), allocations: Some(0.0), ..Budget::default() })
        })
        .collect()
}

struct Offers {
    reservoir: ExemplarReservoir,
    span: Option<SpanIdentity>,
    /// As in a busy service: most requests begin in a millisecond that their bucket has an exemplar of.
    start: Instant,
}

impl Offers {
    fn new(span: Option<SpanIdentity>) -> Self {
        let store = ExemplarStore::builder().with_filter(ExemplarFilter::TraceBased).build();
        let (scope, metric) = (InstrumentationScope::builder("bench").build(), &HTTP_SERVER_REQUEST_DURATION);
        let reservoir = store.reservoir(&scope, metric.name, &[], Buckets::Explicit(metric.boundaries));
        Self { reservoir, span, start: Instant::now() }
    }

    fn kept(&self) -> u64 {
        let mut kept = 0;
        self.reservoir.visit(|_| kept += 1);
        kept
    }
}

impl Work for Offers {
    fn run(&mut self, times: u64) {
        let took = Duration::from_micros(black_box(700));
        for _ in 0..times {
            self.reservoir.offer_duration(black_box(self.start), black_box(took), black_box(self.span.as_ref()), &[]);
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let sampled = self.span.as_ref().is_some_and(SpanIdentity::is_sampled);
        ensure!(self.kept() == u64::from(sampled), "{} exemplars are kept", self.kept());
        Ok(())
    }
}
