//! Connections on which nothing moves.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::pin::pin;
use std::time::Duration;

use common::{Closing, Metered};
use telemetry_core::testing::poll_once;
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const IDLE: &str = "transport.server.idle_connections";

fn metered(idle: Duration) -> (Metered, NetworkMetricsLayer) {
    let metered = Metered::new();
    let layer = metered.layer.clone().with_idle_after(idle);
    (metered, layer)
}

fn write(stream: &mut MeteredStream<Closing>) {
    assert!(poll_once(pin!(stream.write(b"x"))).is_ready());
}

#[test]
fn a_connection_is_idle_until_something_moves() {
    let (metered, layer) = metered(Duration::ZERO);
    let idle = || metered.metrics.snapshot().sum(IDLE, &[]);
    let mut first = layer.meter(Closing::default());
    let mut second = layer.meter(Closing::default());
    write(&mut first);
    assert!(poll_once(pin!(second.read(&mut [0; 1]))).is_ready());
    assert!(metered.metrics.snapshot().points(IDLE).is_empty()); // nobody has been idle yet

    write(&mut first);
    assert_eq!(idle(), 1.0);
    assert_eq!(idle(), 2.0);
    write(&mut second);
    assert_eq!(idle(), 1.0);
    drop(first);
    assert_eq!(idle(), 1.0); // the second one by now
    drop(second);
    assert_eq!(idle(), 0.0);
}

#[test]
fn not_every_pause_makes_a_connection_idle() {
    let (metered, layer) = metered(Duration::from_secs(3600));
    let _open = layer.meter(Closing::default());
    for _ in 0..3 {
        assert!(metered.metrics.snapshot().points(IDLE).is_empty());
    }
}
