//! Which measurements count: by the filter, and by the environment.

use std::ffi::OsStr;
use std::process::Command;

use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarStore};
use telemetry_core::opentelemetry::{SpanId, TraceId};

use crate::{at, kept, reservoir, sampled, scope, unsampled, values};

const SPANS: [f64; 3] = [1.0, 2.0, 3.0];

/// Of no span, one that is not sampled and one that is: whose measurements are kept.
fn taken(filter: ExemplarFilter) -> Vec<f64> {
    let reservoir = reservoir(filter, Buckets::Explicit(&[1.0, 2.0]));
    for (value, span) in SPANS.into_iter().zip([None, Some(unsampled()), Some(sampled())]) {
        reservoir.offer(value, at(0), span.as_ref(), &[]);
    }
    values(&reservoir)
}

#[test]
fn co36_each_filter_takes_what_it_says() {
    assert_eq!(taken(ExemplarFilter::TraceBased), [3.0]);
    assert_eq!(taken(ExemplarFilter::AlwaysOn), SPANS);
    assert_eq!(taken(ExemplarFilter::AlwaysOff), [0.0; 0]);
    assert_eq!(ExemplarFilter::default(), ExemplarFilter::TraceBased);
}

#[test]
fn co36_the_span_is_kept_with_the_measurement() {
    let reservoir = reservoir(ExemplarFilter::AlwaysOn, Buckets::Explicit(&[1.0, 2.0]));
    for (value, span) in SPANS.into_iter().zip([None, Some(unsampled()), Some(sampled())]) {
        reservoir.offer(value, at(0), span.as_ref(), &[]);
    }
    let ids: Vec<_> = kept(&reservoir).iter().map(|exemplar| (exemplar.trace_id(), exemplar.span_id())).collect();
    let span = (sampled().trace_id(), sampled().span_id());
    assert_eq!(ids, [(TraceId::INVALID, SpanId::INVALID), span, span]);
}

/// Whether the store keeps what was measured in no span.
fn takes_all(store: &ExemplarStore) -> bool {
    let reservoir = store.reservoir(&scope(), "m", &[], Buckets::Single);
    reservoir.offer(1.0, at(0), None, &[]);
    !values(&reservoir).is_empty()
}

/// The environment belongs to the process, so each case runs this test binary once more with its own.
fn with_environment(value: Option<&OsStr>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "filter::prints_the_filter", "--ignored", "--nocapture"])
        .env_remove("OTEL_METRICS_EXEMPLAR_FILTER")
        .envs(value.map(|value| ("OTEL_METRICS_EXEMPLAR_FILTER", value)));
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let (_, rest) = output.split_once("filter=").expect("the child prints the filter");
    rest.lines().next().unwrap().to_owned()
}

#[test]
#[ignore = "the other half of the tests on the environment, run by them"]
fn prints_the_filter() {
    let mut filter = ExemplarFilter::AlwaysOff;
    let log = crate::log::logged(|| filter = ExemplarFilter::from_env());
    let warned = if log.contains("WARN") && log.contains("OTEL_METRICS_EXEMPLAR_FILTER") { " warned" } else { "" };
    assert_eq!(takes_all(&ExemplarStore::new()), filter == ExemplarFilter::AlwaysOn);
    assert_eq!(takes_all(&ExemplarStore::default()), filter == ExemplarFilter::AlwaysOn);
    assert_eq!(takes_all(ExemplarStore::global()), filter == ExemplarFilter::AlwaysOn);
    let is_found = ExemplarStore::global().find(&scope(), "m", []).is_some();
    assert_eq!(is_found, filter != ExemplarFilter::AlwaysOff, "the global store is one");
    let code = ExemplarStore::builder().with_filter(ExemplarFilter::AlwaysOn).build();
    assert!(takes_all(&code), "code wins over the environment");
    println!("filter={filter:?}{warned}");
}

#[test]
fn co11_the_environment_sets_the_filter() {
    let cases = [
        (None, "TraceBased"),
        (Some("trace_based"), "TraceBased"),
        (Some("always_on"), "AlwaysOn"),
        (Some("always_off"), "AlwaysOff"),
    ];
    for (value, expected) in cases {
        assert_eq!(with_environment(value.map(OsStr::new)), expected, "{value:?}");
    }
}

#[test]
fn co01_an_empty_value_is_none() {
    assert_eq!(with_environment(Some(OsStr::new(""))), "TraceBased");
}

#[test]
fn co04_case_does_not_matter_and_unknown_values_are_ignored() {
    for (value, expected) in [
        ("Always_ON", "AlwaysOn"),
        ("ALWAYS_OFF", "AlwaysOff"),
        ("on", "TraceBased warned"),
        ("always_on,always_off", "TraceBased warned"),
    ] {
        assert_eq!(with_environment(Some(OsStr::new(value))), expected, "{value:?}");
    }
}

#[cfg(unix)]
#[test]
fn co04_what_is_no_unicode_is_an_unknown_value() {
    use std::os::unix::ffi::OsStrExt;

    assert_eq!(with_environment(Some(OsStr::from_bytes(b"always_on\xff"))), "TraceBased warned");
}
