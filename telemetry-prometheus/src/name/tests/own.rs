//! The names that our own metrics get.

use std::collections::BTreeSet;

use telemetry_core::semconv::{Instrument, Metric, metric};

use super::super::*;
use super::DEFAULT;

/// Every metric that there is, and the name that a default exporter writes.
const ALL: [(Metric, &str); 49] = [
    (metric::HTTP_CLIENT_ACTIVE_REQUESTS, "http_client_active_requests"),
    (metric::HTTP_CLIENT_CONNECTION_DURATION, "http_client_connection_duration_seconds"),
    (metric::HTTP_CLIENT_OPEN_CONNECTIONS, "http_client_open_connections"),
    (metric::HTTP_CLIENT_REQUEST_BODY_SIZE, "http_client_request_body_size_bytes"),
    (metric::HTTP_CLIENT_REQUEST_DURATION, "http_client_request_duration_seconds"),
    (metric::HTTP_CLIENT_RESPONSE_BODY_SIZE, "http_client_response_body_size_bytes"),
    (metric::HTTP_SERVER_ACTIVE_REQUESTS, "http_server_active_requests"),
    (metric::HTTP_SERVER_REQUEST_BODY_SIZE, "http_server_request_body_size_bytes"),
    (metric::HTTP_SERVER_REQUEST_DURATION, "http_server_request_duration_seconds"),
    (metric::HTTP_SERVER_RESPONSE_BODY_SIZE, "http_server_response_body_size_bytes"),
    (metric::HTTP_SERVER_RESPONSE_HEAD_DURATION, "http_server_response_head_duration_seconds"),
    (metric::RPC_CLIENT_CALL_DURATION, "rpc_client_call_duration_seconds"),
    (metric::RPC_SERVER_CALL_DURATION, "rpc_server_call_duration_seconds"),
    (metric::TOKIO_RUNTIME_ACTIVE_TASKS, "tokio_runtime_active_tasks"),
    (metric::TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH, "tokio_runtime_global_queue_depth"),
    (metric::TOKIO_RUNTIME_WORKERS, "tokio_runtime_workers"),
    (metric::TOKIO_RUNTIME_WORKER_BUSY_TIME, "tokio_runtime_worker_busy_time_seconds_total"),
    (metric::TOKIO_RUNTIME_WORKER_PARKS, "tokio_runtime_worker_parks_total"),
    (metric::TRANSPORT_CLIENT_ACTIVE_CONNECTIONS, "transport_client_active_connections"),
    (metric::TRANSPORT_CLIENT_CONNECTION_DURATION, "transport_client_connection_duration_seconds"),
    (metric::TRANSPORT_CLIENT_CONNECT_DURATION, "transport_client_connect_duration_seconds"),
    (metric::TRANSPORT_CLIENT_IDLE_CONNECTIONS, "transport_client_idle_connections"),
    (metric::TRANSPORT_CLIENT_IO, "transport_client_io_bytes_total"),
    (metric::TRANSPORT_CLIENT_TCP_DELIVERY_RATE, "transport_client_tcp_delivery_rate_bytes_per_second"),
    (metric::TRANSPORT_CLIENT_TCP_RETRANSMITS, "transport_client_tcp_retransmits_total"),
    (metric::TRANSPORT_CLIENT_TCP_RTT, "transport_client_tcp_rtt_seconds"),
    (metric::TRANSPORT_CLIENT_TCP_UNACKED, "transport_client_tcp_unacked"),
    (metric::TRANSPORT_CLIENT_TLS_ACTIVE_HANDSHAKES, "transport_client_tls_active_handshakes"),
    (metric::TRANSPORT_CLIENT_TLS_HANDSHAKE_DURATION, "transport_client_tls_handshake_duration_seconds"),
    (metric::TRANSPORT_CLIENT_TLS_IO, "transport_client_tls_io_bytes_total"),
    (metric::TRANSPORT_SERVER_ACCEPT_AGE, "transport_server_accept_age_seconds"),
    (metric::TRANSPORT_SERVER_ACCEPT_ERRORS, "transport_server_accept_errors_total"),
    (metric::TRANSPORT_SERVER_ACTIVE_CONNECTIONS, "transport_server_active_connections"),
    (metric::TRANSPORT_SERVER_CONNECTION_DURATION, "transport_server_connection_duration_seconds"),
    (metric::TRANSPORT_SERVER_CONNECTION_REQUESTS, "transport_server_connection_requests"),
    (metric::TRANSPORT_SERVER_IDLE_CONNECTIONS, "transport_server_idle_connections"),
    (metric::TRANSPORT_SERVER_IO, "transport_server_io_bytes_total"),
    (metric::TRANSPORT_SERVER_REJECTED_CONNECTIONS, "transport_server_rejected_connections_total"),
    (metric::TRANSPORT_SERVER_TCP_DELIVERY_RATE, "transport_server_tcp_delivery_rate_bytes_per_second"),
    (metric::TRANSPORT_SERVER_TCP_RETRANSMITS, "transport_server_tcp_retransmits_total"),
    (metric::TRANSPORT_SERVER_TCP_RTT, "transport_server_tcp_rtt_seconds"),
    (metric::TRANSPORT_SERVER_TCP_UNACKED, "transport_server_tcp_unacked"),
    (metric::TRANSPORT_SERVER_TLS_ACTIVE_HANDSHAKES, "transport_server_tls_active_handshakes"),
    (metric::TRANSPORT_SERVER_TLS_HANDSHAKE_DURATION, "transport_server_tls_handshake_duration_seconds"),
    (metric::TRANSPORT_SERVER_TLS_IO, "transport_server_tls_io_bytes_total"),
    (metric::TRANSPORT_SERVER_UPGRADED_CONNECTIONS, "transport_server_upgraded_connections"),
    (metric::TRANSPORT_UDP_DATAGRAMS, "transport_udp_datagrams_total"),
    (metric::TRANSPORT_UDP_ERRORS, "transport_udp_errors_total"),
    (metric::TRANSPORT_UDP_IO, "transport_udp_io_bytes_total"),
];

