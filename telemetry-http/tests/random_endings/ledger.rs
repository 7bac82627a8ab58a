//! All that has happened, and whether the metrics say the same.

use std::collections::BTreeMap;

use telemetry_core::testing::{Point, Snapshot, Value};

use crate::model::{Attributes, Ended, Model};
use crate::plan::Profile;

/// How many values a series has, and their sum.
type Series = BTreeMap<Attributes, (u64, u64)>;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) ended: u64,
    requests: Series,
    responses: Series,
    active: BTreeMap<Attributes, i64>,
}

impl Ledger {
    pub(crate) fn begin(&mut self, model: &Model) {
        *self.active.entry(model.active()).or_default() += 1;
    }

    pub(crate) fn end(&mut self, model: &Model, ended: Option<Ended>) {
        let Some(ended) = ended else { return };
        self.ended += 1;
        *self.active.entry(model.active()).or_default() -= 1;
        if let Some(bytes) = ended.response_bytes {
            add(&mut self.responses, ended.attributes.clone(), (1, bytes));
        }
        add(&mut self.requests, ended.attributes, (1, ended.request_bytes));
    }

    /// Adds what another thread has seen.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.ended += other.ended;
        other.requests.into_iter().for_each(|(series, totals)| add(&mut self.requests, series, totals));
        other.responses.into_iter().for_each(|(series, totals)| add(&mut self.responses, series, totals));
        other.active.into_iter().for_each(|(series, count)| *self.active.entry(series).or_default() += count);
        self
    }

    #[track_caller]
    pub(crate) fn compare(&self, profile: &Profile, snapshot: &Snapshot) {
        let side = if profile.is_client { "client" } else { "server" };
        let named = |metric: &str| format!("http.{side}.{metric}");
        assert_eq!(active(snapshot, &named("active_requests")), self.active);
        assert_eq!(series(snapshot, &named("request.body.size")), self.requests);
        assert_eq!(series(snapshot, &named("response.body.size")), self.responses);
        assert_eq!(counts(&series(snapshot, &named("request.duration"))), counts(&self.requests));
        let heads = if profile.asks { counts(&self.responses) } else { BTreeMap::new() };
        assert_eq!(counts(&series(snapshot, &named("response.head.duration"))), heads);
    }
}

fn add(to: &mut Series, series: Attributes, (count, sum): (u64, u64)) {
    let totals = to.entry(series).or_default();
    *totals = (totals.0 + count, totals.1 + sum);
}

fn counts(series: &Series) -> BTreeMap<&Attributes, u64> {
    series.iter().map(|(attributes, (count, _))| (attributes, *count)).collect()
}

fn by_attributes<T>(points: &[&Point], value: impl Fn(&Value) -> T) -> BTreeMap<Attributes, T> {
    let all: BTreeMap<_, _> = points.iter().map(|point| (point.attributes.clone(), value(&point.value))).collect();
    assert_eq!(all.len(), points.len(), "a series is there twice");
    all
}

fn series(snapshot: &Snapshot, metric: &str) -> Series {
    by_attributes(&snapshot.points(metric), |value| match value {
        Value::Histogram { count, sum, .. } => (*count, *sum as u64),
        _ => panic!("{metric} is no histogram"),
    })
}

fn active(snapshot: &Snapshot, metric: &str) -> BTreeMap<Attributes, i64> {
    by_attributes(&snapshot.points(metric), |value| match value {
        Value::Number(number) => *number as i64,
        _ => panic!("{metric} is no number"),
    })
}
