#[cfg(feature = "bound")]
use std::sync::OnceLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, UpDownCounter};

/// The attribute of the one series that takes what is past a limit. The SDK gives it to what is past its own.
pub const OVERFLOW_ATTRIBUTE: &str = "otel.metric.overflow";

/// A histogram for one series.
///
/// ```
/// use telemetry_core::bound::BoundHistogram;
/// use telemetry_core::opentelemetry::{KeyValue, global};
///
/// let attributes = [KeyValue::new("http.route", "/users/{id}")];
/// let durations = BoundHistogram::new(global::meter("shop").f64_histogram("checkout.duration").build());
/// durations.record(0.2, &attributes);
/// durations.record(0.3, &attributes); // from now on nothing is looked up
/// ```
#[derive(Debug)]
pub struct BoundHistogram<T> {
    instrument: Histogram<T>,
    #[cfg(feature = "bound")]
    bound: OnceLock<opentelemetry::metrics::BoundHistogram<T>>,
}

impl<T> BoundHistogram<T> {
    /// Takes the instrument; nothing is recorded or bound yet.
    #[must_use]
    pub fn new(instrument: Histogram<T>) -> Self {
        Self {
            instrument,
            #[cfg(feature = "bound")]
            bound: OnceLock::new(),
        }
    }

    /// Records a value. The attributes have to be the same each time: with feature `bound` those of the first call stay.
    /// The first value has to be finite: the SDK drops the others, and the series would be shown without a value.
    #[inline]
    pub fn record(&self, value: T, attributes: &[KeyValue]) {
        #[cfg(feature = "bound")]
        if let Some(bound) = self.bound.get() {
            return bound.record(value);
        }
        self.instrument.record(value, attributes);
        // Only now: a series that is bound without a value is exported as zero.
        #[cfg(feature = "bound")]
        self.bound.get_or_init(|| self.instrument.bind(attributes));
    }
}

/// A counter that rises and falls, for one series.
#[derive(Debug)]
pub struct BoundUpDownCounter {
    instrument: UpDownCounter<i64>,
    #[cfg(feature = "bound")]
    bound: OnceLock<opentelemetry::metrics::BoundUpDownCounter<i64>>,
}

impl BoundUpDownCounter {
    /// Takes the instrument; nothing is recorded or bound yet.
    #[must_use]
    pub fn new(instrument: UpDownCounter<i64>) -> Self {
        Self {
            instrument,
            #[cfg(feature = "bound")]
            bound: OnceLock::new(),
        }
    }

    /// Adds a value. The attributes have to be the same each time: with feature `bound` those of the first call stay.
    #[inline]
    pub fn add(&self, value: i64, attributes: &[KeyValue]) {
        #[cfg(feature = "bound")]
        if let Some(bound) = self.bound.get() {
            return bound.add(value);
        }
        self.instrument.add(value, attributes);
        #[cfg(feature = "bound")]
        self.bound.get_or_init(|| self.instrument.bind(attributes));
    }
}
