//! `counted` lists all cases as JSON. `counted <id> [times]` does the work of one, for a profiler that looks at
//! `measured_work`. `counted --instructions <id>` has valgrind count it, and writes the instructions of each time as JSON.
#![allow(clippy::print_stdout)] // The list and the number are what it is for.

use std::env;
use std::hint::black_box;

use anyhow::{Context, Result};
use telemetry_benches::case::Work;
use telemetry_benches::{callgrind, cases};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    match arguments.next().as_deref() {
        None => println!("{}", serde_json::to_string_pretty(&cases::all())?),
        Some("--instructions") => instructions(&arguments.next().context("an id is missing")?)?,
        Some(id) => work(id, arguments.next())?,
    }
    Ok(())
}

fn work(id: &str, times: Option<String>) -> Result<()> {
    let case = cases::named(id)?;
    let times = times.map_or(Ok(case.times), |times| times.parse())?;
    let mut prepared = case.prepare()?;
    prepared.count(times, measured_work);
    prepared.finish()
}

fn instructions(id: &str) -> Result<()> {
    let times = cases::named(id)?.times;
    let program = env::current_exe()?;
    let program = program.to_str().context("the program's path is no UTF-8")?;
    let all = callgrind::instructions(program, "measured_work", &[id, &times.to_string()])?;
    println!("{}", serde_json::json!({ "instructions": all / times as f64 }));
    Ok(())
}

#[inline(never)]
fn measured_work(work: &mut dyn Work, times: u64) {
    black_box(work).run(times);
}
