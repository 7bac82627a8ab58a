//! The end: everything goes out that can, and nobody waits longer than was said.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime;

use crate::mode::Mode;
use crate::receiver::{LONG, Protocol, Receiver};
use crate::rig::{Rig, builder, counts};

/// For what takes no time, on a machine that is busy.
const SLACK: Duration = Duration::from_millis(1500);

/// Fails instead of hanging.
fn within_long<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = channel();
    thread::spawn(move || done.send(work()));
    wait.recv_timeout(LONG).expect("it hangs, or it panicked")
}

fn current_thread() -> runtime::Runtime {
    runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn one_worker() -> runtime::Runtime {
    runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Whether it succeeded, how long it took, what arrived.
fn ends(
    protocol: Protocol,
    mode: &Mode,
    runtime: fn() -> runtime::Runtime,
    limit: Duration,
) -> (bool, Duration, usize) {
    let mode = mode.clone();
    within_long(move || {
        let receiver = Receiver::new(protocol, mode);
        let end = async move {
            let rig = Rig::new(builder(&receiver).with_setting("OTEL_METRICS_EXPORTER", "otlp"));
            rig.spans(3);
            rig.records(3);
            let begin = Instant::now();
            let ended = rig.telemetry.shutdown_within(limit);
            (ended.is_ok(), begin.elapsed(), receiver.seen().len())
        };
        let runtime = runtime();
        // On the worker, and not on the thread that waits for it.
        let local = runtime.handle().runtime_flavor() == runtime::RuntimeFlavor::CurrentThread;
        if local {
            runtime.block_on(end)
        } else {
            runtime
                .block_on(
                    runtime.spawn(async { tokio::task::block_in_place(|| runtime::Handle::current().block_on(end)) }),
                )
                .unwrap()
        }
    })
}

#[test]
fn blocking_in_async_code_everything_goes_out() {
    for protocol in Protocol::BOTH {
        for runtime in [current_thread, one_worker] {
            let (ended, _, arrived) = ends(protocol, &Mode::Fine, runtime, LONG);
            assert!(ended);
            assert_eq!(arrived, 3, "{protocol:?}");
        }
    }
}

#[test]
fn nobody_waits_for_a_receiver_that_is_away() {
    for protocol in Protocol::BOTH {
        for runtime in [current_thread, one_worker] {
            let (ended, took, _) = ends(protocol, &Mode::Away, runtime, LONG);
            assert!(!ended && took < SLACK, "{protocol:?}: {took:?}");
        }
    }
}

#[test]
fn nobody_waits_longer_than_was_said() {
    const LIMIT: Duration = Duration::from_secs(1);
    for protocol in Protocol::BOTH {
        for runtime in [current_thread, one_worker] {
            let (ended, took, _) = ends(protocol, &Mode::Late(None), runtime, LIMIT);
            assert!(!ended && took < LIMIT + SLACK, "{protocol:?}: {took:?}");
        }
    }
}

#[test]
fn what_is_given_up_is_counted_before_the_metrics_end() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Late(None));
        let mut builder = builder(&receiver);
        for prefix in ["OTEL_BSP", "OTEL_BLRP"] {
            builder = builder.with_setting(format!("{prefix}_MAX_EXPORT_BATCH_SIZE"), "10");
        }
        let rig = Rig::new(builder);
        rig.spans(95);
        rig.records(95);
        rig.telemetry.shutdown_within(Duration::from_secs(2)).unwrap_err();
        for signal in ["span", "log"] {
            assert_eq!(rig.by_error(&format!("otel.sdk.processor.{signal}.processed")), counts(&[("", 95)]));
            assert_eq!(rig.by_error(&format!("otel.sdk.exporter.{signal}.exported")), counts(&[("timeout", 95)]));
        }
    }
}

