//! What the benches of the workspace, and those of the peers beside it, have in common: requests, and systems that
//! they are sent through; connections, and systems that meter them. The README beside the manifest lists what is measured and how.

pub mod callgrind;
pub mod case;
pub mod cases;
pub mod connection;
pub mod metrics;
pub mod page;
pub mod request;
pub mod scrape;
#[cfg(feature = "spans")]
pub mod spans;
