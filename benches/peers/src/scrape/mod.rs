//! Whole scrapes.

mod check;
mod system;
mod systems;
mod workload;

pub use system::{Page, System};
pub(crate) use systems::Reader;
pub use systems::{FLOOR_AT, OURS_AT, names};
pub use workload::{QUICK_SIZES, SIZES, Scenario, Workload};
