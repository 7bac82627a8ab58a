//! How many scrapes may be under way at once, and what is told about them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use prometheus::{IntCounterVec, IntGauge, Opts, Registry};

/// Lets scrapes in, up to a limit.
#[derive(Debug)]
pub(super) struct Admission {
    /// 0 is no limit.
    limit: usize,
    in_flight: AtomicUsize,
    metrics: Option<SelfMetrics>,
}

/// A scrape that was let in. It ends when this is dropped: at the end of the body, or wherever the client hung up.
#[derive(Debug)]
pub(crate) struct Admitted(Arc<Admission>);

impl Admission {
    pub(super) fn new(limit: usize, metrics: Option<SelfMetrics>) -> Self {
        Self { limit, in_flight: AtomicUsize::new(0), metrics }
    }

    pub(super) fn admit(self: &Arc<Self>) -> Option<Admitted> {
        let room = |scrapes: usize| (self.limit == 0 || scrapes < self.limit).then_some(scrapes + 1);
        self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).ok()?;
        if let Some(metrics) = &self.metrics {
            metrics.in_flight.inc();
        }
        Some(Admitted(Arc::clone(self)))
    }

    pub(super) fn count(&self, status: StatusCode) {
        if let Some(metrics) = &self.metrics {
            metrics.requests.with_label_values(&[status.as_str()]).inc();
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        if let Some(metrics) = &self.0.metrics {
            metrics.in_flight.dec();
        }
    }
}

/// Metrics of the handler itself, under the names that Prometheus' Go library has given to such metrics.
#[derive(Clone, Debug)]
pub(super) struct SelfMetrics {
    requests: IntCounterVec,
    in_flight: IntGauge,
}

impl SelfMetrics {
    /// Metrics that appear in `registry`. Only illegal or doubled names could fail, and these are neither.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let requests =
            Opts::new("promhttp_metric_handler_requests_total", "Total number of scrapes by HTTP status code.");
        let requests = IntCounterVec::new(requests, &["code"])?;
        // A rate needs a value before the first failure too.
        for status in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE] {
            requests.with_label_values(&[status.as_str()]);
        }
        let in_flight =
            IntGauge::new("promhttp_metric_handler_requests_in_flight", "Current number of scrapes being served.")?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        Ok(Self { requests, in_flight })
    }
}
