//! The names that our own metrics get. What they are with the defaults is in `docs/metrics.md`.

use std::collections::BTreeSet;

use telemetry_core::semconv::{Instrument, METRICS, Metric};

use super::super::*;

fn name(metric: &Metric, strategy: TranslationStrategy) -> String {
    let is_counter = metric.instrument == Instrument::Counter;
    family_name(metric.name, metric.unit, is_counter, None, strategy).unwrap().name
}

/// No sample of one metric has the name of another's: a histogram has three kinds of samples, a counter may be looked for
/// without its suffix, and a family's name is not to be a sample's of another family.
#[test]
fn nt_79_our_names_do_not_collide() {
    for strategy in TranslationStrategy::ALL {
        let mut taken = BTreeSet::new();
        for metric in METRICS {
            let family = name(metric, strategy);
            let mut names = BTreeSet::from([family.clone()]);
            match metric.instrument {
                Instrument::Histogram => {
                    names.extend(["_bucket", "_count", "_sum", "_created"].map(|end| format!("{family}{end}")));
                }
                Instrument::Counter => {
                    let base = family.strip_suffix("_total").unwrap_or(&family).to_owned();
                    names.extend([format!("{base}_created"), format!("{base}_total"), base]);
                }
                _ => {}
            }
            for name in names {
                assert!(taken.insert(name.clone()), "{name} of {} under {strategy:?}", metric.name);
            }
        }
    }
}
