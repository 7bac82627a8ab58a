//! The instruments of a layer, its series, and all else that its connections share.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use telemetry_core::ScopedMeter;
use telemetry_core::bound::{Buffered, Interner, OVERFLOW_ATTRIBUTE, Sink, Stripe, Stripes};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute;

use crate::attributes;
use crate::connection::Open;
use crate::instruments::Instruments;
use crate::listener::Ages;
use crate::outcome::{Durations, Outcome, Outcomes};
use crate::registry::Registry;
use crate::series::{Places, Series, SeriesKey};
use crate::settings::{Settings, Side};
use crate::tally::Moved;

#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) instruments: Instruments,
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

/// A time on the recorder's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) nanos: u64,
    /// Whole seconds.
    pub(crate) second: u32,
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
    pub(crate) upgraded: bool,
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

    /// A time on the recorder's clock, which begins when there are instruments.
    pub(crate) fn time_of(&self, at: Instant) -> Time {
        let since = at.saturating_duration_since(self.epoch);
        // `as_nanos` has twice as many bits, for times after 584 years.
        let nanos = since.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(since.subsec_nanos()));
        Time { nanos, second: u32::try_from(since.as_secs()).unwrap_or(u32::MAX) }
    }

    /// Seconds from a start, in the nanoseconds of the recorder's clock.
    pub(crate) fn seconds_since(&self, start: u64) -> f64 {
        self.time_of(Instant::now()).nanos.saturating_sub(start) as f64 / 1e9
    }

    /// The place of an outcome among those of connections, for a connection of the series.
    #[inline]
    pub(crate) fn duration_of(&self, outcome: &Outcome<'_>, series: &Series) -> u32 {
        let find = || self.durations.place(outcome, &series.attributes);
        match outcome.usual() {
            Some(reason) => series.durations[reason as usize].get_or(find),
            None => find(),
        }
    }
}

/// Some connections of one series that have ended.
#[derive(Debug)]
struct Ended<'a> {
    place: u32,
    series: &'a Series,
    connections: i64,
    wire: Moved,
}

impl Ended<'_> {
    fn settle(self, stripe: Stripe) {
        self.series.wire.add(self.wire);
        self.series.active().add_alone(-self.connections, stripe);
    }
}

impl Recorder {
    fn look_at(&self, open: &Open, second: u32) {
        let series = self.series(open.series());
        if open.gather(series, second).is_some_and(|quiet| quiet >= self.idle_after) {
            series.idle.one_more();
        }
    }
}

impl Record {
    /// Records what the connection has of its own.
    fn put(&self, series: &Series, durations: Durations<'_>) {
        durations.record(self.seconds);
        if let (Some(requests), Some(histogram)) = (self.requests, &series.requests) {
            histogram.record(u64::from(requests), &series.attributes);
        }
        if self.upgraded {
            series.upgraded(-1);
        }
    }
}

impl Sink for Recorder {
    type Record = Record;
    type Ongoing = Registry;

    fn record(&self, record: Record) {
        let series = self.series(record.series);
        record.put(series, self.durations.at(record.outcome));
        series.wire.add(record.wire);
        series.active().add_now(-1);
    }

    /// Connections with the same attributes mostly come one after the other: what they go to is looked up once, and their
    /// bytes and ends are added up first.
    fn record_all(&self, records: impl Iterator<Item = Record>, stripe: Stripe) {
        let mut outcome = OVERFLOW;
        let mut durations = self.durations.at(outcome);
        let mut all: Option<Ended<'_>> = None;
        for record in records {
            if record.outcome != outcome {
                outcome = record.outcome;
                durations = self.durations.at(outcome);
            }
            if let Some(others) = all.take_if(|ended| ended.place != record.series) {
                others.settle(stripe);
            }
            let ended = all.get_or_insert_with(|| Ended {
                place: record.series,
                series: self.series(record.series),
                connections: 0,
                wire: Moved::default(),
            });
            record.put(ended.series, durations);
            ended.connections += 1;
            ended.wire += record.wire;
        }
        if let Some(ended) = all {
            ended.settle(stripe);
        }
    }

    /// Looks at all connections that are open.
    fn gather(&self, stripes: &Stripes<Self>) {
        self.instruments.kernel.sample(self, stripes);
        let second = self.time_of(Instant::now()).second;
        for place in 0..stripes.len() {
            stripes.look(place, |registry| registry.iter().for_each(|open| self.look_at(open, second)));
        }
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
