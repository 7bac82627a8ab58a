//! Holds our names against the official crate's source of names.

use opentelemetry_semantic_conventions as official;

use super::{Instrument, METRICS, Metric, MetricAttribute, Presence, Stability, attribute, metric, resource};

mod prior_art;

#[test]
fn co_40_attribute_names_are_the_conventions_own() {
    // The crate follows 1.42.0. Once it has the new name it marks this one as deprecated, and the build tells.
    let rpc_status_code = official::attribute::RPC_RESPONSE_STATUS_CODE.replace("response.", "");
    let official = [
        official::attribute::CLIENT_ADDRESS,
        official::attribute::CLIENT_PORT,
        official::attribute::ERROR_TYPE,
        official::attribute::EXCEPTION_MESSAGE,
        official::attribute::EXCEPTION_TYPE,
        official::attribute::HTTP_CONNECTION_STATE,
        official::attribute::HTTP_REQUEST_BODY_SIZE,
        official::attribute::HTTP_REQUEST_METHOD,
        official::attribute::HTTP_REQUEST_METHOD_ORIGINAL,
        official::attribute::HTTP_REQUEST_RESEND_COUNT,
        official::attribute::HTTP_RESPONSE_BODY_SIZE,
        official::attribute::HTTP_RESPONSE_STATUS_CODE,
        official::attribute::HTTP_ROUTE,
        official::attribute::NETWORK_IO_DIRECTION,
        official::attribute::NETWORK_LOCAL_ADDRESS,
        official::attribute::NETWORK_LOCAL_PORT,
        official::attribute::NETWORK_PEER_ADDRESS,
        official::attribute::NETWORK_PEER_PORT,
        official::attribute::NETWORK_PROTOCOL_NAME,
        official::attribute::NETWORK_PROTOCOL_VERSION,
        official::attribute::NETWORK_TRANSPORT,
        official::attribute::NETWORK_TYPE,
        official::attribute::RPC_METHOD,
        &rpc_status_code,
        official::attribute::RPC_SYSTEM_NAME,
        official::attribute::SERVER_ADDRESS,
        official::attribute::SERVER_PORT,
        official::resource::SERVICE_NAME,
        official::attribute::TLS_PROTOCOL_VERSION,
        official::attribute::TLS_RESUMED,
        official::attribute::URL_FULL,
        official::attribute::URL_PATH,
        official::attribute::URL_QUERY,
        official::attribute::URL_SCHEME,
        official::attribute::URL_TEMPLATE,
        official::attribute::USER_AGENT_ORIGINAL,
        official::attribute::USER_AGENT_SYNTHETIC_TYPE,
    ];
    assert_eq!(attribute::ALL, official);
}

#[test]
fn co_40_resource_attribute_names_are_the_conventions_own() {
    let official = [
        official::resource::CONTAINER_ID,
        official::resource::HOST_ARCH,
        official::resource::HOST_NAME,
        official::resource::OS_BUILD_ID,
        official::resource::OS_DESCRIPTION,
        official::resource::OS_NAME,
        official::resource::OS_TYPE,
        official::resource::OS_VERSION,
        official::resource::PROCESS_CREATION_TIME,
        official::resource::PROCESS_EXECUTABLE_NAME,
        official::resource::PROCESS_PID,
        official::resource::SERVICE_INSTANCE_ID,
    ];
    assert_eq!(resource::ALL, official);
}

#[test]
fn co_41_values_are_the_conventions_own() {
    let states = [attribute::CONNECTION_ACTIVE, attribute::CONNECTION_IDLE];
    assert_eq!(states, ["active", "idle"]);
    assert_eq!([attribute::SYNTHETIC_BOT, attribute::SYNTHETIC_TEST], ["bot", "test"]);
    assert_eq!(attribute::RPC_SYSTEM_GRPC, "grpc");
}

