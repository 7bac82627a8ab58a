//! Spans are global, so that each system needs a process of its own.
#![cfg(feature = "spans")]

use std::process::Command;

use telemetry_benches::spans::State;
use telemetry_peers::spans::SYSTEMS;

#[test]
fn the_spans_of_every_system_arrive_in_every_state() {
    for entry in SYSTEMS {
        for state in State::ALL.into_iter().filter(|state| entry.has(*state)) {
            let program =
                Command::new(env!("CARGO_BIN_EXE_spans")).args(["once", entry.name, state.name(), "1"]).output();
            let output = program.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
