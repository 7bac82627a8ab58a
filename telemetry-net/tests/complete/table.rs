use std::collections::BTreeSet;

use telemetry_core::opentelemetry::Value;
use telemetry_core::semconv::{Instrument, METRICS, Presence};

use crate::collected::{Collected, Metrics, value};
use crate::documented;
use crate::run::{Layers, everything};

/// What a complete run has recorded.
async fn run() -> Collected {
    let metrics = Metrics::new();
    // Its age is there as long as it is.
    let _listener = everything(&Layers::new(&metrics.provider), &mut || drop(metrics.collect())).await;
    metrics.collect()
}

/// NT-01 to NT-20, NT-40 to NT-50, NT-60, NT-61: there is what the documentation has, with these attributes, and nothing
/// else.
#[tokio::test]
async fn nt_60_nt_61_the_table_of_the_documentation_is_complete_and_true() {
    let (recorded, documented) = (run().await, documented::metrics());
    let names = |all: Vec<&String>| -> BTreeSet<String> { all.into_iter().cloned().collect() };
    assert_eq!(names(recorded.keys().collect()), names(documented.keys().collect()));
    for (name, row) in documented {
        let metric = &recorded[&name];
        assert_eq!((metric.instrument, &metric.unit), (&*row.instrument, &row.unit), "{name}");
        let seen: BTreeSet<_> = metric.series.iter().flatten().map(|attribute| attribute.key.as_str()).collect();
        assert_eq!(seen, row.attributes, "{name}");
    }
}

/// The table of all crates says of these metrics what this crate's documentation does.
#[tokio::test]
async fn nt_60_nt_61_the_table_of_all_metrics_is_complete_and_true() {
    let recorded = run().await;
    let listed = METRICS.iter().filter(|metric| metric.name.starts_with("transport."));
    assert_eq!(listed.clone().count(), recorded.len());
    for metric in listed {
        let (name, found) = (metric.name, &recorded[metric.name]);
        let instrument = match metric.instrument {
            Instrument::Counter => "counter",
            Instrument::UpDownCounter => "up-down counter",
            Instrument::Histogram => "histogram",
            _ => "gauge",
        };
        assert_eq!((found.instrument, &*found.unit), (instrument, metric.unit), "{name}");
        let names = |keep: fn(Presence) -> bool| -> BTreeSet<_> {
            metric
                .attributes
                .iter()
                .filter(|attribute| keep(attribute.presence))
                .map(|attribute| attribute.name)
                .collect()
        };
        let always = names(|presence| presence == Presence::Always);
        let seen: BTreeSet<_> = found.series.iter().flatten().map(|attribute| attribute.key.as_str()).collect();
        assert_eq!(seen, names(|_| true), "{name}");
        let is_on_all = |name: &&str| found.series.iter().all(|series| value(series, name).is_some());
        assert_eq!(always.iter().copied().filter(is_on_all).collect::<BTreeSet<_>>(), always, "{name}");
    }
}

/// The rules on attributes, each held against all series of all metrics.
#[tokio::test]
async fn nt_01_nt_20_attributes_are_on_what_they_belong_to() {
    // What is for spans, for hosts, for client devices, or for other layers. The ports and addresses of this end stay away
    // too: `server.address` is the listener's.
    let elsewhere = [
        "network.peer.",        // NT-03, NT-04
        "network.local.",       // NT-05
        "client.",              // NT-07
        "network.interface.",   // NT-10
        "network.connection.",  // NT-11, NT-12
        "network.carrier.",     // NT-12
        "http.connection.",     // NT-13: `telemetry-http` has the pool
        "tls.protocol.name",    // NT-15: it is always TLS
        "tls.cipher",           // NT-17
        "tls.curve",            // NT-17
        "tls.next_protocol",    // NT-17
        "tls.established",      // NT-17
        "tls.client.",          // NT-18
        "tls.server.",          // NT-18
        "source.",              // NT-19
        "destination.",         // NT-19
        "user_agent.",          // NT-20
        "url.",                 // NT-20
        "http.",                // NT-20
        "otel.metric.overflow", // there is room for all of this
    ];
    for (name, metric) in run().await {
        for series in &metric.series {
            let of = |attribute| value(series, attribute);
            for attribute in series {
                let known = attribute.key.as_str();
                assert!(!elsewhere.iter().any(|prefix| known.starts_with(prefix)), "{name}: {known}");
            }
            // NT-01: the transport is on all.
            let transport = of("network.transport").unwrap();
            assert!(["tcp", "udp", "unix", "pipe", "quic"].contains(&&*transport), "{name}: {transport}");
            // NT-02, NT-74: no IP and no port where there is none.
            let ip = of("network.type");
            assert!(ip.as_deref().is_none_or(|ip| ["ipv4", "ipv6"].contains(&ip)), "{name}: {ip:?}");
            if ["unix", "pipe"].contains(&&*transport) {
                assert_eq!((ip, of("server.port")), (None, None), "{name}");
            }
            // NT-06: a port has an address.
            assert!(of("server.port").is_none() || of("server.address").is_some(), "{name}");
            // NT-08: a version has a name.
            assert!(of("network.protocol.version").is_none() || of("network.protocol.name").is_some(), "{name}");
            // NT-09: a direction of bytes and datagrams, never of connections.
            let moves = [".io", ".datagrams", "udp.errors"].iter().any(|end| name.ends_with(end));
            assert_eq!(of("network.io.direction").is_some(), moves, "{name}");
            // NT-14, NT-63: an error is on what went wrong.
            if name.ends_with(".connection.duration") {
                assert_eq!(of("error.type").is_some(), of("transport.close.reason").as_deref() == Some("error"));
            }
            // NT-16
            let version = of("tls.protocol.version");
            assert!(version.as_deref().is_none_or(|version| ["1.2", "1.3"].contains(&version)), "{name}: {version:?}");
        }
    }
}

/// Ports are numbers, and what is true or false is that.
#[tokio::test]
async fn nt_78_attributes_have_their_types() {
    let mut typed = BTreeSet::new();
    for (name, metric) in run().await {
        for attribute in metric.series.iter().flatten() {
            let key = attribute.key.as_str().to_owned();
            match (&*key, &attribute.value) {
                ("server.port", Value::I64(port)) => assert!((1..=65535).contains(port), "{name}: {port}"),
                ("tls.resumed", Value::Bool(_)) => {}
                ("server.port" | "tls.resumed", value) => panic!("{name}: {key} is {value:?}"),
                (_, value) => {
                    assert!(matches!(value, Value::String(_)), "{name}: {key} is {value:?}");
                    continue;
                }
            }
            typed.insert(key);
        }
    }
    assert_eq!(typed.len(), 2);
}