#[test]
fn co_40_metric_names_are_the_conventions_own() {
    let ours = METRICS.iter().filter(|metric| !is_our_own(metric) && !is_of_sdk(metric));
    let ours: Vec<_> = ours.map(|metric| metric.name).collect();
    let official = [
        official::metric::HTTP_SERVER_REQUEST_DURATION,
        official::metric::HTTP_SERVER_ACTIVE_REQUESTS,
        official::metric::HTTP_SERVER_REQUEST_BODY_SIZE,
        official::metric::HTTP_SERVER_RESPONSE_BODY_SIZE,
        official::metric::HTTP_CLIENT_REQUEST_DURATION,
        official::metric::HTTP_CLIENT_REQUEST_BODY_SIZE,
        official::metric::HTTP_CLIENT_RESPONSE_BODY_SIZE,
        official::metric::HTTP_CLIENT_ACTIVE_REQUESTS,
        official::metric::HTTP_CLIENT_OPEN_CONNECTIONS,
        official::metric::HTTP_CLIENT_CONNECTION_DURATION,
        official::metric::RPC_SERVER_CALL_DURATION,
        official::metric::RPC_CLIENT_CALL_DURATION,
    ];
    assert_eq!(ours, official);
}

/// The names that no convention has. One of them stands among the convention's, beside the duration that it is part of.
fn is_our_own(metric: &Metric) -> bool {
    ["transport.", "tokio.runtime."].iter().any(|namespace| metric.name.starts_with(namespace))
        || *metric == metric::HTTP_SERVER_RESPONSE_HEAD_DURATION
}

/// What the SDK's pipelines tell of themselves has names and units in a test of its own.
fn is_of_sdk(metric: &Metric) -> bool {
    metric.name.starts_with("otel.sdk.")
}

#[test]
fn nt_60_own_names_follow_the_conventions_patterns() {
    for metric in METRICS.iter().filter(|metric| is_our_own(metric)) {
        assert!(!metric.name.ends_with("_total"), "{}", metric.name);
        assert!(metric.name.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_'), "{}", metric.name);
    }
    assert_eq!(metric::HTTP_SERVER_RESPONSE_HEAD_DURATION.name, "http.server.response.head.duration");
    assert_eq!(attribute::TOKIO_RUNTIME_WORKER_INDEX, "tokio.runtime.worker.index");
    assert_eq!(attribute::TRANSPORT_CLOSE_REASON, "transport.close.reason");
}

#[test]
fn nt_61_units_are_seconds_bytes_or_counts() {
    for metric in METRICS.iter().filter(|metric| !is_of_sdk(metric)) {
        let expected = match metric.instrument {
            Instrument::Histogram if metric.name.ends_with(".rtt") => "s",
            Instrument::Histogram if metric.name.ends_with(".unacked") => "{segment}",
            Instrument::Histogram if metric.name.ends_with("_rate") => "By/s",
            Instrument::Counter if metric.name.ends_with(".retransmits") => "{segment}",
            Instrument::Counter if metric.name.ends_with(".datagrams") => "{datagram}",
            Instrument::Counter if metric.name.ends_with(".errors") => "{error}",
            Instrument::Histogram if metric.name.ends_with(".duration") => "s",
            Instrument::Histogram if metric.name.ends_with(".requests") => "{request}",
            Instrument::Gauge if metric.name.ends_with(".age") => "s",
            Instrument::Counter if metric.name.ends_with(".time") => "s",
            Instrument::Counter if metric.name.ends_with(".parks") => "{park}",
            Instrument::Counter if metric.name.ends_with(".errors") => "{error}",
            Instrument::Counter if metric.name.ends_with("_connections") => "{connection}",
            Instrument::UpDownCounter if metric.name.ends_with("requests") => "{request}",
            Instrument::UpDownCounter if metric.name.ends_with("_handshakes") => "{handshake}",
            Instrument::UpDownCounter if metric.name.ends_with(".workers") => "{worker}",
            Instrument::UpDownCounter if metric.name.starts_with("tokio.runtime.") => "{task}",
            Instrument::UpDownCounter => "{connection}",
            Instrument::Histogram | Instrument::Counter | Instrument::Gauge => "By",
        };
        assert_eq!(metric.unit, expected, "{}", metric.name);
    }
}

#[test]
fn nt_60_the_table_says_which_names_are_our_own() {
    for metric in METRICS {
        assert_eq!(metric.stability == Stability::Own, is_our_own(metric), "{}", metric.name);
    }
}

#[test]
fn no_metric_has_a_name_or_an_attribute_twice() {
    let mut names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for Metric { name, attributes, .. } in METRICS {
        assert!(attributes.is_sorted_by(|a, b| a.name < b.name), "{name}: {attributes:?}");
    }
}

/// HS-03 to HS-06, HC-02: what the conventions require is there always, and what they want on a condition has one.
#[test]
fn co_40_attributes_are_as_present_as_the_conventions_want() {
    let presence = |metric: Metric, name| -> Option<Presence> {
        metric
            .attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|MetricAttribute { presence, .. }| *presence)
    };
    for metric in [metric::HTTP_SERVER_REQUEST_DURATION, metric::HTTP_CLIENT_REQUEST_DURATION] {
        assert_eq!(presence(metric, attribute::HTTP_REQUEST_METHOD), Some(Presence::Always));
        for name in [attribute::ERROR_TYPE, attribute::HTTP_RESPONSE_STATUS_CODE, attribute::NETWORK_PROTOCOL_VERSION] {
            assert!(matches!(presence(metric, name), Some(Presence::When(_))), "{name}");
        }
    }
    let scheme = |metric| presence(metric, attribute::URL_SCHEME);
    assert_eq!(scheme(metric::HTTP_SERVER_ACTIVE_REQUESTS), Some(Presence::Always));
    assert_eq!(scheme(metric::HTTP_CLIENT_ACTIVE_REQUESTS), Some(Presence::OnDemand("with_scheme")));
    assert_eq!(presence(metric::HTTP_SERVER_ACTIVE_REQUESTS, attribute::HTTP_ROUTE), None);
}

