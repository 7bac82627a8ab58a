//! What an exporter remembers of its pages must never show: one that is asked often writes what one writes that is asked
//! for the first time.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use telemetry_core::exemplar::{Buckets, ExemplarStore};
use telemetry_prometheus::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_prometheus::opentelemetry::{InstrumentationScope, KeyValue};
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::data::ResourceMetrics;
use telemetry_prometheus::opentelemetry_sdk::metrics::reader::MetricReader;
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter, TranslationStrategy};

use crate::support::everything::{exponential, kv, span, store, time};
use crate::support::{resource, wire};
use crate::utf8;

/// Two more than an exporter keeps pages for.
fn expositions() -> [Exposition; 6] {
    [
        Format::PrometheusText.into(),
        utf8(Format::PrometheusTextV1),
        Format::OpenMetrics.into(),
        utf8(Format::OpenMetrics),
        Format::Protobuf.into(),
        Exposition::new(Format::Protobuf).with_escaping(Escaping::Dots),
    ]
}

type Observed = Arc<Mutex<Vec<(u64, Vec<KeyValue>)>>>;

/// One provider with an exporter that is asked after each step, and as many that are asked once.
struct Fixture {
    asked: PrometheusExporter,
    fresh: Vec<PrometheusExporter>,
    provider: SdkMeterProvider,
    store: ExemplarStore,
    observed: Observed,
}

impl Fixture {
    fn new(steps: usize, has_scope_labels: bool) -> Self {
        let store = store();
        let exporter = || {
            let builder = PrometheusExporter::builder().with_exemplars(store.clone());
            let builder = builder.with_translation_strategy(TranslationStrategy::NoUTF8EscapingWithSuffixes);
            if has_scope_labels { builder.build() } else { builder.without_scope_labels().build() }
        };
        let asked = exporter();
        let fresh: Vec<_> = std::iter::repeat_with(exporter).take(steps).collect();
        let mut provider = SdkMeterProvider::builder()
            .with_resource(resource([kv("service.name", "cache")]))
            .with_view(exponential("exponential"))
            .with_reader(asked.clone());
        for exporter in &fresh {
            provider = provider.with_reader(exporter.clone());
        }
        let provider = provider.build();
        let observed = Observed::default();
        let seen = Arc::clone(&observed);
        let meter = provider.meter("a");
        let gauge = meter.u64_observable_gauge("observed").with_callback(move |observer| {
            for (value, attributes) in &*seen.lock().unwrap() {
                observer.observe(*value, attributes);
            }
        });
        gauge.build();
        Self { asked, fresh, provider, store, observed }
    }

    /// The order of `rounds` decides which pages the exporter has lost meanwhile.
    fn compare(&mut self, rounds: impl IntoIterator<Item = usize>) {
        let fresh = self.fresh.pop().unwrap();
        for index in rounds {
            let exposition = expositions()[index];
            let [asked, fresh] = [&self.asked, &fresh].map(|exporter| exporter.render(exposition).unwrap());
            if exposition.format() == Format::Protobuf {
                // Each exporter has start times of its own.
                let [asked, fresh] = [asked, fresh].map(|page| wire::dump(&wire::families(&page)));
                assert!(asked == fresh, "{exposition:?}\n{asked}\n{fresh}");
            } else {
                assert!(asked == fresh, "{exposition:?}\n{asked:?}\n{fresh:?}");
            }
        }
    }

    /// The SDK gives what a callback observes to all readers. None must have something left of what was observed last.
    fn observe(&self, observed: impl IntoIterator<Item = (u64, Vec<KeyValue>)>) {
        self.observed.lock().unwrap().clear();
        for exporter in self.fresh.iter().chain([&self.asked]) {
            exporter.collect(&mut ResourceMetrics::default()).unwrap();
        }
        *self.observed.lock().unwrap() = observed.into_iter().collect();
    }

    fn meter(&self, scope: &'static str) -> Meter {
        self.provider.meter(scope)
    }
}

