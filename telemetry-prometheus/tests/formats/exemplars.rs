//! Exemplars: which formats carry them, on which samples, and with which labels.

mod places;

use std::time::{Duration, SystemTime};

use telemetry_core::exemplar::{Buckets, ExemplarStore};
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry::{InstrumentationScope, KeyValue};
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{
    Escaping, Exposition, Format, PrometheusExporter, PrometheusExporterBuilder, TranslationStrategy,
};

use crate::support::everything::{exponential, kv, span, store, time};
use crate::support::page::{Exemplar, Labels};
use crate::support::{bare, protobuf, provider_with, text};

struct Fixture {
    exporter: PrometheusExporter,
    provider: SdkMeterProvider,
    store: ExemplarStore,
    scope: InstrumentationScope,
}

fn fixture(builder: PrometheusExporterBuilder) -> Fixture {
    let store = store();
    let exporter = builder.with_exemplars(store.clone()).build();
    let provider = provider_with(&exporter, |builder| builder.with_view(exponential("exponential")));
    Fixture { exporter, provider, store, scope: InstrumentationScope::builder("m").build() }
}

impl Fixture {
    fn offer(&self, metric: &str, buckets: Buckets<'_>, value: f64, seconds: u64, attributes: &[KeyValue]) {
        let reservoir = self.store.reservoir(&self.scope, metric, &[], buckets);
        reservoir.offer(value, time(seconds), Some(&span(1, 2)), attributes);
    }

    fn counter(&self, name: &'static str) {
        self.provider.meter("m").u64_counter(name).build().add(1, &[]);
    }

    /// Each line's first word, up to the value, and its exemplar.
    fn exemplars(&self, exposition: impl Into<Exposition>) -> Vec<(String, Exemplar)> {
        let families = text(&self.exporter, exposition);
        let samples = families.into_iter().flat_map(|family| family.samples);
        samples.filter_map(|s| Some((s.line.split(' ').next()?.to_owned(), s.exemplar?))).collect()
    }

    fn only_labels(&self, escaping: Escaping) -> Labels {
        let exposition = Exposition::new(Format::OpenMetrics).with_escaping(escaping);
        let mut exemplars = self.exemplars(exposition);
        assert_eq!(exemplars.len(), 1);
        let (_, exemplar) = exemplars.remove(0);
        let families = protobuf(&self.exporter, escaping);
        let in_protobuf = families[0].only("metric").only("counter").only("exemplar").labels();
        let in_protobuf: Labels = in_protobuf.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        assert_eq!(in_protobuf, exemplar.labels);
        exemplar.labels
    }
}

fn label(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn trace() -> [(String, String); 2] {
    [label("trace_id", format!("{:032}", 1)), label("span_id", format!("{:016}", 2))]
}

#[test]
fn px122_the_span_wins_over_attributes_of_its_names() {
    for escaping in [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Dots, Escaping::Values] {
        let fixture = fixture(bare().with_translation_strategy(TranslationStrategy::NoTranslation));
        fixture.counter("c_total");
        fixture.offer("c_total", Buckets::Single, 1.0, 0, &[kv("span_id", "x"), kv("trace_id", "y"), kv("z", "")]);
        assert_eq!(fixture.only_labels(escaping)[..2], trace());
        assert!(fixture.only_labels(escaping)[2..].iter().all(|(name, _)| name == "z"), "{escaping:?}");
    }
}

/// PX-122: without a valid span there are no ids.
#[test]
fn px122_om60_without_a_span_the_set_is_empty() {
    let fixture = fixture(bare());
    fixture.counter("c");
    let reservoir = fixture.store.reservoir(&fixture.scope, "c", &[], Buckets::Single);
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
    reservoir.offer(f64::NEG_INFINITY, before_1970, Some(&span(0, 0)), &[]);
    let page = fixture.exporter.render(Format::OpenMetrics).unwrap();
    assert_eq!(page, "# TYPE c counter\nc_total 1 # {} -Inf -1.5\n# EOF\n");
    let families = protobuf(&fixture.exporter, Escaping::Underscores);
    let exemplar = families[0].only("metric").only("counter").only("exemplar");
    assert_eq!(exemplar.names(), ["value", "timestamp"]);
    let time = exemplar.only("timestamp");
    assert_eq!((time.ints("seconds"), time.ints("nanos")), (vec![-2], vec![500_000_000]));
}

/// The ids have 63 characters. What counts are characters, not bytes.
#[test]
fn px123_om62_128_characters_fit_and_129_do_not() {
    for (length, fits) in [(60, true), (61, false)] {
        let fixture = fixture(bare());
        fixture.counter("c");
        let long = KeyValue::new("b.bbb", "\u{1f600}".repeat(length));
        fixture.offer("c", Buckets::Single, 1.0, 0, &[long]);
        let mut expected = trace().to_vec();
        expected.extend(fits.then(|| label("b_bbb", "\u{1f600}".repeat(length))));
        assert_eq!(fixture.only_labels(Escaping::Underscores), expected);
    }
}

/// Attributes come in the order of their names; one that does not fit does not keep out those after it.
#[test]
fn px123_attributes_are_added_while_they_fit() {
    let fixture = fixture(bare());
    fixture.counter("c");
    let attributes = [kv("z", "last"), KeyValue::new("m", "x".repeat(65)), KeyValue::new("a.b", 17), kv("a-b", "1")];
    fixture.offer("c", Buckets::Single, 1.0, 0, &attributes);
    let mut expected = trace().to_vec();
    expected.extend([label("a_b", "1"), label("z", "last")]);
    assert_eq!(fixture.only_labels(Escaping::Underscores), expected);
}

/// Escaped names count as they are written.
#[test]
fn px123_om62_the_written_names_count() {
    let fixture = fixture(bare().with_translation_strategy(TranslationStrategy::NoTranslation));
    fixture.counter("c_total");
    fixture.offer("c_total", Buckets::Single, 1.0, 0, &[KeyValue::new("....", "x".repeat(46))]);
    assert_eq!(fixture.only_labels(Escaping::AllowUtf8).len(), 3);
    assert_eq!(fixture.only_labels(Escaping::Underscores).len(), 3);
    assert_eq!(fixture.only_labels(Escaping::Dots).len(), 2);
}
