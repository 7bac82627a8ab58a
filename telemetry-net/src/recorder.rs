//! The instruments of a layer, its series, and all else that its connections share.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use telemetry_core::ScopedMeter;
use telemetry_core::bound::{Buffered, Interner, OVERFLOW_ATTRIBUTE, Sink, Stripe};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute;

use crate::attributes;
use crate::instruments::Instruments;
use crate::listener::Ages;
use crate::outcome::{Outcome, Outcomes};
use crate::registry::Registry;
use crate::series::{Places, Series, SeriesKey};
use crate::settings::{Settings, Side};
use crate::tally::Moved;

#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) instruments: Instruments,
    pub(crate) registry: Registry,
    pub(crate) durations: Outcomes,
    pub(crate) handshakes: Outcomes,
    /// Absent at a server.
    pub(crate) connects: Option<Outcomes>,
    /// Absent at a client.
    pub(crate) ages: Option<Arc<Ages>>,
    series: Interner<Series>,
    /// The series of connections whose server is not known.
    pub(crate) unnamed: Places,
    /// Made when it is needed: nobody wants to see that nothing overflows.
    overflow: OnceLock<Series>,
    errors: Interner<&'static str>,
    /// The attributes that all connections have from the caller.
    fixed: Vec<KeyValue>,
    epoch: Instant,
    idle_after: u32,
}

/// A connection that has ended.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) series: u32,
    /// The place among the durations.
    pub(crate) outcome: u32,
    pub(crate) seconds: f64,
    /// Absent if nobody has counted them.
    pub(crate) requests: Option<u32>,
    /// Bytes that no collection has seen.
    pub(crate) wire: Moved,
}

/// The place of what found no room.
pub(crate) const OVERFLOW: u32 = u32::MAX;

/// The words for errors come from programs, and no program has that many.
const ERRORS: usize = 256;

impl Recorder {
    pub(crate) fn buffered(settings: &Settings) -> Buffered<Self> {
        let meter = settings.options.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        Buffered::new(Self::new(settings, &meter), &meter)
    }

    fn new(settings: &Settings, meter: &ScopedMeter) -> Self {
        let instruments = Instruments::new(settings, meter);
        let mut fixed = settings.options.attributes.clone();
        // A function is asked at each connection.
        if !settings.attributes.needs_extensions() {
            fixed.extend_from_slice(&settings.attributes.attributes(&http::Extensions::new()));
        }
        let limit = settings.series_limit;
        Self {
            registry: Registry::new(),
            durations: Outcomes::new(instruments.duration.clone(), limit),
            handshakes: Outcomes::new(instruments.handshake.clone(), limit),
            ages: (settings.side == Side::Server).then(|| Ages::new(meter)),
            connects: instruments.connect.clone().map(|connect| Outcomes::new(connect, limit)),
            series: Interner::with_limit(limit),
            unnamed: Places::default(),
            overflow: OnceLock::new(),
            errors: Interner::with_limit(ERRORS),
            fixed,
            epoch: Instant::now(),
            idle_after: whole_seconds(settings.idle_after),
            instruments,
        }
    }

    /// The place of the series for these attributes.
    pub(crate) fn series_of(&self, key: &SeriesKey<'_>) -> u32 {
        let make = || Series::new(key, &self.fixed, &self.instruments);
        self.series.find_or_insert(self.series.hash(key), |series| series.is(key), make).unwrap_or(OVERFLOW)
    }

    /// The attributes of something that is no connection: of a listener, or of what it turned away.
    pub(crate) fn attributes_of(&self, key: &SeriesKey<'_>) -> Box<[KeyValue]> {
        attributes::of_series(key, &self.fixed)
    }

    pub(crate) fn series(&self, place: u32) -> &Series {
        self.series.get(place).unwrap_or_else(|| self.overflow.get_or_init(|| Series::overflow(&self.instruments)))
    }

    fn all_series(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().chain(self.overflow.get())
    }

    /// A number for the word of an error, which is never zero.
    pub(crate) fn error_number(&self, error: &'static str) -> u32 {
        let find = |error| self.errors.find_or_insert(self.errors.hash(error), |known| *known == error, || error);
        find(error).map_or(OVERFLOW, |place| place + 1)
    }

    /// The word for a number that is not zero.
    pub(crate) fn error_word(&self, number: u32) -> &'static str {
        self.errors.get(number - 1).copied().unwrap_or(attribute::OTHER)
    }

    /// Nanoseconds since there are instruments.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Whole seconds of what [`now`](Self::now) gives.
    pub(crate) fn second_of(now: u64) -> u32 {
        u32::try_from(Duration::from_nanos(now).as_secs()).unwrap_or(u32::MAX)
    }

    pub(crate) fn seconds_since(&self, start: u64) -> f64 {
        self.now().saturating_sub(start) as f64 / 1e9
    }

    /// The place of an outcome among those of connections.
    pub(crate) fn duration_of(&self, outcome: &Outcome<'_>) -> u32 {
        let series = self.series(outcome.series);
        let find = || self.durations.place(outcome, &series.attributes);
        match outcome.usual() {
            Some(reason) => series.durations[reason as usize].get_or(find),
            None => find(),
        }
    }
}

/// Some connections of one series that have ended.
#[derive(Debug, Default)]
struct Ended {
    series: u32,
    connections: i64,
    wire: Moved,
}

impl Recorder {
    /// Records what each connection has of its own.
    fn end(&self, record: &Record) {
        self.durations.record(record.outcome, record.seconds);
        let series = self.series(record.series);
        if let (Some(requests), Some(histogram)) = (record.requests, &series.requests) {
            histogram.record(u64::from(requests), &series.attributes);
        }
    }

    fn settle(&self, ended: &Ended, stripe: Stripe) {
        if ended.connections > 0 {
            let series = self.series(ended.series);
            series.wire.add(ended.wire);
            series.active().add_later(-ended.connections, stripe);
        }
    }
}

impl Sink for Recorder {
    type Record = Record;

    fn record(&self, record: Record) {
        self.end(&record);
        let series = self.series(record.series);
        series.wire.add(record.wire);
        series.active().add_now(-1);
    }

    /// Bytes and ends of connections with the same attributes, which mostly come one after the other, are added up first.
    fn record_all(&self, records: impl Iterator<Item = Record>, stripe: Stripe) {
        let mut ended = Ended::default();
        for record in records {
            self.end(&record);
            if record.series != ended.series {
                self.settle(&ended, stripe);
                ended = Ended { series: record.series, ..Ended::default() };
            }
            ended.connections += 1;
            ended.wire += record.wire;
        }
        self.settle(&ended, stripe);
    }

    /// Looks at all connections that are open.
    fn gather(&self) {
        self.instruments.kernel.sample(self);
        let second = Self::second_of(self.now());
        self.registry.for_each(|open| {
            let series = self.series(open.series());
            if open.gather(series, second).is_some_and(|quiet| quiet >= self.idle_after) {
                series.idle.one_more();
            }
        });
        self.all_series().for_each(Series::settle);
    }

    fn drain(&self) {
        self.all_series().for_each(Series::drain);
    }
}

/// Rounded up: half a second is not at once.
fn whole_seconds(duration: Duration) -> u32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

pub(crate) fn overflow_attributes() -> [KeyValue; 1] {
    [KeyValue::new(OVERFLOW_ATTRIBUTE, true)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_less_than_a_second_is_one() {
        let rows = [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (60_000, 60), (u64::MAX, u32::MAX)];
        for (millis, seconds) in rows {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis}");
        }
        assert_eq!(whole_seconds(Duration::MAX), u32::MAX);
    }
}
