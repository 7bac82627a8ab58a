//! Where OTLP goes, and how: for all signals, and for each.

use crate::batches::given_up;
use crate::exporters::count;
use crate::probe::{exported, shown};
use crate::receiver::{Receiver, Signal};
use crate::row::{Case, Outcome, Row, check_all};

/// For all signals, and for each.
pub(crate) const SCOPES: [Option<Signal>; 4] = [None, Some(Signal::Traces), Some(Signal::Metrics), Some(Signal::Logs)];

pub(crate) fn rows() -> Vec<Row> {
    SCOPES
        .into_iter()
        .flat_map(|scope| [endpoint(scope), protocol(scope), headers(scope), compression(scope)])
        .collect()
}

fn slow_rows() -> Vec<Row> {
    SCOPES.map(timeout).into()
}

pub(crate) fn all_rows() -> Vec<Row> {
    rows().into_iter().chain(slow_rows()).chain(SCOPES.map(insecure)).collect()
}

pub(crate) fn name(scope: Option<Signal>, variable: &str) -> String {
    match scope {
        None => format!("OTEL_EXPORTER_OTLP_{variable}"),
        Some(signal) => format!("OTEL_EXPORTER_OTLP_{}_{variable}", signal.variable()),
    }
}

/// Stands for host and port of the receiver, which are not known before it runs.
const RECEIVER: &str = "RECEIVER";

fn endpoint(scope: Option<Signal>) -> Row {
    let (value, path) = match scope {
        // A path for each signal is added.
        None => ("http://RECEIVER/base/", "/base + its own"),
        Some(_) => ("http://RECEIVER/base/", "/base/"),
    };
    Row::new(name(scope, "ENDPOINT"), "", move |case| paths(case, scope)).value(value, path).wrong([
        "ftp://RECEIVER",
        "RECEIVER",
        "http://",
        "somewhere",
    ])
}

fn paths(case: &Case, scope: Option<Signal>) -> Outcome {
    let receiver = Receiver::start();
    let case = at(case, &receiver);
    shown(&case, scope, &receiver, |receiver, signal| {
        let paths = receiver.received().into_iter().map(|one| one.path);
        let path = paths.into_iter().find(|path| scope.is_some() || path.ends_with(signal.http_path()));
        path.map_or(String::new(), |path| path.replace(signal.http_path(), " + its own"))
    })
}

/// The case with the receiver's address where it belongs.
fn at(case: &Case, receiver: &Receiver) -> Case {
    let mut case = case.clone();
    for value in case.environment.values_mut().chain(case.code.values_mut()) {
        *value = value.replace(RECEIVER, &receiver.authority());
    }
    case
}

fn protocol(scope: Option<Signal>) -> Row {
    let observe = move |case: &Case| exported(case, scope, |receiver, signal| header(receiver, signal, "content-type"));
    Row::new(name(scope, "PROTOCOL"), "application/x-protobuf", observe)
        .value("GRPC", "application/grpc")
        .wrong(["http/json", "carrier/pigeon"])
}

fn headers(scope: Option<Signal>) -> Row {
    let observe = move |case: &Case| exported(case, scope, |receiver, signal| header(receiver, signal, "api-key"));
    Row::new(name(scope, "HEADERS"), "-", observe).value("x=y, api-key = a%20b%2C ,", "a b,").wrong([
        "api-key",
        "api key=a",
        "api-key=%0a",
    ])
}

fn header(receiver: &Receiver, signal: Signal, name: &str) -> String {
    let exports = receiver.of(signal);
    exports[0].headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned()
}

fn compression(scope: Option<Signal>) -> Row {
    let observe =
        move |case: &Case| exported(case, scope, |receiver, signal| receiver.of(signal)[0].compressed.to_string());
    Row::new(name(scope, "COMPRESSION"), "false", observe).value("Gzip", "true").wrong(["zip"])
}

fn timeout(scope: Option<Signal>) -> Row {
    Row::new(name(scope, "TIMEOUT"), "waits", move |case| given_up(case, scope)).value("50", "given up").wrong([
        "-1",
        "2147483648",
        "1.5",
    ])
}

/// Over gRPC, an endpoint without a scheme is for TLS unless this is said.
fn insecure(scope: Option<Signal>) -> Row {
    let observe = move |case: &Case| {
        let receiver = Receiver::start();
        shown(&at(case, &receiver), scope, &receiver, count)
    };
    Row::new(name(scope, "INSECURE"), "0 exports", observe)
        .with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", RECEIVER)
        .value("True", "1 export")
        .wrong(["1", "yes"])
}

#[test]
fn co_01_co_04_where_otlp_goes_and_how() {
    check_all(&rows());
}

#[test]
fn co_01_co_03_how_long_an_export_may_take() {
    check_all(&slow_rows());
}

#[test]
fn co_01_co_02_tls_is_the_default_where_no_scheme_is_given() {
    check_all(&SCOPES.map(insecure));
}

#[test]
fn co_01_what_may_be_a_secret_is_in_no_warning_and_no_error() {
    let receiver = Receiver::start();
    for (variable, value) in [
        ("HEADERS", "api-key hunter2"),
        ("ENDPOINT", "ftp://me:hunter2@localhost"),
        ("CLIENT_KEY", "-----BEGIN PRIVATE KEY-----hunter2"),
    ] {
        let name = name(Some(Signal::Traces), variable);
        let case = Case::of([("OTEL_TRACES_EXPORTER", "otlp")]).or("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
        let (telemetry, warnings) = crate::probe::build(case.clone().and(&name, value).builder()).unwrap();
        drop(telemetry);
        assert!(warnings.iter().any(|warning| warning.contains(&name)), "{warnings:?}");
        assert!(warnings.iter().all(|warning| !warning.contains("hunter2")), "{warnings:?}");
        let error = crate::probe::build(case.in_code(&name, value).builder()).unwrap_err();
        assert!(error.contains(&name) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn co_01_headers_that_are_none_leave_the_others_alone() {
    let case = Case::of([("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a,nonsense")]);
    let seen = exported(&case, None, |receiver, signal| header(receiver, signal, "api-key")).unwrap();
    assert_eq!((seen.effect.as_str(), seen.warnings.len()), ("a", 1));
}