/// The steps by themselves. More pages in turn than are kept would be new ones each time, so all are asked for at the end
/// alone.
#[test]
fn px06_t17_a_page_is_as_if_written_for_the_first_time() {
    let mut fixture = Fixture::new(24, true);
    let kept = [0, 3, 4];
    fixture.compare(kept);
    let point = |value: u64, pairs: &[(&'static str, &'static str)]| {
        (value, pairs.iter().map(|(key, value)| kv(key, value)).collect::<Vec<_>>())
    };
    for observed in [
        vec![point(1, &[("k", "a")]), point(2, &[("k", "b")])],
        // Another order, then another value of a label in the same place, and of another type.
        vec![point(2, &[("k", "b")]), point(1, &[("k", "a")])],
        vec![point(2, &[("k", "c")]), point(1, &[("k", "a")])],
        vec![(2, vec![KeyValue::new("k", 1)]), point(1, &[("k", "1")])],
        vec![(2, vec![KeyValue::new("k", 1.0)]), (3, vec![KeyValue::new("k", true)])],
        vec![(1, vec![KeyValue::new("k", 1.0)])],
        vec![(1, vec![KeyValue::new("k", 2.0)])],
        // The same texts at other borders, and with other keys.
        vec![point(1, &[("k", "ab"), ("l", "c")])],
        vec![point(1, &[("k", "a"), ("l", "bc")])],
        vec![point(1, &[("k", "a"), ("l", "b")])],
        vec![point(1, &[("k", "a"), ("l", "ab")])],
        vec![point(1, &[("k", "a"), ("m", "bc")])],
        vec![point(1, &[("k", "a"), ("m", "")])],
        vec![point(1, &[("k", "a")])],
        vec![],
        vec![point(1, &[])],
    ] {
        fixture.observe(observed);
        fixture.compare(kept);
    }
    // Instruments that come later sort first, and are in conflict with those that were there.
    let counter = fixture.meter("z").u64_counter("a").build();
    counter.add(1, &[kv("k", "a")]);
    fixture.compare(kept);
    fixture.meter("b").u64_counter("a").build().add(7, &[kv("k", "a")]);
    fixture.compare(kept);
    let scope = InstrumentationScope::builder("z").build();
    let reservoir = fixture.store.reservoir(&scope, "a", &[kv("k", "a")], Buckets::Single);
    reservoir.offer(1.0, time(0), Some(&span(1, 2)), &[]);
    fixture.compare(kept);
    reservoir.offer(2.0, time(1), Some(&span(3, 4)), &[kv("x.y", "z")]);
    counter.add(1, &[kv("k", "b")]);
    fixture.compare([3, 4, 2, 5, 0, 1]);
}

/// More kinds of label sets than a page keeps.
#[test]
fn px06_keys_that_are_made_up_each_time() {
    let mut fixture = Fixture::new(10, true);
    for round in 0..10_u64 {
        fixture.observe((0..40).map(|i| {
            let key = format!("k{}.{i}", round % 3);
            (i, vec![KeyValue::new(key, "v"), KeyValue::new("round", (round % 2).to_string())])
        }));
        fixture.compare(if round == 9 { [0, 4, 2, 3, 1, 5] } else { [0, 4, 2, 2, 4, 0] });
    }
}

#[derive(Clone, Debug)]
enum Step {
    Observe(Vec<(u8, u8)>),
    Record { scope: usize, instrument: usize, key: u8, value: u8 },
    Offer { scope: usize, instrument: usize, key: u8, value: u8 },
}

const SCOPES: [&str; 3] = ["a", "m", "z"];
/// The first three are one name and two kinds with underscores, and with a label less one series or two.
const INSTRUMENTS: [&str; 5] = ["x.y", "x_y", "x-y", "histogram", "exponential"];

fn step() -> impl Strategy<Value = Step> {
    let parts = || (0..3_usize, 0..5_usize, 0..3_u8, 0..4_u8);
    prop_oneof![
        prop::collection::vec((0..4_u8, 0..3_u8), 0..4).prop_map(Step::Observe),
        parts().prop_map(|(scope, instrument, key, value)| Step::Record { scope, instrument, key, value }),
        parts().prop_map(|(scope, instrument, key, value)| Step::Offer { scope, instrument, key, value }),
    ]
}

fn take(fixture: &Fixture, number: u64, step: &Step) {
    let attributes = |key: &u8| if *key == 0 { vec![] } else { vec![KeyValue::new("k.k", key.to_string())] };
    match step {
        Step::Observe(points) => {
            let mut seen = std::collections::HashSet::new();
            let points = points.iter().filter(|(key, _)| seen.insert(*key));
            fixture.observe(points.map(|(key, value)| (u64::from(*value), attributes(key))).collect::<Vec<_>>());
        }
        Step::Record { scope, instrument, key, value } => {
            let (meter, name, attributes) = (fixture.meter(SCOPES[*scope]), INSTRUMENTS[*instrument], attributes(key));
            match instrument {
                0 => meter.u64_counter(name).build().add(u64::from(*value), &attributes),
                1 => meter.f64_gauge(name).build().record(f64::from(*value), &attributes),
                2 => meter.i64_up_down_counter(name).build().add(-i64::from(*value), &attributes),
                _ => meter.f64_histogram(name).build().record(f64::from(*value), &attributes),
            }
        }
        Step::Offer { scope, instrument, key, value } => {
            let scope = InstrumentationScope::builder(SCOPES[*scope]).build();
            let reservoir =
                fixture.store.reservoir(&scope, INSTRUMENTS[*instrument], &attributes(key), Buckets::Exponential);
            reservoir.offer(f64::from(*value), time(number), Some(&span(number.into(), 1)), &attributes(value));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn px06_px105_t17_any_history_gives_the_page_of_now(
        steps in prop::collection::vec((step(), prop::collection::vec(0..6_usize, 0..4)), 1..14),
        has_scope_labels in any::<bool>(),
    ) {
        let mut fixture = Fixture::new(1, has_scope_labels);
        // Which of two metrics in conflict came first is part of what is remembered on purpose: the exporter that is
        // asked last has to see the same scrapes, if not the same pages.
        let witness = fixture.fresh[0].clone();
        for (number, (step, rounds)) in (0..).zip(&steps) {
            take(&fixture, number, step);
            for index in rounds {
                fixture.asked.render(expositions()[*index]).unwrap();
                witness.render(Exposition::new(Format::PrometheusTextV1)).unwrap();
            }
        }
        fixture.compare(0..6);
    }
}
