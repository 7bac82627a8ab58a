//! A panic hook that renders, like those that write a last report. The hook belongs to the whole process: this file
//! holds one test.
#![allow(clippy::panic, reason = "helpers of tests fail like tests")]

mod support;

use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Barrier, Mutex, mpsc};

use support::{bare, provider};
use telemetry_prometheus::Format;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;

/// Keeps its thread in the middle of an unwinding.
struct Unwinding(Arc<Barrier>);

impl Drop for Unwinding {
    fn drop(&mut self) {
        self.0.wait();
        self.0.wait();
    }
}

/// Whether a lock of this thread, which has panicked before and does so no longer, is poisoned while another thread
/// panics.
fn is_poisoned_by_another_thread() -> bool {
    assert!(catch_unwind(|| panic!("expected")).is_err());
    let lock = Mutex::new(());
    let guard = lock.lock();
    let barrier = Arc::new(Barrier::new(2));
    let unwinding = Unwinding(Arc::clone(&barrier));
    let other = std::thread::spawn(move || {
        let _unwinding = unwinding;
        panic!("expected");
    });
    barrier.wait();
    drop(guard);
    barrier.wait();
    assert!(other.join().is_err());
    lock.is_poisoned()
}

#[test]
fn a_panic_hook_that_renders_leaves_the_count_of_panics_alone() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let (rendered, outcomes) = mpsc::channel();

    set_hook(Box::new(|_| {}));
    let without = is_poisoned_by_another_thread();
    set_hook(Box::new(move |_| rendered.send(exporter.render(Format::PrometheusText)).unwrap()));
    let with = is_poisoned_by_another_thread();
    drop(take_hook());

    assert!(!without, "the test itself does no harm");
    assert!(!with);
    let texts: Vec<_> = outcomes.iter().map(Result::unwrap).collect();
    assert_eq!(texts, ["# TYPE c_total counter\nc_total 1\n"; 2]);
}
