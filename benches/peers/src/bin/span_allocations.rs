//! `span_allocations <state>`: how often each system allocates in a request, and how many bytes, one line each. What
//! other threads allocate is not counted.
//!
//! A program of its own, because counting makes allocations slower.

use anyhow::{Context, Result};
use telemetry_benches::spans::{State, Systems};
use telemetry_peers::spans::SYSTEMS;

const REQUESTS: u64 = 2_000;

fn main() -> Result<()> {
    let state = std::env::args().nth(1).context("usage: span_allocations <state>")?;
    let mut systems = Systems::new(SYSTEMS, State::named(&state)?)?;
    for (position, name) in systems.names().collect::<Vec<_>>().into_iter().enumerate() {
        let counted = allocation_counter::measure(|| systems.send(position, REQUESTS));
        let each = [counted.count_total, counted.bytes_total].map(|total| total as f64 / REQUESTS as f64);
        println!("{name} {} {}", each[0], each[1]);
    }
    systems.check()
}
