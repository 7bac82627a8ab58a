//! Whole scrapes, ours and those of other crates: what is measured, and the proof that each system did the work.
//!
//! `benches/README.md` of the repository tells how to run the benches and what their ids mean.

mod check;
mod system;
mod systems;
mod workload;

pub use system::{Page, System};
pub use systems::{OURS, SDK_COLLECTION, names};
pub use workload::{SIZES, Scenario, Workload};
