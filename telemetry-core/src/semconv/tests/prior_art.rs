//! Holds our own names for connections against those that others have.

use std::fs;
use std::path::Path;

use opentelemetry_semantic_conventions::metric as official;

use super::{METRICS, is_our_own};
use crate::semconv::metric::{CONNECTION_SECONDS, REQUEST_SECONDS};
use crate::semconv::{Instrument, Metric, metric};

/// Name, instrument, unit and bounds of somebody else's metric, what remains of its name here, and ours.
type Row = (&'static str, Instrument, &'static str, &'static [f64], &'static str, Option<Metric>);

/// The stable metrics of Kestrel and `SignalR`, by the numbers of the rules.
const PRIOR_ART: [Row; 10] = {
    use Instrument::{Counter, Histogram, UpDownCounter};
    let connections = "{connection}";
    [
        // NT-30
        (
            official::KESTREL_ACTIVE_CONNECTIONS,
            UpDownCounter,
            connections,
            &[],
            "active_connections",
            Some(metric::TRANSPORT_SERVER_ACTIVE_CONNECTIONS),
        ),
        // NT-31
        (
            official::KESTREL_CONNECTION_DURATION,
            Histogram,
            "s",
            KESTREL_CONNECTION,
            "connection.duration",
            Some(metric::TRANSPORT_SERVER_CONNECTION_DURATION),
        ),
        // NT-32
        (
            official::KESTREL_REJECTED_CONNECTIONS,
            Counter,
            connections,
            &[],
            "rejected_connections",
            Some(metric::TRANSPORT_SERVER_REJECTED_CONNECTIONS),
        ),
        // NT-33: nothing of ours stands between accept and serve. What was not accepted yet waits in the system's own
        // queue, and a connection is active from its accept on.
        (official::KESTREL_QUEUED_CONNECTIONS, UpDownCounter, connections, &[], "queued_connections", None),
        // NT-34: a queue of requests is the service's, and not known at this layer.
        (official::KESTREL_QUEUED_REQUESTS, UpDownCounter, "{request}", &[], "queued_requests", None),
        // NT-35
        (
            official::KESTREL_UPGRADED_CONNECTIONS,
            UpDownCounter,
            connections,
            &[],
            "upgraded_connections",
            Some(metric::TRANSPORT_SERVER_UPGRADED_CONNECTIONS),
        ),
        // NT-36: a namespace of its own here, since TLS has bytes too.
        (
            official::KESTREL_TLS_HANDSHAKE_DURATION,
            Histogram,
            "s",
            KESTREL_HANDSHAKE,
            "tls.handshake.duration",
            Some(metric::TRANSPORT_SERVER_TLS_HANDSHAKE_DURATION),
        ),
        // NT-37
        (
            official::KESTREL_ACTIVE_TLS_HANDSHAKES,
            UpDownCounter,
            "{handshake}",
            &[],
            "tls.active_handshakes",
            Some(metric::TRANSPORT_SERVER_TLS_ACTIVE_HANDSHAKES),
        ),
        // NT-38: its attribute for the end of a connection is `transport.close.reason` here.
        (
            official::SIGNALR_SERVER_CONNECTION_DURATION,
            Histogram,
            "s",
            KESTREL_CONNECTION,
            "connection.duration",
            Some(metric::TRANSPORT_SERVER_CONNECTION_DURATION),
        ),
        // NT-39
        (
            official::SIGNALR_SERVER_ACTIVE_CONNECTIONS,
            UpDownCounter,
            connections,
            &[],
            "active_connections",
            Some(metric::TRANSPORT_SERVER_ACTIVE_CONNECTIONS),
        ),
    ]
};

/// As the conventions write them down.
const KESTREL_CONNECTION: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];
const KESTREL_HANDSHAKE: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// NT-30 to NT-39: the same thing has the same name behind our own root, instrument, unit and bounds.
#[test]
fn nt_30_nt_39_what_others_have_too_is_like_theirs() {
    for (theirs, instrument, unit, bounds, suffix, ours) in PRIOR_ART {
        let words = |name: &str| -> Vec<String> {
            let mut words: Vec<_> = name.split(['.', '_']).map(String::from).collect();
            words.sort();
            words
        };
        let root = ["kestrel.", "signalr.server."].into_iter().find_map(|root| theirs.strip_prefix(root));
        assert_eq!(root.map(words), Some(words(suffix)), "{theirs}");
        let named = METRICS.iter().find(|metric| metric.name == format!("transport.server.{suffix}"));
        assert_eq!(named, ours.as_ref(), "{theirs}");
        let Some(ours) = ours else { continue };
        assert_eq!((ours.instrument, ours.unit, ours.boundaries), (instrument, unit, bounds), "{theirs}");
    }
}

/// A client has all that a server has, but for what only happens to a server.
#[test]
fn nt_30_nt_37_clients_have_what_servers_have() {
    let of_servers =
        ["accept.age", "accept.errors", "connection.requests", "rejected_connections", "upgraded_connections"];
    let mut alone: Vec<_> = METRICS
        .iter()
        .filter_map(|server| Some((server, server.name.strip_prefix("transport.server.")?)))
        .filter(|(server, suffix)| {
            let name = format!("transport.client.{suffix}");
            let client = METRICS.iter().find(|metric| metric.name == name);
            assert!(
                client.is_none_or(|client| (client.instrument, client.unit, client.boundaries)
                    == (server.instrument, server.unit, server.boundaries)),
                "{name}"
            );
            client.is_none()
        })
        .map(|(_, suffix)| suffix)
        .collect();
    alone.sort_unstable();
    assert_eq!(alone, of_servers);
}

