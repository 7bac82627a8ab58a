//! Spans are global, so that each system needs a process of its own.
#![cfg(feature = "spans")]

use telemetry_benches::spans::each_once;
use telemetry_peers::spans::SYSTEMS;

#[test]
fn the_spans_of_every_system_arrive_in_every_state() {
    each_once(env!("CARGO_BIN_EXE_spans"), SYSTEMS).unwrap();
}