#[test]
fn a_receiver_of_one_signal_does_not_take_the_time_of_another() {
    for protocol in Protocol::BOTH {
        let (silent, fine) = (Receiver::new(protocol, Mode::Late(None)), Receiver::new(protocol, Mode::Fine));
        let path = if protocol == Protocol::Http { "/v1/traces" } else { "" };
        let traces = format!("{}{path}", silent.endpoint());
        let builder = builder(&fine).with_setting("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces);
        let rig = Rig::new(builder);
        rig.spans(3);
        rig.records(3);
        rig.telemetry.shutdown_within(Duration::from_secs(1)).unwrap_err();
        assert_eq!(rig.by_error("otel.sdk.exporter.log.exported"), counts(&[("", 3)]));
        assert_eq!(rig.by_error("otel.sdk.exporter.span.exported"), counts(&[("timeout", 3)]));
    }
}

#[test]
fn a_pause_between_attempts_ends_with_the_rest() {
    let receiver = Receiver::new(Protocol::Http, Mode::Away);
    let rig = Rig::new(builder(&receiver).with_setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2"));
    rig.spans(3);
    // Pauses are a second or more from here.
    rig.until("a second failure", |rig| rig.log.lines_with("cannot be exported") == 1);
    let begin = Instant::now();
    rig.telemetry.shutdown_within(LONG).unwrap_err();
    assert!(begin.elapsed() < SLACK / 2, "{:?}", begin.elapsed());
    assert_eq!(rig.by_error("otel.sdk.exporter.span.exported"), counts(&[("connection_refused", 3)]));
    assert_eq!(rig.log.text().lines().count(), 1, "{}", rig.log.text());
}

#[test]
fn other_tasks_go_on_during_an_async_shutdown() {
    let receiver = Receiver::new(Protocol::Http, Mode::Late(Some(Duration::from_millis(500))));
    let rig = Rig::new(builder(&receiver));
    rig.span();
    let turns = Arc::new(AtomicUsize::new(0));
    let runtime = current_thread();
    runtime.block_on(async {
        let counted = Arc::clone(&turns);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        rig.telemetry.shutdown_async().await.unwrap();
        assert!(turns.load(Ordering::Relaxed) > 5);
    });
    assert_eq!(receiver.seen().len(), 1);
}

#[test]
fn dropping_flushes_within_a_runtime_and_without_and_while_a_thread_panics() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Fine);
        let rig = Rig::new(builder(&receiver));
        rig.span();
        // Others may hold it.
        let provider = rig.telemetry.tracer_provider().cloned();
        drop(rig);
        assert_eq!(receiver.seen().len(), 1);
        drop(provider);

        current_thread().block_on(async {
            let rig = Rig::new(builder(&receiver));
            rig.span();
        });
        assert_eq!(receiver.seen().len(), 2);

        thread::scope(|scope| {
            let panicking = scope.spawn(|| {
                let rig = Rig::new(builder(&receiver));
                rig.span();
                panic!("as it has to");
            });
            panicking.join().unwrap_err();
        });
        assert_eq!(receiver.seen().len(), 3);
    }
}

#[test]
fn the_second_of_two_shutdowns_waits_for_the_first_within_its_own_limit() {
    let receiver = Receiver::new(Protocol::Http, Mode::Late(None));
    let rig = Rig::new(builder(&receiver));
    rig.span();
    let limit = Duration::from_secs(4);
    thread::scope(|scope| {
        let first = scope.spawn(|| rig.telemetry.shutdown_within(limit));
        receiver.wait_for(|seen| seen.len() == 1);
        let begin = Instant::now();
        rig.telemetry.shutdown_within(Duration::from_millis(50)).unwrap();
        assert!(begin.elapsed() < limit / 2, "{:?}", begin.elapsed());
        rig.telemetry.shutdown().unwrap();
        assert!(first.is_finished() || begin.elapsed() > limit / 2, "{:?}", begin.elapsed());
        first.join().unwrap().unwrap_err();
    });
    rig.telemetry.shutdown().unwrap();
    rig.telemetry.flush().unwrap_err();
    rig.span();
    rig.record();
}

#[test]
fn a_setup_that_fails_exports_nothing_and_waits_for_nobody() {
    for mode in [Mode::Away, Mode::Late(None)] {
        let receiver = Receiver::new(Protocol::Http, mode);
        let builder = builder(&receiver)
            .with_setting("OTEL_METRICS_EXPORTER", "otlp")
            .with_setting("OTEL_BLRP_MAX_QUEUE_SIZE", "many");
        let begin = Instant::now();
        builder.build().unwrap_err();
        assert!(begin.elapsed() < SLACK, "{:?}", begin.elapsed());
        assert!(receiver.seen().is_empty());
    }
}
