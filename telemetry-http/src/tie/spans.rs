use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::Extensions;
use telemetry_core::ScopedMeter;
use telemetry_core::exemplar::{ExemplarFilter, ExemplarReservoir, ExemplarStore, SpanIdentity};
use telemetry_core::semconv::Metric;

use crate::instruments::Boundaries;
use crate::joint::{Joint, Kind};
use crate::labels::RequestLabels;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::series::Series;

/// Where the exemplars of a layer's durations go.
#[derive(Debug)]
pub(crate) struct Exemplars {
    store: ExemplarStore,
    filter: ExemplarFilter,
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
        let store = options.exemplars.clone().unwrap_or_else(|| ExemplarStore::global().clone());
        Self {
            filter: store.filter(),
            store,
            meter: meter.clone(),
            metric: options.common.side.metrics().duration,
            boundaries: options.choice.seconds.clone(),
        }
    }

    /// What is not measured has no exemplars.
    #[cold]
    fn reservoir(&self, metrics: &Metrics, series: &Series) -> ExemplarReservoir {
        let Self { store, meter, metric, boundaries, .. } = self;
        let reservoir = || meter.exemplar_reservoir(store, metric, boundaries.of(metric), series.attributes());
        metrics.instruments.duration.as_ref().map(|_| reservoir()).unwrap_or_default()
    }

    /// Whether a measurement in this span may become an exemplar.
    #[inline]
    fn takes(&self, span: Option<&SpanIdentity>) -> bool {
        match self.filter {
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
        if metrics.exemplars.takes(span)
            && let Some(series) = metrics.series.get(series)
        {
            let exemplars = series.exemplars.get_or_init(|| metrics.exemplars.reservoir(metrics, series));
            exemplars.offer_duration(self.start, took, span, &[]);
        }
    }
}
