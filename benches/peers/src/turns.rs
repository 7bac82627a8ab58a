//! All systems in turn, round after round in one process, so that whatever slows the machine down slows all of them.
//! Times are the thread's own: nothing here waits, and while other programs run, the clock stands still.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::figures::Figures;

/// Quartiles of fewer rounds mean nothing.
const FEWEST_ROUNDS: usize = 5;
/// Nanoseconds: long enough for the clock, short enough for the machine to be as fast at the end of a round as at its start.
const TURN: f64 = 1e6;

/// What a number of rounds took.
#[derive(Debug)]
pub struct Rounds {
    /// Nanoseconds of each system, for each round.
    rounds: Vec<Vec<f64>>,
}

impl Rounds {
    /// Has so many systems take turns. `run` does what the one at a position does so many times, which are a multiple of
    /// `batch`: so often it is done between two looks at the clock. `pause` comes after each turn, and is not measured.
    pub fn new(
        systems: usize,
        time: Duration,
        batch: u32,
        mut run: impl FnMut(usize, u32),
        mut pause: impl FnMut(),
    ) -> Self {
        let mut repetitions = Vec::with_capacity(systems);
        for position in 0..systems {
            repetitions.push(batch * in_a_turn(|| run(position, batch)));
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
        Self { rounds }
    }

    /// Adds the column `time_ns` to a table of these systems, and one for each name and position in `compared`: how often
    /// that system's time, within a round. The time of the one at `alone`, which is a row by itself, is subtracted from all
    /// others in the same round.
    pub fn add_to(
        &self,
        figures: &mut Figures,
        table: &str,
        systems: &[&str],
        alone: Option<usize>,
        compared: &[(&str, usize)],
    ) {
        let absolute = |position: usize| self.rounds.iter().map(move |round| round[position]);
        let over = |position: usize| {
            self.rounds.iter().map(move |round| round[position] - alone.map_or(0.0, |alone| round[alone]))
        };
        for (position, system) in systems.iter().enumerate() {
            if alone == Some(position) {
                figures.add_absolute(table, system, "time_ns", quartiles(absolute(position)));
                continue;
            }
            figures.add(table, system, "time_ns", quartiles(over(position)));
            for (figure, other) in compared {
                let times = over(position).zip(over(*other)).map(|(own, other)| own / other);
                figures.add(table, system, figure, quartiles(times));
            }
        }
    }
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
