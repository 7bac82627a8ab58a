//! The lines that the documentation shows.

use telemetry_core::log::TraceIds;
use tracing::{info, info_span};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{self, format::Writer};

use crate::{Sink, Traces, through};

struct Then;

impl FormatTime for Then {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        writer.write_str("2026-01-02T03:04:05.678901Z")
    }
}

fn assert_shown(sink: &Sink) {
    let docs = include_str!("../../src/log/mod.rs");
    let line = sink.line();
    assert!(docs.contains(&format!("//! {line}")), "{line}");
}

fn work() {
    info_span!("checkout").in_scope(|| info!(target: "shop", items = 3, "paid"));
}

#[test]
fn the_line_of_text_is_what_is_written() {
    let sink = Sink::default();
    let layer = fmt::layer().with_timer(Then).with_ansi(false).with_writer(sink.clone());
    through(&Traces::new(), TraceIds::text(layer), work);
    assert_shown(&sink);
}

#[test]
fn the_line_of_json_is_what_is_written() {
    let sink = Sink::default();
    let layer = fmt::layer().json().with_timer(Then).with_span_list(false).with_writer(sink.clone());
    through(&Traces::new(), TraceIds::json(layer), work);
    assert_shown(&sink);
}
