//! The environment of the process. A program apart from the other tests of the server: while a process is started, it
//! holds the listeners of the one that starts it, and their ports are not free.
#![cfg(feature = "server")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::process::Command;

use telemetry_prometheus::MetricsAddress;

/// The environment belongs to the process, so each case runs this test binary once more with its own.
fn from_env(variables: &[(&str, &str)]) -> (String, usize) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "prints_the_address", "--ignored", "--nocapture"])
        .env_remove("OTEL_EXPORTER_PROMETHEUS_HOST")
        .env_remove("OTEL_EXPORTER_PROMETHEUS_PORT")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = output.split_once("address=").expect("the child prints the address");
    let (address, rest) = rest.split_once(" warnings=").unwrap();
    (address.to_owned(), rest.lines().next().unwrap().parse().unwrap())
}

#[test]
#[ignore = "the other half of the tests on the environment, run by them"]
fn prints_the_address() {
    let mut address = String::new();
    let log = support::logged(|| address = MetricsAddress::from_env().to_string());
    println!("address={address} warnings={}", log.len());
    assert!(log.iter().all(|line| line.contains("OTEL_EXPORTER_PROMETHEUS_")), "{log:?}");
}

#[test]
fn px159_co03_the_environment_of_the_process_is_read() {
    const HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
    const PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
    assert_eq!(from_env(&[]), ("localhost:9464".to_owned(), 0));
    assert_eq!(from_env(&[(HOST, "0.0.0.0"), (PORT, "9100")]), ("0.0.0.0:9100".to_owned(), 0));
    assert_eq!(from_env(&[(HOST, ""), (PORT, "")]), ("localhost:9464".to_owned(), 0));
    assert_eq!(from_env(&[(HOST, "::"), (PORT, "65536")]), ("[::]:9464".to_owned(), 1));
}
