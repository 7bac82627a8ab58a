//! What was recorded comes back from every format.

mod names;
mod numbers;

use std::collections::BTreeMap;

use proptest::prelude::*;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use telemetry_prometheus::{Format, PrometheusExporter, PrometheusExporterBuilder};

use crate::support::page::{Family, number};
use crate::support::pb::TYPES;
use crate::support::wire::Message;
use crate::support::{bare, protobuf, provider_with, text};
use crate::utf8;

/// Any text, and often characters that some format has to escape or Prometheus keeps for itself.
fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "\\",
        "\"",
        "\n",
        "\r",
        "\t",
        "\0",
        "{",
        "}",
        "=",
        ",",
        "#",
        " ",
        "\u{1f600}",
        "\u{e9}",
        "\u{2028}",
        "_",
        "__",
        ".",
        ":",
        "1",
        "total",
        "le",
        "_total",
        "bucket",
        "U__",
    ]);
    prop::collection::vec(
        prop_oneof![3 => special.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)],
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

/// One instrument: its kind (0 to 6), and what is recorded with it.
#[derive(Clone, Debug)]
struct Recorded {
    kind: usize,
    name: String,
    unit: String,
    help: String,
    points: Vec<(Vec<(String, String)>, f64)>,
}

const COUNTERS: std::ops::Range<usize> = 0..2;
const HISTOGRAM: usize = 5;
const EXPONENTIAL: usize = 6;

fn recorded() -> impl Strategy<Value = Recorded> {
    let attributes = prop::collection::vec((any_text(), any_text()), 0..4);
    let points = prop::collection::vec((attributes, -1e6..1e6_f64), 1..4);
    let unit = prop::sample::select(vec!["", "s", "By", "1", "m/s", "{x}", "foo"]);
    (0..7_usize, any_text(), unit, any_text(), points).prop_map(|(kind, name, unit, help, points)| Recorded {
        kind,
        name,
        unit: unit.to_owned(),
        help,
        points,
    })
}

/// Records it all. Views give the instruments their names, which the SDK would refuse.
fn exporter(builder: PrometheusExporterBuilder, all: &[Recorded]) -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = builder.build();
    let names: Vec<_> = all.iter().map(|recorded| (recorded.name.clone(), recorded.kind)).collect();
    let view = move |instrument: &Instrument| {
        let (name, kind) = names[instrument.name().trim_start_matches('i').parse::<usize>().unwrap()].clone();
        let mut stream = Stream::builder().with_name(name);
        if kind == EXPONENTIAL {
            let aggregation =
                Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
            stream = stream.with_aggregation(aggregation);
        }
        stream.build().ok()
    };
    let provider = provider_with(&exporter, |builder| builder.with_view(view));
    let meter = provider.meter("m");
    for (index, Recorded { kind, unit, help, points, .. }) in all.iter().enumerate() {
        let (name, unit, help) = (format!("i{index}"), unit.clone(), help.clone());
        for (attributes, value) in points {
            let attributes: Vec<_> = attributes.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())).collect();
            macro_rules! made {
                ($make:ident) => {
                    meter.$make(name.clone()).with_unit(unit.clone()).with_description(help.clone()).build()
                };
            }
            match kind {
                0 => made!(u64_counter).add(value.abs() as u64, &attributes),
                1 => made!(f64_counter).add(value.abs(), &attributes),
                2 => made!(i64_gauge).record(*value as i64, &attributes),
                3 => made!(f64_gauge).record(*value, &attributes),
                4 => made!(f64_up_down_counter).add(*value, &attributes),
                _ => made!(f64_histogram).record(*value, &attributes),
            }
        }
    }
    (exporter, provider)
}

type Samples = BTreeMap<(String, Vec<(String, String)>), u64>;

/// Names, labels and the bits of values, as both kinds of formats can have them. Where OpenMetrics has no sum, there is
/// none.
fn samples(families: &[Family]) -> Samples {
    let mut samples = Samples::new();
    for family in families {
        let numbers = |(name, value): &(String, String)| {
            // Elsewhere it is a label like others.
            let is_bound = name == "le" && family.kind() == "histogram";
            (name.clone(), if is_bound { number(value).to_bits().to_string() } else { value.clone() })
        };
        for sample in &family.samples {
            let labels = sample.labels.iter().map(numbers).collect();
            samples.insert((sample.name.clone(), labels), number(&sample.value).to_bits());
        }
    }
    samples
}

/// The samples that a text format would have for these messages.
fn samples_of(families: &[Message]) -> Samples {
    let mut samples = Samples::new();
    for family in families {
        let (name, kind) = (family.text("name").unwrap(), TYPES[family.uint("type").unwrap() as usize]);
        for metric in family.nested("metric") {
            let labels: Vec<_> = metric.labels().into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let value = metric.only(kind);
            if kind != "histogram" {
                samples.insert((name.to_owned(), labels), value.double("value").unwrap().to_bits());
                continue;
            }
            let count = value.uint("sample_count").unwrap();
            let buckets = value.nested("bucket");
            let buckets =
                buckets.iter().map(|b| (b.double("upper_bound").unwrap(), b.uint("cumulative_count").unwrap()));
            for (bound, count) in buckets.chain([(f64::INFINITY, count)]) {
                let mut labels = labels.clone();
                labels.push(("le".to_owned(), bound.to_bits().to_string()));
                samples.insert((format!("{name}_bucket"), labels), (count as f64).to_bits());
            }
            samples.insert((format!("{name}_sum"), labels.clone()), value.double("sample_sum").unwrap().to_bits());
            samples.insert((format!("{name}_count"), labels), (count as f64).to_bits());
        }
    }
    samples
}

#[test]
fn px43_a_label_that_is_called_as_a_bound_is_a_label() {
    let points = vec![(vec![("le".to_owned(), "1".to_owned())], 0.0)];
    let [name, unit, help] = ["level", "", ""].map(str::to_owned);
    let all = [Recorded { kind: 3, name, unit, help, points }];
    let (exporter, _provider) = exporter(bare(), &all);
    let labels = vec![("le".to_owned(), "1".to_owned())];
    assert_eq!(compared(&exporter), Samples::from([(("level".to_owned(), labels), 0.0_f64.to_bits())]));
}

/// What the formats have in common: the same samples in all of them.
fn compared(exporter: &PrometheusExporter) -> Samples {
    let in_text = samples(&text(exporter, utf8(Format::PrometheusTextV1)));
    assert_eq!(samples_of(&protobuf(exporter, telemetry_prometheus::Escaping::AllowUtf8)), in_text);
    in_text
}
