//! Requests and scrapes, ours and those of other crates: what is measured, and the proof that each system did the work.
//!
//! `benches/README.md` of the repository tells how to run the benches and what their ids mean.

pub mod arguments;
pub mod conformance;
pub mod figures;
pub mod profiled;
#[cfg(feature = "metrics")]
pub mod request;
#[cfg(feature = "metrics")]
pub mod scrape;
#[cfg(feature = "spans")]
pub mod spans;
pub mod turns;
mod versions;
