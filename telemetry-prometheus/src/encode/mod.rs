//! From families to bytes: one pass, one encoder for each format.

mod text;

use bytes::Bytes;

use crate::family::Family;
use crate::memory::Memory;
use crate::series::{SeriesRef, SeriesSet};

/// A format of the output.
///
/// ```
/// use telemetry_prometheus::Format;
///
/// let format = Format::PrometheusText;
/// assert!(format.content_type().starts_with("text/plain; version=0.0.4"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The [text format] of Prometheus, version 0.0.4, which every version of Prometheus reads.
    ///
    /// [text format]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    PrometheusText,
}

impl Format {
    /// The value for the `Content-Type` header of a response in this format.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        }
    }

    pub(crate) fn encode(self, families: &[Family<'_>], memory: &Memory) -> Bytes {
        match self {
            Self::PrometheusText => {
                let mut encoder = text::TextEncoder::with_capacity(memory.expected_size());
                encode(families, &mut encoder, memory);
                let output = encoder.finish();
                memory.keep_size(output.len());
                output
            }
        }
    }
}

/// What an encoder sees: each family that has series, then its series in order.
pub(crate) trait Encoder<'a> {
    fn family(&mut self, family: &Family<'a>);
    fn series(&mut self, family: &Family<'a>, series: &SeriesRef<'_, 'a>);
}

pub(crate) fn encode<'a>(families: &[Family<'a>], encoder: &mut impl Encoder<'a>, memory: &Memory) {
    let mut set = SeriesSet::new(memory.take_orders());
    for family in families {
        set.fill(family, &memory.warnings);
        if set.is_empty() {
            continue;
        }
        encoder.family(family);
        for series in set.iter() {
            encoder.series(family, &series);
        }
    }
    memory.keep_orders(set.into_orders());
}
