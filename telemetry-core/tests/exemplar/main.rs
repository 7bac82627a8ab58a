//! Exemplars from the outside: offered, found and read.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod allocations;
mod attributes;
mod buckets;
mod filter;
mod identity;
mod limit;
mod log;
mod span;
mod threads;
mod time;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telemetry_core::exemplar::{
    Buckets, Exemplar, ExemplarFilter, ExemplarReservoir, ExemplarStore, ExemplarStoreBuilder, SpanIdentity,
};
use telemetry_core::opentelemetry::{InstrumentationScope, SpanId, TraceId};

/// A store that the environment does not change.
fn builder() -> ExemplarStoreBuilder {
    ExemplarStore::builder().with_filter(ExemplarFilter::TraceBased)
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("shop").with_version("1").build()
}

fn reservoir(filter: ExemplarFilter, buckets: Buckets<'_>) -> ExemplarReservoir {
    builder().with_filter(filter).build().reservoir(&scope(), "checkout", &[], buckets)
}

fn at(millisecond: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000) + Duration::from_millis(millisecond)
}

fn sampled() -> SpanIdentity {
    SpanIdentity::new(TraceId::from(0xdecaf), SpanId::from(0xbad), true)
}

fn unsampled() -> SpanIdentity {
    SpanIdentity::new(TraceId::from(0xdecaf), SpanId::from(0xbad), false)
}

fn kept(reservoir: &ExemplarReservoir) -> Vec<Exemplar> {
    let mut kept = Vec::new();
    reservoir.visit(|exemplar| kept.push(exemplar.clone()));
    kept
}

fn values(reservoir: &ExemplarReservoir) -> Vec<f64> {
    kept(reservoir).iter().map(Exemplar::value).collect()
}
