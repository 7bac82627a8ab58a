//! Histograms in plain numbers, between the sources and the encoders.

/// An exponential histogram as OpenTelemetry has it: bucket `i` holds the absolute values in `(base^i, base^(i+1)]`, where
/// `base` is `2^(2^-scale)`.
#[derive(Debug, Default)]
pub(crate) struct Exponential {
    pub(crate) count: u64,
    pub(crate) scale: i8,
    pub(crate) zero_count: u64,
    /// 0 if the source has set none.
    pub(crate) zero_threshold: f64,
    pub(crate) positive: ExponentialBuckets,
    pub(crate) negative: ExponentialBuckets,
}

/// Counts of consecutive buckets; the first has the index `offset`.
#[derive(Debug, Default)]
pub(crate) struct ExponentialBuckets {
    pub(crate) offset: i32,
    pub(crate) counts: Vec<u64>,
}
