use proptest::prelude::*;
use proptest::sample::select;

use super::*;

use TranslationStrategy::{NoTranslation, NoUTF8EscapingWithSuffixes, UnderscoreEscapingWithSuffixes};

const ESCAPINGS: [Escaping; 4] = [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Dots, Escaping::Values];

fn name(key: &str) -> String {
    label_name(key, Origin::OpenTelemetry, None, UnderscoreEscapingWithSuffixes, Escaping::Underscores).0
}

/// The name of a key that no strategy changes.
fn escaped(key: &str, escaping: Escaping) -> (String, bool) {
    label_name(key, Origin::OpenTelemetry, None, NoTranslation, escaping)
}

#[test]
fn px94_keys_become_legal_label_names() {
    for (key, expected) in [
        ("http.request.method", "http_request_method"),
        ("a:b", "a_b"),
        ("a.-_b", "a_b"),
        ("a.", "a_"),
        ("1st", "key_1st"),
        ("_private", "key_private"),
        ("__meta", "key_meta"),
        (".x", "key_x"),
        ("", "key_"),
        ("\u{e9}", "key_"),
        ("k\u{e9}y", "k_y"),
        ("otel.metric.overflow", "otel_metric_overflow"),
    ] {
        assert_eq!(name(key), expected);
        for strategy in TranslationStrategy::ALL.into_iter().filter(|strategy| !strategy.keeps_utf8()) {
            let name = label_name(key, Origin::OpenTelemetry, None, strategy, Escaping::AllowUtf8);
            assert_eq!(name, (expected.to_owned(), false));
        }
    }
}

#[test]
fn px94_labels_of_prometheus_stay_if_they_are_legal() {
    for strategy in TranslationStrategy::ALL {
        let name = |key| label_name(key, Origin::Prometheus, None, strategy, Escaping::AllowUtf8).0;
        assert_eq!(name("a__b"), "a__b");
        assert_eq!(name("_a"), "_a");
        assert_eq!(name("a.b"), "a_b");
        assert_eq!(name("__name__"), "exported_name");
    }
}

#[test]
fn px43_keys_stay_as_they_are() {
    for strategy in [NoUTF8EscapingWithSuffixes, NoTranslation] {
        for key in ["http.route", "a:b", "a.-_b", "1st", "_private", "__meta", "\u{e9}", "a\n\"\\", " ", "key_"] {
            let name = label_name(key, Origin::OpenTelemetry, None, strategy, Escaping::AllowUtf8);
            assert_eq!(name, (key.to_owned(), false));
        }
    }
}

#[test]
fn px43_a_key_without_characters_gets_some() {
    assert_eq!(ESCAPINGS.map(|escaping| escaped("", escaping).0), ["key_", "key_", "key__", "key_"]);
}

#[test]
fn px44_keys_are_escaped_after_their_translation() {
    for (key, expected) in [
        ("http.route", ["http_route", "http.route", "http_dot_route", "U__http_2e_route"]),
        ("a:b", ["a_b", "a:b", "a__b", "U__a_3a_b"]),
        ("1st", ["_st", "1st", "__st", "U___31_st"]),
        ("a_b", ["a_b", "a_b", "a__b", "a_b"]),
        ("l.e", ["l_e", "l.e", "l_dot_e", "U__l_2e_e"]),
    ] {
        assert_eq!(ESCAPINGS.map(|escaping| escaped(key, escaping).0), expected);
    }
    let translated =
        |escaping| label_name("http.route", Origin::OpenTelemetry, None, UnderscoreEscapingWithSuffixes, escaping).0;
    assert_eq!(ESCAPINGS.map(translated), ["http_route", "http_route", "http__route", "http_route"]);
}

#[test]
fn px97_names_that_belong_to_a_type_are_moved_out_of_the_way() {
    for strategy in TranslationStrategy::ALL {
        let name = |key, reserved, escaping| label_name(key, Origin::OpenTelemetry, reserved, strategy, escaping);
        for escaping in [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Values] {
            assert_eq!(name("le", Some("le"), escaping), ("exported_le".to_owned(), true));
            assert_eq!(name("quantile", Some("quantile"), escaping), ("exported_quantile".to_owned(), true));
        }
        assert_eq!(name("le", Some("le"), Escaping::Dots), ("exported__le".to_owned(), true));
        assert_eq!(name("le", None, Escaping::Underscores), ("le".to_owned(), false));
        assert_eq!(name("le", Some("quantile"), Escaping::Underscores), ("le".to_owned(), false));
        assert!(!name("l.e", Some("le"), Escaping::Underscores).1);
    }
}

#[test]
fn px97_the_label_of_the_metric_name_is_moved_out_of_the_way() {
    for strategy in TranslationStrategy::ALL {
        for (escaping, expected) in ESCAPINGS.into_iter().zip(["exported_name"; 4]) {
            let expected = if escaping == Escaping::Dots { "exported__name" } else { expected };
            let name = label_name("__name__", Origin::OpenTelemetry, None, strategy, escaping);
            assert_eq!(name, (expected.to_owned(), true));
        }
    }
}

#[test]
fn px97_keys_that_become_the_metric_name_by_escaping_are_moved_too() {
    for key in ["..name..", "._name_.", "\u{e9}.name__", "__name_:"] {
        assert_eq!(escaped(key, Escaping::Underscores), ("exported_name".to_owned(), true), "{key}");
        assert_eq!(escaped(key, Escaping::AllowUtf8), (key.to_owned(), false));
    }
    for (key, origin) in
        [("_name_", Origin::Prometheus), ("_name_", Origin::OpenTelemetry), ("-name\u{e9}", Origin::OpenTelemetry)]
    {
        let name = label_name(key, origin, None, NoTranslation, Escaping::Dots);
        assert_eq!(name, ("exported__name".to_owned(), true), "{key}");
    }
    // What only looks similar is no one's.
    assert_eq!(escaped("..meta", Escaping::Underscores), ("__meta".to_owned(), false));
}

/// Any text, and as often something near to a name that is taken.
fn key_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[_.:\u{e9}]{0,2}name[_.:\u{e9}]{0,2}", "le|quantile|l.e|_le", "[a1_.]{0,4}"]
}

proptest! {
    #[test]
    fn px94_any_key_becomes_a_legal_label_name(key in key_text()) {
        let name = name(&key);
        prop_assert!(is_legal_label_name(&name));
        prop_assert!(!name.starts_with('_'));
        prop_assert!(!name.contains("__"));
    }

    #[test]
    fn px97_om19_no_key_breaks_the_output(
        key in key_text(),
        origin in select(vec![Origin::OpenTelemetry, Origin::Prometheus]),
        reserved in select(vec![None, Some("le"), Some("quantile")]),
        strategy in select(TranslationStrategy::ALL.to_vec()),
        escaping in select(ESCAPINGS.to_vec()),
    ) {
        let (name, _) = label_name(&key, origin, reserved, strategy, escaping);
        prop_assert!(!name.is_empty());
        prop_assert_ne!(&name, METRIC_NAME);
        prop_assert_ne!(Some(name.as_str()), reserved);
        if escaping != Escaping::AllowUtf8 {
            prop_assert!(is_legal_label_name(&name), "{name}");
        }
    }

    #[test]
    fn px43_no_translation_is_the_identity(key in key_text()) {
        let (name, is_renamed) = escaped(&key, Escaping::AllowUtf8);
        prop_assert_eq!(is_renamed, key == METRIC_NAME);
        if !is_renamed && !key.is_empty() {
            prop_assert_eq!(name, key.replace('\0', "_"));
        }
    }
}
