//! Instructions, counted by valgrind: they repeat where times do not.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Has glibc copy in steps of a register, the same on every `x86_64` with AVX2. By itself it takes `rep movsb` for more
/// than 4 KiB or so where the CPU is good at it, which valgrind counts once for each byte, and goes past the cache for
/// more than a part of this machine's. See its manual, "Hardware Capability Tunables". Others do not mind the variable.
const COPIES: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS,-FSRM:glibc.cpu.x86_non_temporal_threshold=0x40000000");

/// Instructions that `program` runs inside of the functions whose name contains `function`, and in what they call.
///
/// What the kernel does is not counted.
///
/// # Errors
///
/// When valgrind is missing, when the program fails, and when it has no such function.
pub fn instructions(program: &str, function: &str, arguments: &[&str]) -> Result<f64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.env(COPIES.0, COPIES.1);
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
