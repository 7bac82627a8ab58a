//! Our layer with all of its metrics, with each alone and with none, and the service without it.

use anyhow::Result;
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::metrics::NoopMeterProvider;
use telemetry_http::{RequestFilter, RequestMetricsLayer};
use tower::{Layer, service_fn};

use super::sample::{ROUTE_AND_STATUS, Sample};
use super::system::{Entry, Parts};
use super::workload::{RESPONSE, Workload, answer};
use crate::metrics::Metrics;

/// The service without metrics, which is subtracted from all others.
pub const NOOP: Entry = Entry { name: "noop", build: |workload| Ok(Parts::new(workload, service_fn(answer))) };

/// Our layer with a meter that records nothing.
pub const NOOP_METER: Entry = Entry { name: "noop-meter", build: noop_meter };

/// Our layer as it comes, with all four metrics.
pub const OURS: Entry = Entry { name: "ours", build: |workload| build(workload, &Metric::ALL) };

/// What there is to know about our layer, [`NOOP`] first.
pub const SYSTEMS: &[Entry] = &[
    NOOP,
    OURS,
    Entry { name: "duration", build: |workload| build(workload, &[Metric::Duration]) },
    Entry { name: "active-requests", build: |workload| build(workload, &[Metric::Active]) },
    Entry { name: "request-body-size", build: |workload| build(workload, &[Metric::RequestSize]) },
    Entry { name: "response-body-size", build: |workload| build(workload, &[Metric::ResponseSize]) },
    Entry { name: "no-metric", build: |workload| build(workload, &[]) },
    Entry { name: "kept-out", build: kept_out },
    Entry { name: "route-function", build: route_function },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Metric {
    Duration,
    Active,
    RequestSize,
    ResponseSize,
}

impl Metric {
    const ALL: [Self; 4] = [Self::Duration, Self::Active, Self::RequestSize, Self::ResponseSize];

    fn without(self, layer: RequestMetricsLayer) -> RequestMetricsLayer {
        match self {
            Self::Duration => layer.without_request_duration(),
            Self::Active => layer.without_active_requests(),
            Self::RequestSize => layer.without_request_body_size(),
            Self::ResponseSize => layer.without_response_body_size(),
        }
    }

    fn sample(self, workload: Workload) -> Sample {
        let (name, each) = match self {
            Self::Duration => ("http_server_request_duration_seconds_count", 1),
            Self::Active => return Sample { name: "http_server_active_requests", each: 0, labels: &[] },
            Self::RequestSize => ("http_server_request_body_size_bytes_sum", workload.body().len()),
            Self::ResponseSize => ("http_server_response_body_size_bytes_sum", RESPONSE.len()),
        };
        Sample { name, each, labels: ROUTE_AND_STATUS }
    }
}

fn build(workload: Workload, on: &[Metric]) -> Result<Parts> {
    let off = || Metric::ALL.into_iter().filter(|metric| !on.contains(metric));
    let samples = on.iter().map(|metric| metric.sample(workload)).collect();
    measured(workload, samples, |layer| off().fold(layer, |layer, metric| metric.without(layer)))
}

/// A layer with a function for the route, as routers need it that do not leave it in the request.
fn route_function(workload: Workload) -> Result<Parts> {
    let samples = Metric::ALL.iter().map(|metric| metric.sample(workload)).collect();
    measured(workload, samples, |layer| layer.with_route(|_| Some("/users/{id}".into())))
}

/// What the filter keeps out goes through the layer all the same.
fn kept_out(workload: Workload) -> Result<Parts> {
    measured(workload, Vec::new(), |layer| layer.with_filter(RequestFilter::except_paths(["/users/42"])))
}

fn noop_meter(workload: Workload) -> Result<Parts> {
    let options = MeterOptions::default().with_meter_provider(NoopMeterProvider::new());
    Ok(Parts::new(workload, RequestMetricsLayer::custom(options).layer(service_fn(answer))))
}

fn measured(
    workload: Workload,
    samples: Vec<Sample>,
    with: impl FnOnce(RequestMetricsLayer) -> RequestMetricsLayer,
) -> Result<Parts> {
    let metrics = Metrics::new();
    let layer = with(RequestMetricsLayer::custom(metrics.options()));
    Ok(Parts::new(workload, layer.layer(service_fn(answer))).recording(samples, move || metrics.page()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::System;

    #[test]
    fn every_system_counts_every_workload() {
        for workload in Workload::ALL {
            System::all(SYSTEMS, workload).unwrap();
        }
    }

    #[test]
    fn a_system_that_does_not_count_is_found() {
        let idle = Entry {
            name: "idle",
            build: |workload| {
                let counting = (OURS.build)(workload)?;
                Ok(counting.recording(vec![Metric::Duration.sample(workload)], || Ok(String::new())))
            },
        };
        let error = System::new(&idle, Workload::Get).unwrap_err();
        assert_eq!(format!("{error:#}"), "idle counts wrong: http_server_request_duration_seconds_count is missing");
    }
}
