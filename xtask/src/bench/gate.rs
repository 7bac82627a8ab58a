//! Instructions and allocations against those of the last release: what `ci` holds a change to.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use xshell::Shell;

use super::figures::{All, Figures};
use super::limits;
use super::saved::{self, Machine, Run};

/// By how many per cent a count may grow from one release to the next, and where the compiler is another one: code that is
/// the same differs that much then.
const TOLERANCE: f64 = 3.0;
const OTHER_TOOLCHAIN: f64 = 15.0;

/// Whether `counted` is no more than what was saved for the newest version in `benches`' history.
pub(super) fn check(sh: &Shell, benches: &Path, counted: &All) -> Result<()> {
    let release = saved::release(&benches.join("history"))?;
    let here = Machine::here(sh)?;
    let readme = fs::read_to_string(benches.join("README.md"))?;
    let violations = violations(&release, &here, counted, &readme);
    let tolerance = tolerance(&release.machine, &here);
    println!("{} cases against {}, tolerance {tolerance} %", counted.len(), release.name);
    if violations.is_empty() {
        return Ok(());
    }
    bail!(
        "{} counts are beyond those of {}:\n  {}\nIf that is what was wanted: `cargo xtask bench --save {}`",
        violations.len(),
        release.name,
        violations.join("\n  "),
        release.name
    )
}

fn tolerance(saved: &Machine, here: &Machine) -> f64 {
    if saved.toolchain == here.toolchain { TOLERANCE } else { OTHER_TOOLCHAIN }
}

fn violations(release: &Run, here: &Machine, counted: &All, readme: &str) -> Vec<String> {
    let tolerance = tolerance(&release.machine, here);
    let mut violations = Vec::new();
    for (id, before) in &release.figures {
        let before = comparable(before, &release.machine, here);
        match counted.get(id) {
            Some(after) => violations.extend(limits::grown(id, &before, after, tolerance)),
            // It is timed only, now or then.
            None if before == Figures::default() => {}
            None if readme.contains(&format!("`{id}`, retired")) => {}
            None => violations.push(format!("{id}: it is gone, and benches/README.md does not say that it is retired")),
        }
    }
    violations
}

/// Another architecture has other instructions.
fn comparable(figures: &Figures, saved: &Machine, here: &Machine) -> Figures {
    let is_same = saved.architecture == here.architecture;
    Figures { time: None, instructions: figures.instructions.filter(|_| is_same), ..*figures }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "crate/scenario/parameter";

    fn machine(architecture: &str, toolchain: &str) -> Machine {
        let [cpu, system, lock] = [(); 3].map(|()| String::new());
        let [architecture, toolchain] = [architecture, toolchain].map(str::to_owned);
        Machine { cpu, cores: 2, system, architecture, toolchain, lock }
    }

    fn counts(instructions: f64, allocations: f64) -> All {
        let figures =
            Figures { instructions: Some(instructions), allocations: Some(allocations), ..Figures::default() };
        All::from([(ID.to_owned(), figures)])
    }

    /// What is found where 1,000 instructions and no allocation were saved.
    fn found(here: &Machine, counted: &All, readme: &str) -> Vec<String> {
        let figures = counts(1000.0, 0.0);
        let machine = machine("x86_64", "rustc 1");
        let [name, date, commit] = ["1.0.0", "2026-01-01", "0"].map(str::to_owned);
        violations(&Run { name, date, commit, machine, figures }, here, counted, readme)
    }

    #[test]
    fn more_instructions_than_the_tolerance_or_one_allocation_is_found() {
        let here = machine("x86_64", "rustc 1");
        let found = |counted: &All| found(&here, counted, "");
        assert!(found(&counts(1029.0, 0.0)).is_empty());
        assert_eq!(found(&counts(1031.0, 0.0)), ["crate/scenario/parameter: 1031 instructions instead of 1000"]);
        assert_eq!(found(&counts(1000.0, 1.0)), ["crate/scenario/parameter: 1 allocations instead of 0"]);
    }

    #[test]
    fn another_compiler_has_more_room_and_another_architecture_its_own_instructions() {
        let elsewhere = |here: Machine, counted: &All| found(&here, counted, "").len();
        assert_eq!(elsewhere(machine("x86_64", "rustc 2"), &counts(1140.0, 0.0)), 0);
        assert_eq!(elsewhere(machine("x86_64", "rustc 2"), &counts(1160.0, 0.0)), 1);
        assert_eq!(elsewhere(machine("aarch64", "rustc 1"), &counts(9000.0, 0.0)), 0);
        assert_eq!(elsewhere(machine("aarch64", "rustc 1"), &counts(9000.0, 1.0)), 1);
    }

    #[test]
    fn a_case_that_is_gone_has_to_be_retired() {
        let here = machine("x86_64", "rustc 1");
        assert_eq!(found(&here, &All::new(), "").len(), 1);
        assert!(found(&here, &All::new(), &format!("- `{ID}`, retired: told nothing")).is_empty());
    }
}
