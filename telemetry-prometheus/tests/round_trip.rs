//! What was recorded comes back from an independent parser.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use openmetrics_parser::prometheus::parse_prometheus;
use openmetrics_parser::{PrometheusType, PrometheusValue};
use proptest::prelude::*;
use support::{bare, provider};
use telemetry_prometheus::Format;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;

type Exposition = openmetrics_parser::MetricsExposition<PrometheusType, PrometheusValue>;

fn scrape(record: impl FnOnce(telemetry_prometheus::opentelemetry::metrics::Meter)) -> Exposition {
    let exporter = bare().build();
    let provider = provider(&exporter);
    record(provider.meter("m"));
    let bytes = exporter.render(Format::PrometheusText).unwrap();
    let text = str::from_utf8(&bytes).unwrap();
    parse_prometheus(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// T-08, PX-94: backslash, quote and line feed often, anything else at times. Only the carriage return, which
    /// Prometheus reads like any character, is too much for the parser.
    #[test]
    fn t08_any_label_value_comes_back(value in "([\\\\\"\n,{}=a]|\\PC|[^\r]){0,12}", key in "\\PC{0,8}") {
        let exposition = scrape(|meter| {
            meter.u64_gauge("g").build().record(1, &[KeyValue::new(key, value.clone())]);
        });
        let family = &exposition.families["g"];
        let sample = family.iter_samples().next().unwrap();
        // A label without a value is as good as none.
        if value.is_empty() {
            prop_assert_eq!(sample.get_labelset().unwrap().iter().count(), 0);
            return Ok(());
        }
        prop_assert_eq!(sample.get_labelset().unwrap().iter().count(), 1);
        let parsed = sample.get_labelset().unwrap().iter().next().unwrap().1.clone();
        prop_assert_eq!(parsed, value);
    }

    /// T-02.
    #[test]
    fn t02_any_description_comes_back(help in "([\\\\\"\n]|\\PC){1,12}") {
        prop_assume!(help.trim() == help);
        let exposition = scrape(|meter| {
            meter.u64_gauge("g").with_description(help.clone()).build().record(1, &[]);
        });
        prop_assert_eq!(&exposition.families["g"].help, &help);
    }

    /// PX-66.
    #[test]
    fn px66_any_recorded_double_comes_back(value in any::<f64>()) {
        prop_assume!(value.is_finite());
        let exposition = scrape(|meter| meter.f64_gauge("g").build().record(value, &[]));
        let sample = exposition.families["g"].iter_samples().next().unwrap();
        let PrometheusValue::Gauge(number) = &sample.value else {
            panic!("not a gauge");
        };
        prop_assert_eq!(number.as_f64(), value);
    }

    /// PX-20: two names and a unit of any kind give text that is legal as a whole.
    #[test]
    fn px20_any_names_make_legal_text(
        names in prop::collection::vec("[a-zA-Z][a-zA-Z0-9_./-]{0,12}", 1..6),
        unit in "[a-zA-Z0-9/{}%.]{0,8}",
        seed in any::<u64>(),
    ) {
        scrape(|meter| {
            for (i, name) in names.into_iter().enumerate() {
                match (seed >> i) % 4 {
                    0 => meter.u64_counter(name).with_unit(unit.clone()).build().add(1, &[]),
                    1 => meter.f64_gauge(name).with_unit(unit.clone()).build().record(1.5, &[]),
                    2 => meter.i64_up_down_counter(name).with_unit(unit.clone()).build().add(-1, &[]),
                    _ => meter.f64_histogram(name).with_unit(unit.clone()).build().record(1.5, &[]),
                }
            }
        });
    }
}