/// NT-31, NT-36, NT-48: what lives long has the one bounds, what is waited for the other.
#[test]
fn nt_65_durations_have_the_bounds_of_their_kind() {
    for metric in METRICS.iter().filter(|metric| metric.name.starts_with("transport.") && metric.unit == "s") {
        let expected = match metric.name.rsplit_once('.') {
            Some((_, "rtt" | "age")) => continue, // no durations of something that has ended
            Some((of, "duration")) if of.ends_with(".connection") => CONNECTION_SECONDS,
            _ => REQUEST_SECONDS,
        };
        assert_eq!(metric.boundaries, expected, "{}", metric.name);
    }
    assert_eq!((CONNECTION_SECONDS, REQUEST_SECONDS), (KESTREL_CONNECTION, KESTREL_HANDSHAKE));
}

/// NT-40 to NT-50: pools, hosts, processes, containers, resolvers and spans of other libraries. What is like theirs here
/// is still not theirs: our bytes are those of metered streams and not of a process.
#[test]
fn nt_40_nt_50_names_of_others_are_not_ours() {
    let taken = [
        official::HTTP_CLIENT_OPEN_CONNECTIONS, // NT-40: recorded by `telemetry-http` alone
        official::HTTP_CLIENT_CONNECTION_DURATION, // NT-41: likewise
        official::DB_CLIENT_CONNECTION_COUNT,   // NT-42
        official::DB_CLIENT_CONNECTION_IDLE_MAX, // NT-42
        official::DB_CLIENT_CONNECTION_IDLE_MIN, // NT-42
        official::DB_CLIENT_CONNECTION_MAX,     // NT-42
        official::DB_CLIENT_CONNECTION_PENDING_REQUESTS, // NT-42
        official::DB_CLIENT_CONNECTION_TIMEOUTS, // NT-42
        official::DB_CLIENT_CONNECTION_CREATE_TIME, // NT-42
        official::DB_CLIENT_CONNECTION_WAIT_TIME, // NT-42
        official::DB_CLIENT_CONNECTION_USE_TIME, // NT-42
        official::SYSTEM_NETWORK_IO,            // NT-43
        official::SYSTEM_NETWORK_PACKET_COUNT,  // NT-44
        official::SYSTEM_NETWORK_PACKET_DROPPED, // NT-44
        official::SYSTEM_NETWORK_ERRORS,        // NT-44
        official::SYSTEM_NETWORK_CONNECTION_COUNT, // NT-45
        official::PROCESS_NETWORK_IO,           // NT-46
        official::CONTAINER_NETWORK_IO,         // NT-47
        official::K8S_POD_NETWORK_IO,           // NT-47
        official::K8S_NODE_NETWORK_IO,          // NT-47
        official::K8S_POD_NETWORK_ERRORS,       // NT-47
        official::K8S_NODE_NETWORK_ERRORS,      // NT-47
        official::DNS_LOOKUP_DURATION,          // NT-48
        official::NFS_CLIENT_NET_TCP_CONNECTION_ACCEPTED, // NT-49
        official::NFS_SERVER_NET_TCP_CONNECTION_ACCEPTED, // NT-49
    ];
    // NT-50: those are spans. Neither would the words of their names do for a metric of ours.
    let spans = ["wait_for_connection", "connection_setup"];
    let both: Vec<_> = METRICS.iter().map(|metric| metric.name).filter(|name| taken.contains(name)).collect();
    assert_eq!(both, taken[..2], "only these are recorded under the conventions' names");
    for ours in METRICS.iter().filter(|metric| is_our_own(metric)) {
        assert!(!spans.iter().any(|span| ours.name.contains(span)), "{}", ours.name);
        // No root that the conventions have. One name stands among theirs, as the part of a duration that it is.
        let root = ours.name.split('.').next();
        let is_a_part = *ours == metric::HTTP_SERVER_RESPONSE_HEAD_DURATION;
        assert!(matches!(root, Some("transport" | "tokio")) || is_a_part, "{}", ours.name);
        assert!(!taken.iter().any(|taken| taken.split('.').next() == root) || is_a_part, "{}", ours.name);
    }
}

/// NT-60: what a name does not have in it, since the unit and the exporter add it.
#[test]
fn nt_60_no_unit_is_in_a_name() {
    let not_in_names =
        ["total", "s", "ms", "sec", "second", "seconds", "milliseconds", "by", "byte", "bytes", "count", "ratio"];
    for ours in METRICS.iter().filter(|metric| is_our_own(metric)) {
        for word in ours.name.split(['.', '_']) {
            assert!(!word.is_empty() && !not_in_names.contains(&word), "{}", ours.name);
        }
        // `active_connections` and `connection.duration`: how many of them, and of one.
        let plural = ["_connections", "_handshakes"].iter().any(|end| ours.name.ends_with(end));
        let singular = ["connections.", "handshakes.", "connects."].iter().all(|part| !ours.name.contains(part));
        assert_eq!(plural, matches!(ours.unit, "{connection}" | "{handshake}"), "{}", ours.name);
        assert!(singular, "{}", ours.name);
    }
}

/// The list is all there is: what stands in the source and not in it would be missed by all of these tests.
#[test]
fn the_list_has_every_metric() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/semconv");
    let files = fs::read_dir(folder.join("metric")).unwrap().map(|file| file.unwrap().path());
    let files = files.chain(["metric.rs", "otel_sdk.rs"].map(|file| folder.join(file)));
    let sources = files.map(|file| fs::read_to_string(file).unwrap()).collect::<String>();
    let lines = sources.lines().filter_map(|line| line.trim().strip_prefix("name: \""));
    let mut written: Vec<_> = lines.filter_map(|line| line.strip_suffix("\",")).collect();
    let mut listed: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    written.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, written);
}
