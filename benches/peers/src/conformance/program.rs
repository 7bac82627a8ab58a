//! The program that asks all systems, each in a process of its own.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use super::finding::Finding;
use super::report::{Cell, HEAD, merged, section};
use super::table::{Judge, Table};
use crate::arguments::Arguments;

const USAGE: &str = "usage: conformance [--json FILE] [--markdown FILE]";
const CELL: &str = "cell";

/// `conformance [--json FILE] [--markdown FILE]`: asks all systems, and writes tables. It fails if ours fails a probe.
///
/// A cell has a process of its own, because providers, subscribers and recorders are a process's own. That is
/// `conformance cell <table> <system> <probe>`. `judge` judges pages of OpenMetrics there.
///
/// # Errors
///
/// When an argument is wrong, a tool is missing, a system cannot be asked, or a file cannot be written.
pub fn program(judge: Judge) -> Result<ExitCode> {
    let arguments = Arguments::of_process()?;
    ensure!(!arguments.quick, USAGE);
    match arguments.words()[..] {
        [] => all(&arguments, None),
        ["--markdown", file] => all(&arguments, Some(Path::new(file))),
        [CELL, table, system, probe] => {
            println!("{}", serde_json::to_string(&named(table)?.ask(system, probe, judge)?)?);
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!(USAGE),
    }
}

fn all(arguments: &Arguments, markdown: Option<&Path>) -> Result<ExitCode> {
    #[cfg(feature = "metrics")]
    super::exporters::judge::is_there()?;

    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let (mut cells, mut sections) = (Vec::new(), Vec::new());
    for table in tables() {
        let rows = asked(*table)?;
        sections.push(section(*table, &rows, &date)?);
        cells.extend(rows);
    }
    arguments.show(&merged("", &sections), &cells)?;
    if let Some(file) = markdown {
        let old = match fs::read_to_string(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => HEAD.to_owned(),
            read => read.with_context(|| format!("cannot read {file:?}"))?,
        };
        fs::write(file, merged(&old, &sections)).with_context(|| format!("cannot write {file:?}"))?;
    }
    let mut code = ExitCode::SUCCESS;
    for Cell { table, probe, wants, system, finding, .. } in cells.iter().filter(|cell| cell.is_a_failure()) {
        eprintln!("{system} fails {table}/{probe}: {} instead of {wants}", finding.answer);
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

fn tables() -> &'static [&'static dyn Table] {
    &[
        #[cfg(feature = "metrics")]
        &super::http::HTTP,
        #[cfg(feature = "metrics")]
        &super::exporters::EXPORTERS,
        #[cfg(feature = "spans")]
        &super::spans::SPANS,
    ]
}

fn named(id: &str) -> Result<&'static dyn Table> {
    let table = tables().iter().find(|table| table.id() == id);
    Ok(*table.with_context(|| format!("there is no table {id:?}"))?)
}

fn asked(table: &dyn Table) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for [probe, _, wants] in table.probes() {
        for system in table.systems() {
            let finding = in_a_process(table.id(), system.name, probe)
                .with_context(|| format!("cannot ask {} for {}/{probe}", system.name, table.id()))?;
            cells.push(Cell { table: table.id(), probe, wants, system: system.name, finding, is_ours: system.is_ours });
        }
    }
    Ok(cells)
}

fn in_a_process(table: &str, system: &str, probe: &str) -> Result<Finding> {
    let output = Command::new(std::env::current_exe()?).args([CELL, table, system, probe]).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Ok(serde_json::from_slice(&output.stdout)?),
        // What Rust's panics end with. A system that panics is in use like this, so that is its answer.
        Some(101) => Ok(Finding::judged(format!("panics: {}", told.lines().nth(2).unwrap_or_default()), false)),
        _ => bail!("{}", told.trim()),
    }
}
