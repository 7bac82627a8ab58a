//! Connections that take the memory of others that have ended.
#![allow(clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Waker};

use allocation_counter::measure;
use common::{ACTIVE, Closing, DURATION, Metered, bytes};
use telemetry_core::testing::Snapshot;
use telemetry_core::{ConnectionInfo, ErrorType, TlsInfo, Transport};
use telemetry_net::MeteredStream;
use tokio::io::AsyncWrite;

fn from_port(port: u16) -> ConnectionInfo {
    ConnectionInfo::new(Transport::Tcp).with_peer(SocketAddr::from(([192, 0, 2, 7], port)))
}

fn write(stream: &mut MeteredStream<Closing>, bytes: &[u8]) {
    assert!(Pin::new(stream).poll_write(&mut Context::from_waker(Waker::noop()), bytes).is_ready());
}

/// A layer that has been collected from, and whose series are known.
fn warm() -> Metered {
    let metered = Metered::new();
    drop(metered.layer.meter_with_info(Closing::default(), from_port(1)));
    let _ = metered.metrics.snapshot();
    // Until a list has been emptied once.
    (0..100).for_each(|_| drop(metered.layer.meter_with_info(Closing::default(), from_port(1))));
    metered
}

fn count_of(snapshot: &Snapshot, attributes: &[(&str, &str)]) -> u64 {
    snapshot.count(DURATION, attributes)
}

#[test]
fn opening_and_closing_allocates_nothing() {
    let metered = warm();
    let turns = || {
        for port in 1..=1000 {
            let mut stream = metered.layer.meter_with_info(Closing::default(), from_port(port));
            write(&mut stream, b"some bytes");
        }
    };
    turns(); // The SDK makes the series of bytes.
    let allocations = measure(turns);
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

#[test]
fn what_very_many_have_left_does_not_stay() {
    const MANY: u16 = 2000;
    let metered = warm();
    let mut open = Vec::with_capacity(usize::from(MANY));
    let allocations = measure(|| {
        open.extend((0..MANY).map(|port| metered.layer.meter_with_info(Closing::default(), from_port(port))));
        open.clear();
    });
    // The list has room for as many still, at eight bytes each and up to twice that.
    let list = 2 * 8 * i64::from(MANY);
    assert!(allocations.bytes_current < list + 64 * 200, "{allocations:?}");
    assert!(allocations.count_total > u64::from(MANY), "{allocations:?}");
}

#[test]
fn a_connection_has_nothing_of_the_one_before() {
    let metered = warm();
    let tls =
        from_port(1).with_local(SocketAddr::from(([192, 0, 2, 1], 443))).with_tls(TlsInfo::new().with_version("1.3"));
    let mut first = metered.layer.meter_with_info(Closing::default(), tls);
    write(&mut first, b"12345");
    let connection = first.connection().clone();
    connection.set_error(ErrorType::Timeout);
    connection.count_request();
    connection.set_upgraded();
    drop((first, connection));

    let second = metered.layer.meter_with_info(Closing::default(), from_port(2));
    assert_eq!(second.connection_info(), from_port(2));
    let connection = second.connection().clone();
    assert_eq!((connection.received(), connection.transmitted(), connection.requests()), (0, 0, 0));
    drop(second);

    let snapshot = metered.metrics.snapshot();
    assert_eq!(count_of(&snapshot, &[("error.type", "timeout"), ("tls.protocol.version", "1.3")]), 1);
    assert_eq!(count_of(&snapshot, &[("transport.close.reason", "dropped")]), 102);
    assert_eq!(snapshot.count("transport.server.connection.requests", &[]), 1);
    assert_eq!(snapshot.sum("transport.server.upgraded_connections", &[]), 0.0);
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
    assert_eq!(bytes(&snapshot), [0.0, 5.0]);
}

#[test]
fn a_handle_keeps_what_it_is_asked_for() {
    let metered = warm();
    let mut first = metered.layer.meter_with_info(Closing::default(), from_port(1));
    write(&mut first, b"12345");
    let connection = first.connection().clone();
    drop(first);

    let mut second = metered.layer.meter_with_info(Closing::default(), from_port(2));
    write(&mut second, b"123");
    assert_eq!((connection.transmitted(), connection.info()), (5, from_port(1)));
    // Without effect, also upon the one that came after it.
    connection.set_error(ErrorType::Timeout);
    connection.set_upgraded();
    assert_eq!(metered.metrics.snapshot().sum("transport.server.upgraded_connections", &[]), 0.0);
    drop(second);
    let snapshot = metered.metrics.snapshot();
    assert_eq!(count_of(&snapshot, &[("error.type", "timeout")]), 0);
    assert_eq!(bytes(&snapshot), [0.0, 8.0]);
}
