//! How long ago each listener has accepted a connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use telemetry_core::ScopedMeter;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::AsyncInstrument;
use telemetry_core::semconv::metric;

/// The listeners of one recorder that there are.
#[derive(Debug)]
pub(crate) struct Ages {
    listeners: Mutex<Vec<Weak<Age>>>,
    epoch: Instant,
}

/// The last connection of one listener.
#[derive(Debug)]
pub(super) struct Age {
    /// When it was accepted, or else when the listener was made: nanoseconds since the epoch.
    accepted: AtomicU64,
    epoch: Instant,
    attributes: Box<[KeyValue]>,
}

impl Ages {
    /// Has them observed. The provider keeps the callback for good, which therefore holds on to nothing.
    pub(crate) fn new(meter: &ScopedMeter) -> Arc<Self> {
        let ages = Arc::new(Self { listeners: Mutex::default(), epoch: Instant::now() });
        let observed = Arc::downgrade(&ages);
        meter.f64_observable_gauge(&metric::TRANSPORT_SERVER_ACCEPT_AGE, move |observer| {
            if let Some(ages) = observed.upgrade() {
                ages.observe(observer);
            }
        });
        ages
    }

    /// Begins to show a listener, until the age that this gives is dropped.
    pub(super) fn add(&self, attributes: Box<[KeyValue]>) -> Arc<Age> {
        let age = Arc::new(Age { accepted: AtomicU64::new(0), epoch: self.epoch, attributes });
        age.accepted(Instant::now());
        let mut listeners = self.lock();
        listeners.retain(|listener| listener.strong_count() > 0);
        listeners.push(Arc::downgrade(&age));
        age
    }

    fn observe(&self, observer: &dyn AsyncInstrument<f64>) {
        for (age, youngest) in self.youngest() {
            observer.observe(youngest.as_secs_f64(), &age.attributes);
        }
    }

    /// The smallest age of those that have the same attributes: one of several listeners at an address may well get no
    /// connection.
    fn youngest(&self) -> Vec<(Arc<Age>, Duration)> {
        let mut found: Vec<(Arc<Age>, Duration)> = Vec::new();
        let mut listeners = self.lock();
        listeners.retain(|listener| listener.strong_count() > 0);
        for age in listeners.iter().filter_map(Weak::upgrade) {
            let passed = age.passed();
            match found.iter_mut().find(|(known, _)| known.attributes == age.attributes) {
                Some((_, youngest)) => *youngest = passed.min(*youngest),
                None => found.push((age, passed)),
            }
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Age>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Age {
    /// Begins anew.
    pub(super) fn accepted(&self, now: Instant) {
        let nanos = u64::try_from(now.saturating_duration_since(self.epoch).as_nanos()).unwrap_or(u64::MAX);
        self.accepted.store(nanos, Ordering::Relaxed);
    }

    fn passed(&self) -> Duration {
        self.epoch.elapsed().saturating_sub(Duration::from_nanos(self.accepted.load(Ordering::Relaxed)))
    }
}
