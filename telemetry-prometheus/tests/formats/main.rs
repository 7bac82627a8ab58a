//! What is particular to each format, and what is not.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod cache;
mod conflicts;
mod exemplars;
mod histograms;
mod judges;
mod native;
mod open_metrics;
mod registries;
mod round_trip;

mod start_times;
#[path = "../support/mod.rs"]
mod support;
mod target;

use telemetry_prometheus::{Escaping, Exposition, Format};

const FORMATS: [Format; 4] = [Format::PrometheusText, Format::PrometheusTextV1, Format::OpenMetrics, Format::Protobuf];

const ESCAPINGS: [Escaping; 4] = [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Dots, Escaping::Values];

fn utf8(format: Format) -> Exposition {
    Exposition::new(format).with_escaping(Escaping::AllowUtf8)
}
