//! Threads: none is left behind, and one that cannot be had is told of.

use std::time::Instant;

use crate::child;
use crate::mode::Mode;
use crate::receiver::{LONG, Protocol, Receiver};
use crate::rig::{Rig, builder};

#[cfg(target_os = "linux")]
#[test]
fn no_thread_is_left_behind() {
    child::succeeds("threads::builds_and_drops_many_times", &[]);
}

#[cfg(target_os = "linux")]
fn threads() -> usize {
    let names = std::fs::read_dir("/proc/self/task").unwrap();
    let names = names.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    // The kernel keeps fifteen characters.
    names.filter(|name| name.starts_with("telemetry-") || name.starts_with("OpenTelemetry")).count()
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the other half of the test on threads, run by it"]
fn builds_and_drops_many_times() {
    for mode in [Mode::Fine, Mode::Away] {
        let receiver = Receiver::new(Protocol::Http, mode);
        for _ in 0..30 {
            let rig = Rig::new(builder(&receiver).with_setting("OTEL_METRICS_EXPORTER", "otlp"));
            rig.span();
            // That of the SDK may have no name yet.
            assert!(threads() >= 1);
        }
    }
    // Those of the SDK are not joined.
    let begin = Instant::now();
    while threads() > 0 {
        assert!(begin.elapsed() < LONG, "{} threads are left", threads());
        std::thread::yield_now();
    }
}

#[test]
fn a_thread_that_cannot_be_started_is_an_error() {
    // More than any address space has.
    child::succeeds("threads::builds_without_threads", &[("RUST_MIN_STACK", "70368744177664")]);
}

#[test]
#[ignore = "the other half of the test on a thread that cannot be started, run by it"]
fn builds_without_threads() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    // In async code, where more can go wrong.
    runtime.block_on(async {
        let builder = telemetry_core::Telemetry::builder().without_global();
        let error = builder.with_otlp_endpoint("http://127.0.0.1:9").build().unwrap_err();
        assert!(error.to_string().contains("thread"), "{error}");
    });
}
