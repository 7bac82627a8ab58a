//! TLS handshakes as any library may report them, and what a connection knows afterwards.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{ACTIVE, DURATION, Metered};
use telemetry_core::semconv::metric::REQUEST_SECONDS;
use telemetry_core::testing::{ScriptedStream, Value};
use telemetry_core::{ConnectionInfo, ErrorType, TlsInfo, Transport};
use telemetry_net::Handshake;

const HANDSHAKES: &str = "transport.server.tls.handshake.duration";
const GOING_ON: &str = "transport.server.tls.active_handshakes";

fn tls(version: &'static str, alpn: &'static str, resumed: bool) -> TlsInfo {
    TlsInfo::new().with_version(version).with_alpn(alpn).with_resumed(resumed)
}

/// NT-72, NT-63: each row says how a handshake ends, and with what error it and its connection are recorded.
#[test]
fn nt_72_every_handshake_counts_once_and_its_failure_is_the_connections() {
    type Row = (&'static str, fn(Handshake), Option<&'static str>);
    let rows: [Row; 4] = [
        ("success", |handshake| handshake.succeeded(TlsInfo::new()), None),
        ("failure", |handshake| handshake.failed(ErrorType::Named("tls_unknown_ca")), Some("tls_unknown_ca")),
        ("dropped", drop, Some("cancelled")),
        (
            "panic",
            |handshake| {
                let panicked = catch_unwind(AssertUnwindSafe(move || {
                    let _handshake = handshake;
                    panic!("on purpose");
                }));
                panicked.unwrap_err();
            },
            Some("panic"),
        ),
    ];
    for (name, end, error) in rows {
        let metered = Metered::new();
        let stream = metered.layer.meter(ScriptedStream::new());
        let handshake = stream.connection().start_handshake();
        assert_eq!(metered.metrics.snapshot().sum(GOING_ON, &[]), 1.0, "{name}");
        end(handshake);
        drop(stream);

        let snapshot = metered.metrics.snapshot();
        assert_eq!(snapshot.sum(GOING_ON, &[]), 0.0, "{name}");
        for metric in [HANDSHAKES, DURATION] {
            let [point] = snapshot.points(metric)[..] else { panic!("{name}: {snapshot:#?}") };
            assert_eq!(point.attributes.get("error.type").map(String::as_str), error, "{name}: {metric}");
        }
        assert_eq!((snapshot.count(HANDSHAKES, &[]), snapshot.count(DURATION, &[])), (1, 1), "{name}");
    }
}

/// NT-16, NT-17, NT-62, NT-08: what TLS has come to is on the handshake and on the duration, and on nothing that began
/// before it was known.
#[test]
fn nt_62_tls_is_on_what_ends_after_it_is_known() {
    let metered = Metered::new();
    let rows = [tls("1.3", "h2", false), tls("1.3", "h2", true), tls("1.2", "http/1.1", false)];
    for info in &rows {
        let stream = metered.layer.meter(ScriptedStream::new());
        assert_eq!(stream.connection_info().tls(), None);
        stream.connection().start_handshake().succeeded(info.clone());
        assert_eq!(stream.connection_info().tls(), Some(info));
    }
    let snapshot = metered.metrics.snapshot();
    let count = |metric, attributes: &[(&str, &str)]| snapshot.count(metric, attributes);
    assert_eq!(count(HANDSHAKES, &[("tls.protocol.version", "1.3"), ("tls.resumed", "false")]), 1);
    assert_eq!(count(HANDSHAKES, &[("tls.protocol.version", "1.3"), ("tls.resumed", "true")]), 1);
    assert_eq!(count(HANDSHAKES, &[("tls.protocol.version", "1.2"), ("tls.resumed", "false")]), 1);
    let protocol = |version| [("network.protocol.name", "http"), ("network.protocol.version", version)];
    assert_eq!(count(DURATION, &[&protocol("2")[..], &[("tls.protocol.version", "1.3")]].concat()), 2);
    assert_eq!(count(DURATION, &[&protocol("1.1")[..], &[("tls.protocol.version", "1.2")]].concat()), 1);
    assert_eq!(snapshot.points(DURATION).len(), 2);
    for metric in [ACTIVE, GOING_ON] {
        let [point] = snapshot.points(metric)[..] else { panic!("{metric}: {snapshot:#?}") };
        assert_eq!(point.attributes.keys().collect::<Vec<_>>(), ["network.transport"]);
    }
}

#[test]
fn nt_65_handshakes_have_the_bounds_of_handshakes() {
    let metered = Metered::new();
    drop(metered.layer.meter(ScriptedStream::new()).connection().start_handshake());
    let snapshot = metered.metrics.snapshot();
    let [point] = snapshot.points(HANDSHAKES)[..] else { panic!("{snapshot:#?}") };
    assert!(matches!(&point.value, Value::Histogram { bounds, .. } if bounds == REQUEST_SECONDS));
    assert_eq!((point.unit.as_str(), snapshot.points(GOING_ON)[0].unit.as_str()), ("s", "{handshake}"));
}

#[test]
fn tls_that_was_known_from_the_start_stays() {
    let metered = Metered::new();
    let info = ConnectionInfo::new(Transport::Tcp).with_tls(tls("1.3", "h2", false));
    let stream = metered.layer.meter_with_info(ScriptedStream::new(), info.clone());
    stream.connection().set_tls(tls("1.2", "h2", false));
    assert_eq!(stream.connection_info(), info);
    let connection = stream.connection().clone();
    drop(stream);
    assert_eq!(metered.metrics.snapshot().count(DURATION, &[("tls.protocol.version", "1.3")]), 1);

    // Whoever still has the handle changes nothing any more.
    connection.set_error(ErrorType::Timeout);
    connection.count_request();
    assert_eq!(connection.info(), info);
    assert_eq!(metered.metrics.snapshot().points(DURATION).len(), 1);
}
