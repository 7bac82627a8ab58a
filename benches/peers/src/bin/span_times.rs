//! `span_times <state> <seconds>`: all systems in turn. A line for each: nanoseconds of a request beyond the service's
//! own, and how often the floor's. For noop it is the time of the whole request.

use std::time::Duration;

use anyhow::{Context, Result};
use telemetry_benches::spans::{State, Systems};
use telemetry_peers::spans::{FLOOR_AT, NOOP_AT, SYSTEMS};
use telemetry_peers::turns::{quartiles, rounds_with_pauses};

/// Requests between two looks at the clock.
const BATCH: u32 = 64;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("usage: span_times <state> <seconds>");
    let (state, seconds) = (State::named(&argument()?)?, argument()?.parse()?);
    let mut systems = Systems::new(SYSTEMS, state)?;
    let names: Vec<_> = systems.names().collect();
    let arrivals = systems.arrivals().clone();
    let send = |position, batches| systems.send(position, u64::from(batches * BATCH));
    // The queue has to have room for the next turn. A flush that fails loses spans, which the check finds.
    let flush = || drop(arrivals.flush());
    let rounds = rounds_with_pauses(names.len(), Duration::from_secs(seconds), send, flush);
    systems.check()?;
    for (position, name) in names.iter().enumerate() {
        let over = |position: usize| rounds.iter().map(move |round| round[position] - round[NOOP_AT]);
        let (time, times) = if position == NOOP_AT {
            (quartiles(rounds.iter().map(|round| round[NOOP_AT])), [0.0; 3])
        } else {
            (quartiles(over(position)), quartiles(over(position).zip(over(FLOOR_AT)).map(|(own, floor)| own / floor)))
        };
        println!("{name} {} {}", time[1] / f64::from(BATCH), times[1]);
    }
    Ok(())
}
