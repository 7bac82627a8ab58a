//! What the playground's page says of its spans on their way out.

use anyhow::{Result, ensure};

use crate::integration::crowd::page::Page;
use crate::stage::example::Example;

const PROCESSED: &str = "otel_sdk_processor_span_processed_total";
const EXPORTED: &str = "otel_sdk_exporter_span_exported_total";
const QUEUED: &str = "otel_sdk_processor_span_queue_size";
const INFLIGHT: &str = "otel_sdk_exporter_span_inflight";
const ERROR: &str = "error_type";

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Counters {
    /// Left the queue.
    pub(super) processed: f64,
    /// Found no room in it.
    pub(super) dropped: f64,
    pub(super) queued: f64,
    pub(super) inflight: f64,
    /// Were taken by the receiver, as it said.
    pub(super) exported: f64,
    pub(super) failed: f64,
}

impl Counters {
    pub(super) async fn of(playground: &Example) -> Result<Self> {
        Self::read(&Page::parse(&playground.scrape().await?)?)
    }

    fn read(page: &Page) -> Result<Self> {
        ensure!(page.samples(EXPORTED).next().is_some(), "the page says nothing of exported spans");
        let sum = |metric: &str, counts: &dyn Fn(&str) -> bool| {
            let samples = page.samples(metric);
            let samples = samples.filter(|(labels, _)| counts(labels.get(ERROR).map_or("", String::as_str)));
            samples.fold(0.0, |sum, (_, value)| sum + value)
        };
        Ok(Self {
            processed: sum(PROCESSED, &str::is_empty),
            dropped: sum(PROCESSED, &|error| !error.is_empty()),
            queued: sum(QUEUED, &|_| true),
            inflight: sum(INFLIGHT, &|_| true),
            exported: sum(EXPORTED, &str::is_empty),
            failed: sum(EXPORTED, &|error| !error.is_empty()),
        })
    }

    /// Every span is somewhere, and none is in two places.
    pub(super) fn account_for(&self, spans: usize) -> Result<()> {
        let Self { processed, dropped, queued, inflight, exported, failed } = *self;
        ensure!(processed + dropped + queued == spans as f64, "{spans} spans are not what came to the queue: {self:?}");
        ensure!(exported + failed + inflight == processed, "what left the queue is not what was exported: {self:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
otel_sdk_processor_span_processed_total{a=\"b\"} 9
otel_sdk_processor_span_processed_total{error_type=\"queue_full\"} 3
otel_sdk_processor_span_processed_total{error_type=\"already_shutdown\"} 1
otel_sdk_processor_span_queue_size 2
otel_sdk_exporter_span_inflight 1
otel_sdk_exporter_span_exported_total{} 6
otel_sdk_exporter_span_exported_total{error_type=\"timeout\"} 2
";

    #[test]
    fn errors_are_told_from_the_rest() {
        let counters = Counters::read(&Page::parse(PAGE).unwrap()).unwrap();
        let expected =
            Counters { processed: 9.0, dropped: 4.0, queued: 2.0, inflight: 1.0, exported: 6.0, failed: 2.0 };
        assert_eq!(counters, expected);
        assert!(Counters::read(&Page::default()).is_err());
    }

    #[test]
    fn every_span_is_in_one_place() {
        let counters = Counters::read(&Page::parse(PAGE).unwrap()).unwrap();
        assert!(counters.account_for(15).is_ok());
        assert!(counters.account_for(16).is_err());
        assert!(Counters { inflight: 0.0, ..counters }.account_for(15).is_err());
        assert!(Counters { failed: 3.0, ..counters }.account_for(15).is_err());
    }
}
