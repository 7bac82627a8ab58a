//! Whether a page has every sample of its workload, once and with the right value: nobody wins by doing nothing.

use anyhow::{Context, Result, ensure};

use crate::scrape::system::Page;
use crate::scrape::workload::{BOUNDS, BUCKETS, Scenario, Workload};

mod collected;
mod protobuf;
mod text;

pub(crate) fn page(workload: &Workload, page: &Page) -> Result<()> {
    let mut tally = Tally { workload, seen: vec![0; workload.series.len()] };
    match page {
        Page::Collected(metrics) => collected::read(metrics, &mut tally)?,
        Page::Protobuf(bytes) => protobuf::read(bytes.as_ref(), &mut tally)?,
        _ => text::read(std::str::from_utf8(page.bytes())?, &mut tally)?,
    }
    tally.finish()
}

/// Which number of a series a sample has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Counter,
    /// With its upper bound.
    Bucket(f64),
    Sum,
    Count,
}

#[derive(Clone, Copy, Debug, Default)]
struct Labels<'a> {
    method: &'a str,
    route: &'a str,
    status: &'a str,
}

/// What was found on a page so far.
struct Tally<'a> {
    workload: &'a Workload,
    /// For each series a bit for each part.
    seen: Vec<u32>,
}

impl Tally<'_> {
    fn sample(&mut self, labels: Labels<'_>, part: Part, value: f64) -> Result<()> {
        let position = self.workload.position(labels.route).with_context(|| format!("no series has {labels:?}"))?;
        let series = &self.workload.series[position];
        ensure!(
            labels.method == series.method && labels.status == series.status.to_string(),
            "{labels:?} are not those of {series:?}"
        );
        let (slot, expected) = match (self.workload.scenario, part) {
            (Scenario::Counters, Part::Counter) => (0, series.counter as f64),
            (Scenario::Histograms, Part::Bucket(bound)) => {
                let slot = BOUNDS.iter().position(|known| *known == bound);
                let slot = slot.or_else(|| (bound == f64::INFINITY).then_some(BOUNDS.len()));
                let slot = slot.with_context(|| format!("no bucket ends at {bound}"))?;
                (slot, series.buckets[slot] as f64)
            }
            (Scenario::Histograms, Part::Sum) => (BUCKETS, series.sum),
            (Scenario::Histograms, Part::Count) => (BUCKETS + 1, series.count() as f64),
            (scenario, part) => anyhow::bail!("{} have no {part:?}", scenario.name()),
        };
        // Sums may be added up in another order.
        let is_right = (value - expected).abs() <= expected.abs() * 1e-9;
        ensure!(is_right, "{part:?} of {labels:?} is {value} instead of {expected}");
        ensure!(self.seen[position] & (1 << slot) == 0, "{part:?} of {labels:?} is there twice");
        self.seen[position] |= 1 << slot;
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let found: u32 = self.seen.iter().map(|parts| parts.count_ones()).sum();
        ensure!(found as usize == self.workload.lines(), "{found} samples instead of {}", self.workload.lines());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrape::system::System;

    #[test]
    fn every_system_renders_every_scenario() {
        for scenario in Scenario::ALL {
            System::all(&Workload::new(scenario, 250)).unwrap();
        }
    }

    #[test]
    fn what_is_missing_doubled_or_wrong_is_found() {
        for scenario in Scenario::ALL {
            let workload = Workload::new(scenario, 20);
            let text = System::new("hand-loop", &workload).unwrap().scrape();
            let text = String::from_utf8(text.bytes().to_vec()).unwrap();
            let fails = |text: String| format!("{:#}", page(&workload, &Page::Text(text)).unwrap_err());

            let last = text.lines().last().unwrap();
            assert!(fails(text.replace(last, "")).contains("samples instead of"));
            assert!(fails(format!("{text}{last}\n")).contains("is there twice"));
            assert!(fails(text.replace(last, &format!("{last}1"))).contains("instead of"));
            assert!(fails(text.replace("resource19", "resource20")).contains("no series has"));
            assert!(fails(text.replace("PUT", "GET")).contains("are not those of"));
        }
    }
}
