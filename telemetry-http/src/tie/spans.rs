use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use http::Extensions;
use telemetry_core::ScopedMeter;
use telemetry_core::exemplar::{ExemplarFilter, ExemplarReservoir, ExemplarStore, SpanIdentity};
use telemetry_core::semconv::Metric;

use crate::instruments::Boundaries;
use crate::joint::{Joint, Kind};
use crate::labels::RequestLabels;
use crate::metrics::Metrics;
use crate::options::Options;

/// Where the exemplars of a layer's durations go.
#[derive(Debug)]
pub(crate) struct Exemplars {
    store: ExemplarStore,
    meter: ScopedMeter,
    metric: &'static Metric,
    boundaries: Boundaries,
}

/// The exemplars of a series; there when the first one is offered.
pub(crate) type Reservoir = OnceLock<ExemplarReservoir>;

/// What a request's metrics know of its span.
#[derive(Debug)]
pub(crate) struct Tie {
    start: Instant,
    /// What a layer for spans shares.
    joint: Option<Arc<Joint>>,
    /// The span in which the request came, whoever made it.
    current: Option<SpanIdentity>,
}

impl Exemplars {
    pub(crate) fn new(options: &Options, meter: &ScopedMeter) -> Self {
        Self {
            store: options.exemplars.clone().unwrap_or_else(|| ExemplarStore::global().clone()),
            meter: meter.clone(),
            metric: options.common.side.metrics().duration,
            boundaries: options.choice.seconds.clone(),
        }
    }

    /// Whether a measurement in this span may become an exemplar.
    #[inline]
    fn takes(&self, span: Option<&SpanIdentity>) -> bool {
        match self.store.filter() {
            ExemplarFilter::AlwaysOff => false,
            ExemplarFilter::AlwaysOn => true,
            _ => span.is_some_and(SpanIdentity::is_sampled),
        }
    }
}

impl Tie {
    /// A request that starts now, or has just started for a layer outside.
    #[inline]
    pub(crate) fn new(metrics: &Metrics, extensions: &mut Extensions) -> Self {
        let joint = Joint::meet(metrics.options.common.side, Kind::Metrics, extensions);
        let start = joint.as_ref().map_or_else(Instant::now, |joint| joint.start);
        Self { start, joint, current: SpanIdentity::current() }
    }

    #[inline]
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// Where a layer for spans finds the labels of the request.
    pub(crate) fn labels(&self) -> Option<&OnceLock<RequestLabels>> {
        self.joint.as_ref().map(|joint| &joint.labels)
    }

    #[inline]
    pub(crate) fn step(&self) {
        if let Some(joint) = &self.joint {
            joint.step();
        }
    }

    #[inline]
    pub(crate) fn took(&self) -> Duration {
        self.joint.as_ref().map_or_else(|| self.start.elapsed(), |joint| joint.end())
    }

    /// Leaves nothing of the request behind.
    #[inline]
    pub(crate) fn undo(&mut self) {
        self.joint = None;
    }

    /// Offers the duration of a request as an exemplar of the series at a place.
    #[inline]
    pub(crate) fn offer(&self, metrics: &Metrics, series: u32, took: Duration) {
        // The request's own span says more than the one around it.
        let own = self.joint.as_ref().and_then(|joint| joint.span.get());
        let span = own.or(self.current.as_ref());
        if metrics.exemplars.takes(span) {
            self.offer_in(metrics, series, took, span);
        }
    }

    #[inline(never)]
    fn offer_in(&self, metrics: &Metrics, series: u32, took: Duration, span: Option<&SpanIdentity>) {
        let Some(series) = metrics.series.get(series).filter(|_| metrics.instruments.duration.is_some()) else {
            return;
        };
        let Exemplars { store, meter, metric, boundaries } = &metrics.exemplars;
        let reservoir = series
            .exemplars
            .get_or_init(|| meter.exemplar_reservoir(store, metric, boundaries.of(metric), series.attributes()));
        let start = self.joint.as_ref().map_or_else(|| wall_clock(self.start), |joint| joint.time);
        reservoir.offer(took.as_secs_f64(), start + took, span, &[]);
    }
}

/// A moment as the wall clock had it: precise enough for an exemplar, and cheaper than to look at the clock.
fn wall_clock(moment: Instant) -> SystemTime {
    /// Within this time the two clocks go alike.
    const VALID: Duration = Duration::from_secs(1);
    thread_local! {
        static LOOKED: Cell<Option<(Instant, SystemTime)>> = const { Cell::new(None) };
    }
    let look = || {
        let now = (Instant::now(), SystemTime::now());
        let _ = LOOKED.try_with(|looked| looked.set(Some(now)));
        now
    };
    let (instant, time) = match LOOKED.try_with(Cell::get) {
        Ok(Some(looked)) if moment.saturating_duration_since(looked.0) < VALID => looked,
        _ => look(),
    };
    match moment.checked_duration_since(instant) {
        Some(later) => time + later,
        None => time - (instant - moment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_is_right_before_and_after_it_was_looked_at() {
        let now = Instant::now();
        for (moment, seconds) in [(now, 0), (now - Duration::from_secs(5), -5), (now + Duration::from_secs(5), 5)] {
            let told = wall_clock(moment);
            let expected = SystemTime::now();
            let difference = match told.duration_since(expected) {
                Ok(later) => later.as_secs_f64(),
                Err(earlier) => -earlier.duration().as_secs_f64(),
            };
            assert!((difference - f64::from(seconds)).abs() < 1.0, "{difference} instead of {seconds}");
        }
    }
}
