//! gzip, for HTTP.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// At the level that costs least: what is sent is repetitive, and any level finds that.
pub(super) fn gzip(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 8), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(message);
    encoder.finish().unwrap_or_default()
}
