use std::sync::atomic::{AtomicBool, Ordering};

use crate::options::Options;

/// The place of what found no room in a table.
pub(crate) const OVERFLOW: u32 = u32::MAX;

/// Says once that a table is full.
#[derive(Debug, Default)]
pub(crate) struct OverflowNotice(AtomicBool);

impl OverflowNotice {
    /// The place of what finds no room in a table of these metrics.
    #[cold]
    pub(crate) fn overflow(&self, metrics: &str, options: &Options) -> u32 {
        // Only read from the second time on: a write would pass the cache line from core to core with each request.
        if !self.0.load(Ordering::Relaxed) && !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                limit = options.series_limit,
                side = ?options.common.side,
                "{metrics} metrics have more series than their limit: new ones are counted together under \
                 otel.metric.overflow. Look for an attribute with many values, or raise the limit with with_series_limit"
            );
        }
        OVERFLOW
    }
}
