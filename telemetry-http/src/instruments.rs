use std::fmt;
use std::sync::Arc;

use telemetry_core::ScopedMeter;
use telemetry_core::opentelemetry::metrics::{Histogram, UpDownCounter};
use telemetry_core::semconv::Metric;

use crate::side::Side;

/// The instruments of a layer; one that is switched off is absent.
#[derive(Debug)]
pub(crate) struct Instruments {
    pub(crate) duration: Option<Histogram<f64>>,
    pub(crate) head_duration: Option<Histogram<f64>>,
    pub(crate) active: Option<UpDownCounter<i64>>,
    pub(crate) request_size: Option<Histogram<u64>>,
    pub(crate) response_size: Option<Histogram<u64>>,
}

/// Which instruments a layer has, and with which buckets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// The names of those that are on by default and switched off.
    pub(crate) off: Vec<&'static str>,
    pub(crate) head_duration: bool,
    pub(crate) seconds: Boundaries,
    pub(crate) bytes: Boundaries,
}

impl Choice {
    pub(crate) fn instruments(&self, side: Side, meter: &ScopedMeter) -> Instruments {
        let metrics = side.metrics();
        let on = |metric: &'static Metric| Some(metric).filter(|metric| !self.off.contains(&metric.name));
        let seconds = |metric| meter.f64_histogram_with(metric, self.seconds.of(metric));
        let bytes = |metric| meter.u64_histogram_with(metric, self.bytes.of(metric));
        Instruments {
            duration: on(metrics.duration).map(seconds),
            head_duration: metrics.head_duration.filter(|_| self.head_duration).map(seconds),
            active: on(metrics.active).map(|metric| meter.i64_up_down_counter(metric)),
            request_size: on(metrics.request_size).map(bytes),
            response_size: on(metrics.response_size).map(bytes),
        }
    }
}

/// The caller's bucket bounds; without any, those of the metric.
#[derive(Clone, Default)]
pub(crate) struct Boundaries(Option<Arc<[f64]>>);

impl Boundaries {
    /// Keeps the default, and says so, if the bounds do not ascend or are no numbers: the SDK would drop the metric.
    pub(crate) fn new(boundaries: Vec<f64>) -> Self {
        let ascend = boundaries.is_sorted_by(|a, b| a < b) && boundaries.iter().all(|bound| bound.is_finite());
        if !ascend {
            tracing::error!(?boundaries, "bucket bounds must be finite and ascend: the default ones are used instead");
        }
        Self(ascend.then(|| boundaries.into()))
    }

    pub(crate) fn of<'a>(&'a self, metric: &'a Metric) -> &'a [f64] {
        self.0.as_deref().unwrap_or(metric.boundaries)
    }
}

impl fmt::Debug for Boundaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(boundaries) => boundaries.fmt(f),
            None => f.write_str("default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use telemetry_core::semconv::metric::HTTP_SERVER_REQUEST_DURATION as DURATION;

    use super::*;

    #[test]
    fn bounds_that_no_histogram_could_have_are_not_taken() {
        for bad in [vec![2.0, 1.0], vec![1.0, 1.0], vec![f64::NAN], vec![1.0, f64::INFINITY]] {
            assert_eq!(Boundaries::new(bad).of(&DURATION), DURATION.boundaries);
        }
        assert_eq!(Boundaries::new(vec![0.1, 1.0]).of(&DURATION), [0.1, 1.0]);
        assert_eq!(Boundaries::new(Vec::new()).of(&DURATION), [0.0; 0], "count and sum alone");
    }
}
