//! `axum-prometheus` with `metrics-exporter-prometheus`, set up as it does itself.

use std::sync::Arc;

use anyhow::Result;
use axum_prometheus::utils::SECONDS_DURATION_BUCKETS;
use axum_prometheus::{AXUM_HTTP_REQUESTS_DURATION_SECONDS, BaseMetricLayer};
use metrics::with_local_recorder;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use telemetry_benches::request::{Parts, RESPONSE, ROUTE, ROUTE_AND_STATUS, Sample, Workload, answer};
use tower::{Layer, service_fn};

pub(super) fn build(workload: Workload, body_size: bool) -> Result<Parts> {
    let duration = Matcher::Full(AXUM_HTTP_REQUESTS_DURATION_SECONDS.to_owned());
    let recorder = PrometheusBuilder::new().set_buckets_for_metric(duration, SECONDS_DURATION_BUCKETS)?;
    let recorder = Arc::new(recorder.build_recorder());
    let (page, upkeep) = (recorder.handle(), recorder.handle());

    let layer = if body_size { BaseMetricLayer::with_response_body_size() } else { BaseMetricLayer::new() };
    let service = layer.layer(service_fn(answer));
    let parts = Parts::of_senders(move |path| {
        let (recorder, mut service) = (Arc::clone(&recorder), service.clone());
        let mut send = move || workload.send(&mut service, &path);
        // The thread's own recorder, because the process has one alone. It is found on the way to that one.
        Box::new(move |requests| with_local_recorder(&recorder, || (0..requests).for_each(|_| send())))
    });

    let mut samples = vec![
        Sample { name: "axum_http_requests_total", each: 1, labels: ROUTE_AND_STATUS },
        Sample { name: "axum_http_requests_duration_seconds_count", each: 1, labels: ROUTE_AND_STATUS },
        Sample { name: "axum_http_requests_pending", each: 0, labels: ROUTE },
    ];
    let size = Sample { name: "axum_http_response_body_size_sum", each: RESPONSE.len(), labels: ROUTE };
    samples.extend(body_size.then_some(size));
    let parts = parts.recording(samples, move || Ok(page.render()));
    // Requests leave their values in a list, for this to sort into buckets.
    Ok(parts.with_upkeep(move || upkeep.run_upkeep()))
}
