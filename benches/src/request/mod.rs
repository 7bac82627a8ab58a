//! Requests through a service with and without metrics, and the proof that the metrics count them.

mod ours;
mod sample;
mod system;
mod workload;

pub use ours::{NOOP, NOOP_METER, OURS, SYSTEMS};
pub use sample::{ROUTE, ROUTE_AND_STATUS, Sample};
pub use system::{Client, Entry, Parts, Sender, System, WARM_UP};
pub use workload::{RESPONSE, Workload, answer, exchange, matched_path, now};
