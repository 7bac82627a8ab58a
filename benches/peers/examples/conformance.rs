//! The tables of conformance: see [`telemetry_peers::conformance::program`].
//!
//! An example, because `openmetrics-parser` is LGPL: it judges pages, and is in no build but that of tests and examples.

use std::process::ExitCode;

use openmetrics_parser::openmetrics::parse_openmetrics;

fn main() -> anyhow::Result<ExitCode> {
    telemetry_peers::conformance::program(|page| {
        parse_openmetrics(page).map(drop).map_err(|complaint| complaint.to_string())
    })
}
