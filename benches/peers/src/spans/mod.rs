//! Requests through layers that give each a span, ours and those of other crates, all around the same service.

use std::process::Command;

use anyhow::Result;
use telemetry_benches::spans::{Entry, HAND_OTEL, NOOP, OURS_OTEL, OURS_TRACING, State};

use crate::arguments::Arguments;
use crate::figures::Figures;

mod floor;
mod hand_tracing;
mod layers;

/// Where [`NOOP`] is in [`SYSTEMS`]: the service alone, which is subtracted from all others.
pub const NOOP_AT: usize = 0;
/// Where the floor is: what nobody can be much faster than.
pub const FLOOR_AT: usize = 1;

/// The systems. Those with a place of their own come first.
pub const SYSTEMS: &[Entry] = &[
    NOOP,
    floor::FLOOR,
    OURS_OTEL,
    OURS_TRACING,
    HAND_OTEL,
    hand_tracing::HAND_TRACING,
    layers::INSTRUMENTATION_TOWER,
    layers::TOWER_HTTP,
    layers::TOWER_HTTP_PARENT,
    layers::TOWER_OTEL,
    layers::AXUM_TRACING_OPENTELEMETRY,
];

/// The name of the table of a state.
#[must_use]
pub fn table(state: State) -> String {
    format!("spans-{}", state.name())
}

/// The figures of all states. This program runs itself for each, with the name of the state after its own words: a
/// process has one state and keeps it.
///
/// # Errors
///
/// What the first that fails says.
pub fn each_state(arguments: &Arguments) -> Result<Figures> {
    let mut figures = Figures::default();
    for state in State::ALL {
        let mut program = Command::new(std::env::current_exe()?);
        program.args(arguments.words()).arg(state.name()).args(arguments.quick.then_some("--quick"));
        figures.add_all_of(&mut program)?;
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_right() {
        assert_eq!([NOOP_AT, FLOOR_AT].map(|position| SYSTEMS[position].name), [NOOP.name, "floor"]);
    }
}
