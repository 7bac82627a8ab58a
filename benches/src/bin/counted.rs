//! `counted` lists all cases as JSON. `counted <id> [times]` does the work of one, for a profiler that looks at
//! `measured_work`.
#![allow(clippy::print_stdout)] // The list is what it is for.

use std::hint::black_box;

use anyhow::Result;
use telemetry_benches::case::Work;
use telemetry_benches::cases;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(id) = arguments.next() else {
        println!("{}", serde_json::to_string_pretty(&cases::all())?);
        return Ok(());
    };
    let case = cases::named(&id)?;
    let times = arguments.next().map_or(Ok(case.times), |times| times.parse())?;
    let mut prepared = case.prepare()?;
    prepared.count(times, measured_work);
    prepared.finish()
}

#[inline(never)]
fn measured_work(work: &mut dyn Work, times: u64) {
    black_box(work).run(times);
}
