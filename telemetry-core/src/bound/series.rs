#[cfg(feature = "bound")]
use std::sync::OnceLock;

use opentelemetry::KeyValue;
#[cfg(feature = "bound")]
use opentelemetry::metrics as api;
use opentelemetry::metrics::{Counter, Histogram, UpDownCounter};

/// The attribute of the one series that takes what is past a limit. The SDK gives it to what is past its own.
pub const OVERFLOW_ATTRIBUTE: &str = "otel.metric.overflow";

macro_rules! bound_instrument {
    ($(#[$doc:meta])* $name:ident of $instrument:ident, $(#[$add_doc:meta])* $add:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<T> {
            instrument: $instrument<T>,
            #[cfg(feature = "bound")]
            bound: OnceLock<api::$name<T>>,
        }

        impl<T> $name<T> {
            /// Takes the instrument; nothing is recorded or bound yet.
            #[must_use]
            pub fn new(instrument: $instrument<T>) -> Self {
                Self {
                    instrument,
                    #[cfg(feature = "bound")]
                    bound: OnceLock::new(),
                }
            }

            $(#[$add_doc])*
            #[inline]
            pub fn $add(&self, value: T, attributes: &[KeyValue]) {
                #[cfg(feature = "bound")]
                if let Some(bound) = self.bound.get() {
                    return bound.$add(value);
                }
                self.instrument.$add(value, attributes);
                // Only now: a series that is bound without a value is exported as zero.
                #[cfg(feature = "bound")]
                self.bound.get_or_init(|| self.instrument.bind(attributes));
            }
        }
    };
}

bound_instrument! {
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
    BoundHistogram of Histogram,
    /// Records a value. The attributes have to be the same each time: with feature `bound` those of the first call stay.
    /// The first value has to be finite: the SDK drops the others, and the series would be shown without a value.
    record
}

bound_instrument! {
    /// A counter that only rises, for one series.
    BoundCounter of Counter,
    /// Adds a value. The attributes have to be the same each time: with feature `bound` those of the first call stay.
    add
}

bound_instrument! {
    /// A counter that rises and falls, for one series.
    BoundUpDownCounter of UpDownCounter,
    /// Adds a value. The attributes have to be the same each time: with feature `bound` those of the first call stay.
    add
}
