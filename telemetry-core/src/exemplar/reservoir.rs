use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::KeyValue;

use super::slot::{Slot, millisecond, tick, time_of};
use super::{Exemplar, ExemplarFilter, SpanIdentity};

/// Slots for exponential buckets. There are up to 160 buckets, which the aggregation moves and merges; the
/// specification asks for 20 exemplars of them at most.
const EXPONENTIAL_SLOTS: u8 = 20;

/// Most histograms have no more bounds.
const FEW: usize = 16;

/// How the values of a metric are spread over the slots of a reservoir.
///
/// ```
/// use telemetry_core::exemplar::Buckets;
/// use telemetry_core::semconv::metric;
///
/// let buckets = Buckets::Explicit(metric::HTTP_SERVER_REQUEST_DURATION.boundaries);
/// # let _ = buckets;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Buckets<'a> {
    /// A histogram with these upper bounds, which ascend: one slot for each bucket, the infinite one included. A value
    /// that equals a bound is in the bucket below it.
    Explicit(&'a [f64]),
    /// A counter: one slot for the latest measurement.
    Single,
    /// An exponential histogram: 20 slots. Values share one only if they have the same binary exponent, or exponents
    /// that differ by a multiple of 20.
    Exponential,
}

/// The exemplars of one series: offered by instrumentation, visited by an exporter.
///
/// Clones share them. The default one keeps nothing.
///
/// ```
/// use std::time::{Duration, Instant, SystemTime};
///
/// use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarStore};
/// use telemetry_core::opentelemetry::InstrumentationScope;
///
/// let store = ExemplarStore::builder().with_filter(ExemplarFilter::AlwaysOn).build();
/// let scope = InstrumentationScope::builder("shop").build();
/// let visits = store.reservoir(&scope, "visits", &[], Buckets::Single);
/// visits.offer(1.0, SystemTime::now(), None, &[]);
/// visits.visit(|exemplar| assert_eq!(exemplar.value(), 1.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExemplarReservoir(Option<Arc<Slots>>);

#[derive(Debug)]
struct Slots {
    takes_all: bool,
    layout: Layout,
    slots: Box<[Slot]>,
}

#[derive(Debug)]
enum Layout {
    /// Bounds, with infinite ones behind them, which no value is above.
    Few(Box<[f64; FEW]>),
    Many(Box<[f64]>),
    Single,
    Exponential,
}

impl ExemplarReservoir {
    pub(super) fn new(filter: ExemplarFilter, buckets: Buckets<'_>) -> Self {
        let takes_all = match filter {
            ExemplarFilter::TraceBased => false,
            ExemplarFilter::AlwaysOn => true,
            ExemplarFilter::AlwaysOff => return Self::default(),
        };
        let (layout, count) = match buckets {
            Buckets::Explicit(bounds) => (Layout::explicit(bounds), bounds.len() + 1),
            Buckets::Single => (Layout::Single, 1),
            Buckets::Exponential => (Layout::Exponential, EXPONENTIAL_SLOTS.into()),
        };
        let slots = std::iter::repeat_with(Slot::new).take(count).collect();
        Self(Some(Arc::new(Slots { takes_all, layout, slots })))
    }

    /// Offers a measurement, made at `time` in `span`, if in any. `filtered_attributes` are those that the series
    /// has not; see [`Exemplar::with_filtered_attributes`] for what is kept of them.
    ///
    /// Never waits, and allocates only to keep attributes. What is not a number is not kept.
    #[inline]
    pub fn offer(&self, value: f64, time: SystemTime, span: Option<&SpanIdentity>, filtered_attributes: &[KeyValue]) {
        let Some(slots) = self.takes(span) else { return };
        slots.offer(value, millisecond(time), || Exemplar::offered(value, time, span, filtered_attributes));
    }

    /// The same for a time that was measured from a moment on, in seconds: what is taken has the time of day at which it
    /// ended, and what is not costs less. Of measurements that began in the same millisecond a bucket takes one.
    ///
    /// ```
    /// use std::time::{Duration, Instant, SystemTime};
    /// # use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarStore};
    /// # use telemetry_core::opentelemetry::InstrumentationScope;
    ///
    /// # let store = ExemplarStore::builder().with_filter(ExemplarFilter::AlwaysOn).build();
    /// # let buckets = Buckets::Explicit(&[0.1, 1.0]);
    /// # let durations = store.reservoir(&InstrumentationScope::default(), "checkout.duration", &[], buckets);
    /// let (before, start) = (SystemTime::now(), Instant::now());
    /// durations.offer_duration(start, Duration::from_millis(200), None, &[]);
    /// durations.visit(|exemplar| assert!(exemplar.value() == 0.2 && exemplar.time() > before));
    /// ```
    #[inline]
    pub fn offer_duration(
        &self,
        start: Instant,
        took: Duration,
        span: Option<&SpanIdentity>,
        filtered_attributes: &[KeyValue],
    ) {
        let Some(slots) = self.takes(span) else { return };
        let seconds = took.as_secs_f64();
        slots.offer(seconds, tick(start), || {
            Exemplar::offered(seconds, time_of(start) + took, span, filtered_attributes)
        });
    }

    #[inline]
    fn takes(&self, span: Option<&SpanIdentity>) -> Option<&Slots> {
        let slots = self.0.as_ref()?;
        (slots.takes_all || span.is_some_and(SpanIdentity::is_sampled)).then_some(slots)
    }

    /// Shows each exemplar that is kept to `visit`, in the order of the buckets.
    ///
    /// ```
    /// use telemetry_core::exemplar::ExemplarReservoir;
    ///
    /// ExemplarReservoir::default().visit(|exemplar| unreachable!("{exemplar:?}"));
    /// ```
    pub fn visit(&self, mut visit: impl FnMut(&Exemplar)) {
        let slots = self.0.as_ref().map_or(&[][..], |slots| &slots.slots);
        for exemplar in slots.iter().filter_map(Slot::get) {
            visit(&exemplar);
        }
    }
}

impl Slots {
    /// `period` is a number that all measurements of about one millisecond share.
    #[inline]
    fn offer(&self, value: f64, period: u64, exemplar: impl FnOnce() -> Exemplar) {
        if value.is_nan() {
            return;
        }
        if let Some(slot) = self.slots.get(self.layout.index(value))
            && !slot.has(period)
        {
            slot.offer(period, exemplar);
        }
    }
}

impl Layout {
    fn explicit(bounds: &[f64]) -> Self {
        let mut few = [f64::INFINITY; FEW];
        match few.get_mut(..bounds.len()) {
            Some(first) => {
                first.copy_from_slice(bounds);
                Self::Few(Box::new(few))
            }
            None => Self::Many(bounds.into()),
        }
    }

    #[inline]
    fn index(&self, value: f64) -> usize {
        match self {
            // Where their number is known, all are compared in less time than a search takes.
            Self::Few(bounds) => bounds.iter().filter(|bound| value > **bound).count(),
            Self::Many(bounds) => bounds.partition_point(|bound| value > *bound),
            Self::Single => 0,
            Self::Exponential => binary_exponent(value) % usize::from(EXPONENTIAL_SLOTS),
        }
    }
}

/// The exponent as it stands in the value's bits, which is never negative. The sign is left out.
fn binary_exponent(value: f64) -> usize {
    let exponent = (value.abs().to_bits() >> (f64::MANTISSA_DIGITS - 1)) as u16;
    exponent.into()
}