fn name(metric: &Metric, strategy: TranslationStrategy) -> String {
    let is_counter = metric.instrument == Instrument::Counter;
    family_name(metric.name, metric.unit, is_counter, None, strategy).unwrap().name
}

#[test]
fn nt_79_our_names_stay_legible() {
    for (metric, expected) in ALL {
        assert_eq!(name(&metric, DEFAULT), expected);
    }
}

/// The table above is held against the source of the names, which the crate does not give as a list.
#[test]
fn nt_79_the_table_has_every_metric() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../telemetry-core/src/semconv/");
    let sources = ["metric.rs", "metric/connection.rs", "metric/transport.rs"]
        .map(|file| std::fs::read_to_string(format!("{directory}{file}")));
    let sources = sources.map(Result::unwrap).concat();
    let written: BTreeSet<_> =
        sources.lines().filter_map(|line| line.trim().strip_prefix("name: \"")?.strip_suffix("\",")).collect();
    let listed: BTreeSet<_> = ALL.iter().map(|(metric, _)| metric.name).collect();
    assert_eq!(listed, written);
    assert_eq!(listed.len(), ALL.len());
}

/// No sample of one metric has the name of another's: a histogram has three kinds of samples, a counter may be looked for
/// without its suffix, and a family's name is not to be a sample's of another family.
#[test]
fn nt_79_our_names_do_not_collide() {
    for strategy in TranslationStrategy::ALL {
        let mut taken = BTreeSet::new();
        for (metric, _) in &ALL {
            let family = name(metric, strategy);
            let mut names = BTreeSet::from([family.clone()]);
            match metric.instrument {
                Instrument::Histogram => {
                    names.extend(["_bucket", "_count", "_sum", "_created"].map(|end| format!("{family}{end}")));
                }
                Instrument::Counter => {
                    let base = family.strip_suffix("_total").unwrap_or(&family).to_owned();
                    names.extend([format!("{base}_created"), format!("{base}_total"), base]);
                }
                _ => {}
            }
            for name in names {
                assert!(taken.insert(name.clone()), "{name} of {} under {strategy:?}", metric.name);
            }
        }
    }
}
