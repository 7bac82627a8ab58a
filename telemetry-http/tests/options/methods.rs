//! Which methods have a name.

use std::process::Command;

use super::*;

#[test]
fn hs_01_hs_38_a_flood_of_methods_makes_one_series() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    for i in 0..300 {
        send(&layer, Request::builder().method(format!("M{i}").as_str()).body(Full::default()).unwrap());
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("http.request.method", "_OTHER")]), 300);
    assert_eq!(attributes(&snapshot, ACTIVE), ["http.request.method=_OTHER", "url.scheme=http"]);
}

#[test]
fn hs_02_known_methods_can_be_given() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_known_methods(["PURGE"]);
    send(&layer, Request::builder().method("PURGE").body(Full::default()).unwrap());
    send(&layer, get());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("http.request.method", "PURGE")]), 1);
    assert_eq!(snapshot.count(DURATION, &[("http.request.method", "_OTHER")]), 1);
}

#[test]
fn hs_01_case_counts() {
    let metrics = InMemoryMetrics::new();
    for method in ["get", "Get", "GET", "QUERY", "TRACE", "query"] {
        send(&server(&metrics), Request::builder().method(method).body(Full::default()).unwrap());
    }
    let known = ["GET", "QUERY", "TRACE", "_OTHER"].map(|method| Some(method.to_owned()));
    assert_eq!(values(&metrics.snapshot(), DURATION, "http.request.method"), known);
}

const VARIABLE: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
/// What the other half of the test has to see, and whether the layer is told otherwise.
const EXPECTED: &str = "EXPECTED";
const OPTION: &str = "OPTION";

#[test]
#[ignore = "the other half of the test on the environment, run by it"]
fn reports_methods_by_its_environment() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    let given = std::env::var(OPTION);
    let layer = given.iter().fold(layer, |layer, given| layer.with_known_methods(given.split(',')));
    for method in ["GET", "POST", "PURGE", "get"] {
        send(&layer, Request::builder().method(method).body(Full::default()).unwrap());
    }
    let snapshot = metrics.snapshot();
    let reported = values(&snapshot, ACTIVE, "http.request.method").into_iter().flatten().collect::<Vec<_>>().join(" ");
    assert_eq!(reported, std::env::var(EXPECTED).unwrap());
}

#[test]
fn hs_02_the_environment_replaces_the_known_methods() {
    // The environment belongs to the process, so each case runs this test binary once more with its own.
    let cases: [(Option<&str>, Option<&str>, &str); 8] = [
        (None, None, "GET POST _OTHER"),
        (Some(""), None, "GET POST _OTHER"),
        (Some(" , ,"), None, "GET POST _OTHER"),
        (Some("GET"), None, "GET _OTHER"),
        (Some(" PURGE ,, get"), None, "PURGE _OTHER get"),
        (Some("not a method,POST"), None, "POST _OTHER"),
        (Some("GET"), Some("POST,get"), "POST _OTHER get"),
        (Some("GET"), Some(""), "_OTHER"),
    ];
    for (variable, option, expected) in cases {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "methods::reports_methods_by_its_environment", "--ignored"]);
        child.env_remove(VARIABLE).envs(variable.map(|value| (VARIABLE, value)));
        child.env_remove(OPTION).envs(option.map(|value| (OPTION, value)));
        let output = child.env(EXPECTED, expected).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{variable:?}, {option:?}: {text}");
    }
}
