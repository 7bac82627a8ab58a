//! `OTEL_PROPAGATORS`.

use std::ffi::OsStr;
use std::process::Command;

use telemetry_core::opentelemetry::propagation::TextMapPropagator;
use telemetry_core::propagation::Propagator;

const BOTH: &str = "traceparent,tracestate,baggage";

/// The environment belongs to the process, so each case runs this test binary once more with its own.
fn with_environment(value: Option<&OsStr>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "environment::prints_the_fields", "--ignored", "--nocapture"])
        .env_remove("OTEL_PROPAGATORS")
        .envs(value.map(|value| ("OTEL_PROPAGATORS", value)));
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let (_, rest) = output.split_once("fields=").expect("the child prints the fields");
    rest.lines().next().unwrap().to_owned()
}

#[test]
#[ignore = "the other half of the tests on the environment, run by them"]
fn prints_the_fields() {
    let mut propagator = Propagator::none();
    let log = crate::log::logged(|| propagator = Propagator::from_env());
    let warnings = log.lines().filter(|line| line.contains("WARN") && line.contains("OTEL_PROPAGATORS")).count();
    println!("fields={} warnings={warnings}", propagator.fields().collect::<Vec<_>>().join(","));
}

fn fields(value: &str) -> String {
    with_environment(Some(value.as_ref()))
}

#[test]
fn co_01_co_08_both_are_the_default() {
    assert_eq!(with_environment(None), format!("{BOTH} warnings=0"));
    for value in ["", " ", ",", "tracecontext,baggage"] {
        assert_eq!(fields(value), format!("{BOTH} warnings=0"), "{value:?}");
    }
}

#[test]
fn co_04_co_08_names_have_no_case_no_blanks_and_no_doubles() {
    assert_eq!(fields("tracecontext"), "traceparent,tracestate warnings=0");
    assert_eq!(fields("Baggage"), "baggage warnings=0");
    assert_eq!(fields(" TraceContext\t, baggage,TRACECONTEXT,,baggage "), format!("{BOTH} warnings=0"));
}

#[test]
fn co_08_none_is_none() {
    assert_eq!(fields("none"), " warnings=0");
    assert_eq!(fields("tracecontext,NONE"), " warnings=0");
}

#[test]
fn co_04_other_names_are_ignored_with_one_warning() {
    assert_eq!(fields("b3,b3multi,jaeger,xray,ottrace,tracecontext,typo"), "traceparent,tracestate warnings=1");
    for value in ["b3", "trace context", "tracecontext;baggage"] {
        assert_eq!(fields(value), " warnings=1", "{value}");
    }
}

#[cfg(unix)]
#[test]
fn co_04_what_is_no_unicode_is_ignored_too() {
    use std::os::unix::ffi::OsStrExt;

    assert_eq!(with_environment(Some(OsStr::from_bytes(b"baggage,\xff"))), "baggage warnings=1");
}
