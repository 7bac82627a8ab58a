//! What goes on, and ends with a record.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use telemetry_core::bound::{Buffered, Sink, Stripes};
use telemetry_core::opentelemetry_sdk::metrics::Temporality;

use crate::{Reader, provider, scoped};

/// Shows how many are inside, and how many have left by then.
#[derive(Clone, Default)]
struct Hall(Arc<Shown>);

#[derive(Default)]
struct Shown {
    inside: AtomicU64,
    left: AtomicU64,
}

impl Sink for Hall {
    type Record = u64;
    type Ongoing = u64;

    fn record(&self, left: u64) {
        self.0.left.fetch_add(left, Ordering::SeqCst);
    }

    fn gather(&self, stripes: &Stripes<Self>) {
        assert_eq!(stripes.look(stripes.len(), |_| ()), None);
        let inside = (0..stripes.len()).filter_map(|place| stripes.look(place, |inside| *inside)).sum();
        self.0.inside.store(inside, Ordering::SeqCst);
    }

    fn drain(&self) {}
}

impl Hall {
    fn shown(&self) -> (u64, u64) {
        (self.0.inside.load(Ordering::SeqCst), self.0.left.load(Ordering::SeqCst))
    }
}

fn leave(inside: &mut u64) -> u64 {
    *inside -= 1;
    1
}

#[test]
fn a_collection_sees_what_goes_on_on_all_stripes() {
    let reader = Reader::new(Temporality::Cumulative);
    let hall = Hall::default();
    let provider = provider(&[&reader]);
    let buffered = Buffered::new(hall.clone(), &scoped(&provider));
    assert!(!buffered.local().waits());
    buffered.local().change(|inside| *inside += 2);
    buffered.local().end(leave);
    assert_eq!(hall.shown(), (0, 1), "nothing waits yet, and nobody has looked");
    reader.read();
    assert!(buffered.local().waits());
    assert_eq!(hall.shown(), (1, 1));

    thread::scope(|scope| {
        scope.spawn(|| buffered.local().change(|inside| *inside += 5));
    });
    buffered.local().end(leave);
    assert_eq!(hall.shown(), (1, 1), "it waits");
    reader.read();
    assert_eq!(hall.shown(), (5, 2));
}

#[test]
fn what_ends_is_recorded_at_last_without_a_collection() {
    let reader = Reader::new(Temporality::Cumulative);
    let hall = Hall::default();
    let provider = provider(&[&reader]);
    let buffered = Buffered::new(hall.clone(), &scoped(&provider));
    reader.read();
    buffered.local().change(|inside| *inside += 1);
    let local = buffered.local().clone();
    drop(buffered);
    local.end(leave);
    drop(local);
    assert_eq!(hall.shown(), (0, 1));
}
