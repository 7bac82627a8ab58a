//! Names, labels and descriptions.

use std::collections::BTreeMap;

use proptest::prelude::*;
use telemetry_core::exemplar::Buckets;
use telemetry_prometheus::opentelemetry::{InstrumentationScope, KeyValue, Value};
use telemetry_prometheus::{Escaping, Exposition, Format, TranslationStrategy};

use super::{COUNTERS, EXPONENTIAL, HISTOGRAM, Recorded, any_text, compared, exporter, recorded, samples};
use crate::support::everything::{span, store, time};
use crate::support::page::Labels;
use crate::support::{bare, protobuf, text};
use crate::{ESCAPINGS, FORMATS, utf8};

fn strategy() -> impl Strategy<Value = TranslationStrategy> {
    use TranslationStrategy::{
        NoTranslation, NoUTF8EscapingWithSuffixes, UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes,
    };
    prop::sample::select(vec![
        NoTranslation,
        NoUTF8EscapingWithSuffixes,
        UnderscoreEscapingWithSuffixes,
        UnderscoreEscapingWithoutSuffixes,
    ])
}

/// The labels of attributes whose keys need no moving out of the way. Of equal keys the SDK keeps the first.
fn expected_labels(attributes: &[(String, String)]) -> Labels {
    let first: BTreeMap<_, _> = attributes.iter().rev().cloned().collect();
    first.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// PX-47, OM-27, T-02, T-08, PB-05.
    #[test]
    fn px43_px47_om27_t08_pb05_any_names_texts_and_labels_come_back(mut one in recorded()) {
        one.name = one.name.replace('\0', "");
        prop_assume!(!one.name.is_empty());
        let own = ["le", "__name__", ""];
        one.points.truncate(1);
        one.points[0].0.retain(|(key, _)| !own.contains(&key.as_str()) && !key.contains('\0'));
        let expected = expected_labels(&one.points[0].0);
        let (exporter, _provider) =
            exporter(bare().with_translation_strategy(TranslationStrategy::NoTranslation), std::slice::from_ref(&one));
        for format in [Format::PrometheusTextV1, Format::OpenMetrics] {
            let families = text(&exporter, utf8(format));
            prop_assert_eq!(families.len(), 1);
            let family = &families[0];
            let is_counter = family.kind() == "counter" && format == Format::OpenMetrics;
            let name = if is_counter { format!("{}_total", family.name) } else { family.name.clone() };
            prop_assert_eq!(&name, &one.name);
            prop_assert_eq!(family.help(), Some(one.help.clone()).filter(|help| !help.is_empty()));
            for sample in &family.samples {
                prop_assert_eq!(&sample.series(family.kind()), &expected);
            }
        }
        let families = protobuf(&exporter, Escaping::AllowUtf8);
        prop_assert_eq!(families[0].text("name"), Some(one.name.as_str()));
        prop_assert_eq!(families[0].text("help").unwrap_or_default(), &one.help);
        let labels = families[0].only("metric").labels();
        let expected: Vec<_> = expected.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        prop_assert_eq!(labels, expected);
    }

    /// Every rule that the judges know, for several instruments with names that may clash.
    #[test]
    fn px20_px44_px49_px105_om18_om19_any_names_make_legal_pages(
        all in prop::collection::vec(recorded(), 1..6),
        strategy in strategy(),
        has_namespace in any::<bool>(),
    ) {
        let builder = bare().with_translation_strategy(strategy).with_created_lines();
        let builder = if has_namespace { builder.with_namespace("n.s") } else { builder };
        let (exporter, _provider) = exporter(builder, &all);
        for escaping in ESCAPINGS {
            for format in FORMATS {
                if format == Format::Protobuf {
                    protobuf(&exporter, escaping);
                    continue;
                }
                let families = text(&exporter, Exposition::new(format).with_escaping(escaping));
                let is_legal = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c));
                if format == Format::PrometheusText || escaping != Escaping::AllowUtf8 {
                    prop_assert!(families.iter().all(|family| is_legal(&family.name)));
                    let labels = families.iter().flat_map(|family| &family.samples).flat_map(|sample| &sample.labels);
                    prop_assert!(labels.into_iter().all(|(name, _)| is_legal(name) && !name.contains(':')));
                }
            }
        }
    }

    /// With all classic buckets in protocol buffers, both kinds of formats say the same.
    #[test]
    fn px57_px58_pb04_protobuf_has_the_samples_of_text(
        all in prop::collection::vec(recorded(), 1..5),
        strategy in strategy(),
    ) {
        let builder = bare().with_translation_strategy(strategy).with_classic_beside_native();
        let (exporter, _provider) = exporter(builder, &all);
        let in_text = compared(&exporter);
        // OpenMetrics has no others, but fewer: it knows clashes of its own and sums that it forbids.
        for (series, value) in samples(&text(&exporter, utf8(Format::OpenMetrics))) {
            prop_assert_eq!(in_text.get(&series), Some(&value), "{:?}", series);
        }
    }

    /// OM-62: the characters of all names and values, 63 of which are those of the ids.
    #[test]
    fn px122_px123_om60_om62_om63_exemplars_come_back(
        attributes in prop::collection::vec((any_text(), prop_oneof![any_text(), ".{0,70}"]), 0..6),
        value in any::<f64>().prop_filter("a reservoir takes no NaN", |value| !value.is_nan()),
        (trace, id) in (1..u128::MAX, 1..u64::MAX),
    ) {
        let store = store();
        let builder = bare().with_exemplars(store.clone());
        let counter = Recorded {
            kind: COUNTERS.start,
            name: "c".to_owned(),
            unit: String::new(),
            help: String::new(),
            points: vec![(Vec::new(), 1.0)],
        };
        let (exporter, _provider) = exporter(
            builder.with_translation_strategy(TranslationStrategy::NoUTF8EscapingWithSuffixes),
            &[counter],
        );
        let scope = InstrumentationScope::builder("m").build();
        let attributes = attributes.iter().filter(|(key, _)| !key.contains('\0'));
        let given: Vec<_> = attributes.map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        store.reservoir(&scope, "c", &[], Buckets::Single).offer(value, time(7), Some(&span(trace, id)), &given);

        let families = text(&exporter, utf8(Format::OpenMetrics));
        let exemplar = families[0].samples[0].exemplar.clone().unwrap();
        let parsed = crate::support::page::number(&exemplar.value);
        prop_assert_eq!(parsed.to_bits(), value.to_bits());
        prop_assert_eq!(exemplar.timestamp, "1700000007.123");
        let ids = [("trace_id", format!("{trace:032x}")), ("span_id", format!("{id:016x}"))];
        let (first, rest) = exemplar.labels.split_at(2);
        prop_assert_eq!(first, ids.map(|(name, value)| (name.to_owned(), value)));
        prop_assert!(rest.is_sorted_by(|a, b| a.0 < b.0));
        for (name, value) in rest.iter().filter(|(name, _)| name != "exported_name" && name != "key_") {
            let original = given.iter().find(|attribute| attribute.key.as_str() == name.as_str());
            prop_assert_eq!(original.map(|attribute| &attribute.value), Some(&Value::from(value.clone())));
        }
        let families = protobuf(&exporter, Escaping::AllowUtf8);
        let in_protobuf = families[0].only("metric").only("counter").only("exemplar");
        let labels: Labels = in_protobuf.labels().into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        prop_assert_eq!(labels, exemplar.labels);
        prop_assert_eq!(in_protobuf.double("value").map(f64::to_bits), Some(value.to_bits()));
    }
}

/// The kinds of the strategy are those that the rest of the tests expect.
#[test]
fn px25_px50_px52_px54_px55_every_kind_has_its_type() {
    for (kind, expected) in [(0, "counter"), (1, "counter"), (2, "gauge"), (3, "gauge"), (4, "gauge")]
        .into_iter()
        .chain([(HISTOGRAM, "histogram"), (EXPONENTIAL, "histogram")])
    {
        let one = Recorded {
            kind,
            name: "x".to_owned(),
            unit: String::new(),
            help: String::new(),
            points: vec![(Vec::new(), 1.0)],
        };
        let (exporter, _provider) = exporter(bare(), &[one]);
        for format in &FORMATS[..3] {
            assert_eq!(text(&exporter, *format)[0].kind(), expected);
        }
    }
}