#[test]
fn hs_34_histograms_alone_have_bounds_and_they_ascend() {
    for metric in METRICS {
        assert_eq!(metric.boundaries.is_empty(), metric.instrument != Instrument::Histogram, "{}", metric.name);
        assert!(metric.boundaries.is_sorted_by(|a, b| a < b), "{}", metric.name);
    }
    assert_eq!(metric::HTTP_SERVER_REQUEST_DURATION.boundaries.len(), 14);
}

#[test]
fn hc_07_calls_and_requests_share_bounds_and_connections_have_others() {
    use metric::*;
    let requests = [
        HTTP_CLIENT_REQUEST_DURATION,
        HTTP_SERVER_RESPONSE_HEAD_DURATION,
        RPC_SERVER_CALL_DURATION,
        RPC_CLIENT_CALL_DURATION,
    ];
    for metric in requests {
        assert_eq!(metric.boundaries, HTTP_SERVER_REQUEST_DURATION.boundaries, "{}", metric.name);
    }
    assert_eq!(
        HTTP_CLIENT_CONNECTION_DURATION.boundaries,
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]
    );
}

#[test]
fn nt_61_the_two_sides_of_tcp_differ_in_name_and_words_alone() {
    let (server, client) = (of_tcp("transport.server."), of_tcp("transport.client."));
    assert_eq!(server.len(), 4);
    assert_eq!(server.len(), client.len());
    for (server, client) in server.into_iter().zip(client) {
        assert_eq!(client.name, server.name.replace("server", "client"));
        assert_eq!(client.description, server.description.replace("accepted", "dialled"));
        assert_eq!((client.instrument, client.unit), (server.instrument, server.unit));
        assert_eq!(client.boundaries, server.boundaries);
    }
}

fn of_tcp(side: &str) -> Vec<&'static Metric> {
    METRICS
        .iter()
        .filter(|metric| metric.name.strip_prefix(side).is_some_and(|rest| rest.starts_with("tcp.")))
        .collect()
}
