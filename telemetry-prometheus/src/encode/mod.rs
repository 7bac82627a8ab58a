//! From families to bytes: one pass, one encoder for each kind of format.

mod buckets;
mod metrics;
mod proto;
mod protobuf;
mod text;

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

use crate::page::{Head, ReadyExemplar};
use crate::source::Point;
use crate::warning::Warnings;

pub(crate) use metrics::MetricsEncoder;
pub(crate) use protobuf::ProtobufEncoder;
pub(crate) use text::{Dialect, TextEncoder};

/// Writes families, one after the other, each with its series.
pub(crate) trait Encoder {
    /// Appends a label to those of a series, in the form in which [`Series::labels`] brings it back.
    fn push_label(labels: &mut Vec<u8>, is_first: bool, name: &str, value: &str);

    /// Begins a page. What an attempt that panicked has left is gone.
    fn start(&mut self);

    fn begin(&mut self, head: &Head);

    fn series(&mut self, head: &Head, series: &Series<'_>, warnings: &Warnings);

    fn end(&mut self, head: &Head);
}

/// One series, ready to be written.
pub(crate) struct Series<'a> {
    /// All labels, sorted by name, as the encoder has rendered them.
    pub(crate) labels: &'a [u8],
    pub(crate) point: Point<'a>,
    /// When counting began, if that is known.
    pub(crate) created: Option<SystemTime>,
    pub(crate) exemplars: &'a [ReadyExemplar],
}

/// The page in `out`, whose memory is used again unless it is far too large.
fn finished(out: &mut BytesMut) -> Bytes {
    let is_too_large = out.capacity() > out.len() + out.len() / 4;
    let page = out.split().freeze();
    if is_too_large {
        *out = BytesMut::new();
    }
    page
}
