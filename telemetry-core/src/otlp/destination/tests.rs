use super::*;
use crate::settings::tests::environment;

/// Where traces go, and what was told of that.
fn traces(protocol: &str, variables: &[(&str, &str)]) -> (String, Vec<String>) {
    let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    let settings = environment(&[&[protocol], variables].concat());
    let uri = Destination::read(&settings, Signal::Traces).uri.to_string();
    (uri, settings.take_warnings())
}

fn quietly(protocol: &str, variables: &[(&str, &str)]) -> String {
    let (uri, warnings) = traces(protocol, variables);
    assert!(warnings.is_empty(), "{warnings:?}");
    uri
}

const SHARED: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const SERVICE: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

#[test]
fn over_http_each_signal_has_a_path_below_the_shared_endpoint() {
    for (endpoint, expected) in [
        ("http://a:1", "http://a:1/v1/traces"),
        ("http://a:1/", "http://a:1/v1/traces"),
        ("https://a/b", "https://a/b/v1/traces"),
        ("https://a/b/", "https://a/b/v1/traces"),
        ("https://a/b/?c=d", "https://a/b/v1/traces?c=d"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ("HTTP://a", "http://a/v1/traces"),
    ] {
        assert_eq!(quietly("http/protobuf", &[(SHARED, endpoint)]), expected);
    }
    assert_eq!(quietly("http/protobuf", &[]), "http://localhost:4318/v1/traces");
}

#[test]
fn over_http_the_endpoint_of_a_signal_is_taken_as_it_is() {
    for endpoint in ["http://a:1/", "https://a/b?c=d", "http://[::1]:9/x/"] {
        assert_eq!(quietly("http/protobuf", &[(OWN, endpoint), (SHARED, "http://b:1")]), endpoint);
    }
}

#[test]
fn over_grpc_the_path_is_that_of_the_service() {
    for (endpoint, expected) in [
        ("http://a:1", "http://a:1"),
        ("https://a:1/b?c=d", "https://a:1"),
        ("a:1", "https://a:1"),
        ("[::1]:4317", "https://[::1]:4317"),
    ] {
        for name in [SHARED, OWN] {
            assert_eq!(quietly("grpc", &[(name, endpoint)]), format!("{expected}{SERVICE}"));
        }
    }
    assert_eq!(quietly("grpc", &[]), format!("http://localhost:4317{SERVICE}"));
}

#[test]
fn over_grpc_an_endpoint_without_a_scheme_is_insecure_only_if_that_is_said() {
    let insecure = |name: &str, value: &str, endpoint: &str| quietly("grpc", &[(SHARED, endpoint), (name, value)]);
    assert_eq!(insecure("OTEL_EXPORTER_OTLP_INSECURE", "true", "a:1"), format!("http://a:1{SERVICE}"));
    assert_eq!(insecure("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "true", "a:1"), format!("http://a:1{SERVICE}"));
    assert_eq!(insecure("OTEL_EXPORTER_OTLP_INSECURE", "false", "a:1"), format!("https://a:1{SERVICE}"));
    // A scheme says more.
    assert_eq!(insecure("OTEL_EXPORTER_OTLP_INSECURE", "true", "https://a:1"), format!("https://a:1{SERVICE}"));
    let both =
        [(SHARED, "a:1"), ("OTEL_EXPORTER_OTLP_INSECURE", "true"), ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false")];
    assert_eq!(quietly("grpc", &both), format!("https://a:1{SERVICE}"));
}

#[test]
fn an_endpoint_that_is_none_is_told_of_without_being_shown() {
    for endpoint in ["s3cr3t", "ftp://s3cr3t", "http://", "http:///s3cr3t", "http://a:99999/s3cr3t", "http://s3 cr3t"] {
        let (uri, warnings) = traces("http/protobuf", &[(SHARED, endpoint)]);
        assert_eq!(uri, "http://localhost:4318/v1/traces", "{endpoint}");
        assert!(warnings.len() == 1 && warnings[0].contains(SHARED) && !warnings[0].contains("s3"), "{warnings:?}");
    }
    for endpoint in ["ftp://s3cr3t", "http://", "s3 cr3t"] {
        let (uri, warnings) = traces("grpc", &[(SHARED, endpoint)]);
        assert_eq!(uri, format!("http://localhost:4317{SERVICE}"), "{endpoint}");
        assert!(warnings.len() == 1 && !warnings[0].contains("s3"), "{warnings:?}");
    }
    // What all share is better than nothing.
    let (uri, warnings) = traces("http/protobuf", &[(OWN, "s3cr3t"), (SHARED, "http://a:1")]);
    assert_eq!((&*uri, warnings.len()), ("http://a:1/v1/traces", 1));
}

#[test]
fn a_user_in_the_endpoint_is_told_of_and_left_out() {
    for (protocol, path) in [("http/protobuf", "/v1/traces"), ("grpc", SERVICE)] {
        let (uri, warnings) = traces(protocol, &[(SHARED, "http://alice:s3cr3t@a:1")]);
        assert_eq!(uri, format!("http://a:1{path}"));
        assert!(warnings.len() == 1 && !warnings[0].contains("s3cr3t"), "{warnings:?}");
    }
}

#[test]
fn what_is_the_signals_own_goes_before_what_all_share() {
    let settings = environment(&[
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "b=2"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
    ]);
    let [traces, metrics, logs] = Signal::ALL.map(|signal| Destination::read(&settings, signal));
    let millis = [&traces, &metrics, &logs].map(|destination| destination.timeout.as_millis());
    assert_eq!(millis, [1, 2, 2]);
    assert_eq!([&traces, &metrics, &logs].map(|destination| destination.gzip), [true, true, false]);
    // They do not add up.
    assert!(metrics.headers.contains_key("a") && !metrics.headers.contains_key("b"));
    assert!(traces.headers.contains_key("b"));
    assert_eq!((traces.port(), logs.port()), (4318, 4317));
    assert_eq!(traces.receiver(), "http://localhost:4318");
}
