//! Whole scrapes.

mod check;
mod system;
mod systems;
mod workload;

pub use system::{Page, System};
pub(crate) use systems::Reader;
pub use systems::{OURS, SDK_COLLECTION, names};
pub use workload::{SIZES, Scenario, Workload};
