//! Tests that need a process of their own: each runs this binary once more.

use std::process::{Command, Output};

/// Runs an ignored test of this binary, alone and on the main thread.
pub(crate) fn run(test: &str, environment: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

pub(crate) fn succeeds(test: &str, environment: &[(&str, &str)]) -> Output {
    let output = run(test, environment);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("1 passed"), "{test} is not there");
    output
}
