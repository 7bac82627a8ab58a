//! The test kit itself.
#![cfg(feature = "testing")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod logs;
mod spans;
mod together;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use http_body::Body;
use http_body_util::BodyExt;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody, ScriptedStream, Value, poll_once};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What a failure of the kit says.
fn message_of<T>(fails: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(fails()))).expect_err("it has to fail");
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a message")
}

#[test]
fn a_snapshot_tells_sums_counts_and_points() {
    let metrics = InMemoryMetrics::new();
    let meter = metrics.meter("shop");
    let door = |door: &'static str| [KeyValue::new("door", door)];
    meter.u64_counter("visits").build().add(2, &door("front"));
    meter.u64_counter("visits").build().add(3, &door("back"));
    meter.i64_gauge("stock").with_unit("{item}").build().record(-4, &[]);
    let seconds = meter.f64_histogram("wait").with_boundaries(vec![1.0]).build();
    seconds.record(0.5, &[]);
    seconds.record(2.0, &[]);

    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.names(), ["stock", "visits", "wait"]);
    assert_eq!(snapshot.sum("visits", &[]), 5.0);
    assert_eq!(snapshot.sum("visits", &[("door", "back")]), 3.0);
    assert_eq!(snapshot.sum("visits", &[("door", "side")]), 0.0);
    assert_eq!((snapshot.sum("wait", &[]), snapshot.count("wait", &[])), (2.5, 2));
    assert_eq!(snapshot.count("visits", &[]), 0);
    let [stock] = snapshot.points("stock")[..] else { panic!("{snapshot:?}") };
    assert_eq!((stock.unit.as_str(), &stock.value), ("{item}", &Value::Number(-4.0)));
    let [wait] = snapshot.points("wait")[..] else { panic!("{snapshot:?}") };
    assert_eq!(wait.value, Value::Histogram { count: 2, sum: 2.5, bounds: vec![1.0] });
}

#[test]
fn snapshots_of_several_threads_do_not_disturb_each_other() {
    let metrics = InMemoryMetrics::new();
    metrics.meter("shop").u64_counter("visits").build().add(7, &[]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| assert_eq!(metrics.snapshot().sum("visits", &[]), 7.0)));
        }
    });
}

#[test]
fn two_kits_do_not_see_each_other() {
    let (one, two) = (InMemoryMetrics::new(), InMemoryMetrics::new());
    one.meter("shop").u64_counter("visits").build().add(1, &[]);
    assert_eq!(one.snapshot().names(), ["visits"]);
    assert!(two.snapshot().names().is_empty());
}

#[test]
fn a_body_follows_its_script() {
    let mut body = ScriptedBody::new().data("one").pending().data("two").error("broken").telling_end();
    let mut next = || poll_once(pin!(body.frame()));
    assert!(matches!(next(), Poll::Ready(Some(Ok(frame))) if frame.data_ref().unwrap() == "one"));
    assert!(next().is_pending());
    assert!(matches!(next(), Poll::Ready(Some(Ok(_)))));
    assert!(matches!(next(), Poll::Ready(Some(Err(error))) if error.to_string() == "broken"));
    assert!(matches!(next(), Poll::Ready(None)));
}

#[test]
fn a_body_tells_its_end_and_its_size_only_if_asked_to() {
    let end = |mut body: ScriptedBody| {
        let before = body.is_end_stream();
        assert!(poll_once(pin!(body.frame())).is_ready());
        (before, body.is_end_stream())
    };
    assert_eq!(end(ScriptedBody::new().data("one")), (false, false));
    assert_eq!(end(ScriptedBody::new().data("one").telling_end()), (false, true));

    assert_eq!(ScriptedBody::new().data("one").size_hint().exact(), None);
    let mut known = ScriptedBody::new().data("one").data("more").with_exact_size(7);
    assert_eq!(known.size_hint().exact(), Some(7));
    assert!(poll_once(pin!(known.frame())).is_ready());
    assert_eq!(known.size_hint().exact(), Some(4));
}

#[test]
fn a_body_panics_when_it_is_told_to() {
    let mut body = ScriptedBody::new().panic();
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(pin!(body.frame())).is_ready())).is_err());
}

#[tokio::test]
async fn a_stream_follows_its_two_scripts() {
    let mut stream = ScriptedStream::new()
        .then_read("hello")
        .then_read_pending()
        .then_read("world")
        .then_read_error(io::ErrorKind::ConnectionReset)
        .then_write(2)
        .then_write_pending()
        .then_write_error(io::ErrorKind::BrokenPipe);

    let mut buf = [0; 3];
    assert_eq!(stream.read(&mut buf).await.unwrap(), 3);
    assert_eq!(stream.read(&mut buf).await.unwrap(), 2);
    assert!(poll_once(pin!(stream.read(&mut buf))).is_pending());
    assert_eq!(stream.read_exact(&mut [0; 5]).await.unwrap(), 5);
    assert_eq!(stream.read(&mut buf).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(stream.read(&mut buf).await.unwrap(), 0, "the end of the stream");

    assert_eq!(stream.write(b"abcd").await.unwrap(), 2);
    assert!(poll_once(pin!(stream.write(b"cd"))).is_pending());
    assert_eq!(stream.write(b"cd").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    stream.write_all(b"cd").await.unwrap();
    assert_eq!(stream.written(), b"abcd");
}
