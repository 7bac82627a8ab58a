//! Requests through a service with and without metrics, and the proof that the metrics count them.

pub mod chunks;
pub mod client;
mod ours;
mod sample;
pub mod series;
mod system;
mod workload;

pub use ours::{NOOP, NOOP_METER, OURS, SYSTEMS};
pub use sample::{ROUTE, ROUTE_AND_STATUS, Sample};
pub use system::{Client, Entry, Parts, Sender, System, WARM_UP};
pub use workload::{
    RESPONSE, Workload, answer, exchange, exchange_bytes, matched_path, matched_paths, now, read_to_end, sender,
};
