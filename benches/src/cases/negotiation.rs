//! What the handler does with `Accept`: from the header to the format and its escaping.

use std::hint::black_box;

use http::HeaderValue;
use telemetry_prometheus::{Exposition, Format};

use super::calls::Calls;
use crate::case::{Budget, Case};

/// Who asks, how, and what for.
const ACCEPTS: [(&str, &str, Format); 6] = [
    (
        "prometheus-2",
        "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
         text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        Format::OpenMetrics,
    ),
    (
        "prometheus-3",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
         application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
         text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        Format::OpenMetrics,
    ),
    (
        "prometheus-3-native",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;\
         escaping=allow-utf-8;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
         application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
         text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        Format::Protobuf,
    ),
    (
        "browser",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        Format::PrometheusText,
    ),
    ("curl", "*/*", Format::PrometheusText),
    ("garbage", ";;,=\",;q=2,a/b/c;;\"\\\"x,text/,/,*;q=.,,,=", Format::PrometheusText),
];

const BUDGET: Budget = Budget { time: None, instructions: None, allocations: Some(0.0), kept: Some(0.0) };

pub(super) fn cases() -> Vec<Case> {
    let of_client = |(client, accept, format)| {
        let accept = HeaderValue::from_static(accept);
        let prepare = move || {
            let accept = accept.clone();
            Ok(Calls::new(move || Exposition::negotiate([black_box(&accept)]).format() == format))
        };
        Case::new(format!("telemetry-prometheus/negotiate/{client}"), prepare).budget(BUDGET)
    };
    ACCEPTS.into_iter().map(of_client).collect()
}
