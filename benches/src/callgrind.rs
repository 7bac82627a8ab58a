//! Instructions, counted by valgrind: they repeat where times do not.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Instructions that `program` runs inside of the functions whose name contains `function`, and in what they call.
///
/// A copy by `rep movsb` counts once for each of its bytes. What the kernel does is not counted.
///
/// # Errors
///
/// When valgrind is missing, when the program fails, and when it has no such function.
pub fn instructions(program: &str, function: &str, arguments: &[&str]) -> Result<f64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(format!("--toggle-collect=*{function}*")).arg(program).args(arguments);
    let output = valgrind.output().context("cannot run `valgrind`, which counts the instructions; install it")?;
    let report = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed for {arguments:?}: {report}");
    let collected = report.lines().find_map(|line| line.split_once("Collected : "));
    let (_, instructions) = collected.with_context(|| format!("valgrind counted nothing: {report}"))?;
    let instructions: f64 = instructions.trim().parse()?;
    ensure!(instructions > 0.0, "valgrind did not find {function} in {program}");
    Ok(instructions)
}
