//! All systems in turn, round after round in one process, so that whatever slows the machine down slows all of them.
//! Times are the thread's own: nothing here waits, and while other programs run, the clock stands still.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Quartiles of fewer rounds mean nothing.
const FEWEST_ROUNDS: usize = 5;
/// Nanoseconds: long enough for the clock, short enough for the machine to be as fast at the end of a round as at its start.
const TURN: f64 = 1e6;

/// Nanoseconds that each of so many systems takes for one repetition, for each round. `run` repeats what the system at
/// a position does.
pub fn rounds(systems: usize, time: Duration, run: impl FnMut(usize, u32)) -> Vec<Vec<f64>> {
    rounds_with_pauses(systems, time, run, || ())
}

/// The same with something to do after each turn, which is not measured.
pub fn rounds_with_pauses(
    systems: usize,
    time: Duration,
    mut run: impl FnMut(usize, u32),
    mut pause: impl FnMut(),
) -> Vec<Vec<f64>> {
    let mut repetitions = Vec::with_capacity(systems);
    for position in 0..systems {
        repetitions.push(in_a_turn(|| run(position, 1)));
        pause();
    }
    let started = Instant::now();
    let mut rounds = Vec::new();
    while rounds.len() < FEWEST_ROUNDS || started.elapsed() < time {
        let mut round = vec![0.0; systems];
        for turn in 0..systems {
            // Another one begins each time: none always follows the one that leaves the caches in a bad state.
            let position = (turn + rounds.len()) % systems;
            let started = thread_time();
            run(position, repetitions[position]);
            round[position] = (thread_time() - started) / f64::from(repetitions[position]);
            pause();
        }
        rounds.push(round);
    }
    rounds
}

fn in_a_turn(mut once: impl FnMut()) -> u32 {
    let started = thread_time();
    let mut repetitions = 0;
    while thread_time() - started < TURN {
        once();
        repetitions += 1;
    }
    repetitions
}

/// Nanoseconds for which this thread has run.
#[must_use]
pub fn thread_time() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// The lower quartile, the median and the upper quartile.
///
/// # Panics
///
/// When there are no values.
pub fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}
