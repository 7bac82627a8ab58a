//! What systems record when a request or a metric is not plain: the same probes for ours and for those of others.
//!
//! A probe builds a fresh system, does one thing, and reads back what the system recorded. Its answer comes from there
//! and from nowhere else; the rule that it is held against stands beside it in the table.

pub mod drive;
#[cfg(feature = "metrics")]
pub mod exporters;
mod finding;
#[cfg(feature = "metrics")]
pub mod http;
#[cfg(feature = "metrics")]
pub mod page;
mod program;
mod report;
#[cfg(feature = "spans")]
pub mod spans;
mod table;

pub use finding::{Finding, Verdict};
pub use program::program;
pub use table::{Judge, Probe, Questions, System};
