//! Strategies other than the default.

use proptest::prelude::*;
use proptest::sample::select;

use TranslationStrategy::{
    NoTranslation, NoUTF8EscapingWithSuffixes, UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes,
};

use super::super::*;
use super::{name_text, unit_text};
use crate::escape::escape_metric_name;
use crate::exposition::Escaping;

fn name(instrument: &str, unit: &str, is_counter: bool, strategy: TranslationStrategy) -> String {
    family_name(instrument, unit, is_counter, None, strategy).unwrap().name
}

#[test]
fn px41_without_suffixes_only_characters_change() {
    for (instrument, expected) in [
        ("foo.bar", "foo_bar"),
        ("x_total", "x_total"),
        ("x_total_total", "x_total_total"),
        ("x_seconds_total", "x_seconds_total"),
        ("a.-b__c", "a_b_c"),
        ("a.", "a"),
        ("1st", "_1st"),
        ("job:rate", "job:rate"),
    ] {
        for is_counter in [true, false] {
            assert_eq!(name(instrument, "s", is_counter, UnderscoreEscapingWithoutSuffixes), expected);
        }
    }
    assert_eq!(family_name("...", "s", true, None, UnderscoreEscapingWithoutSuffixes), None);
}

#[test]
fn px42_suffixes_are_added_to_names_that_stay() {
    for (instrument, unit, expected) in [
        ("foo.bar", "By", "foo.bar_bytes_total"),
        ("foo.bar", "", "foo.bar_total"),
        ("foo.bar_total", "By", "foo.bar_bytes_total"),
        ("foo.bar_bytes_total", "By", "foo.bar_bytes_total"),
        ("x_total_total", "", "x_total"),
        ("a..b", "m/s", "a..b_meters_per_second_total"),
        ("a__b_", "s", "a__b__seconds_total"),
        ("1st", "1", "1st_total"),
        ("\u{e9}", "{request}", "\u{e9}_total"),
        ("...", "", "..._total"),
        ("_total", "", "_total"),
    ] {
        assert_eq!(name(instrument, unit, true, NoUTF8EscapingWithSuffixes), expected);
    }
    assert_eq!(name("foo.bar_total", "By", false, NoUTF8EscapingWithSuffixes), "foo.bar_total_bytes");
}

#[test]
fn px42_only_an_underscore_stands_before_a_suffix() {
    for (instrument, unit, expected) in [
        ("foo.total", "", "foo.total_total"),
        ("foo.seconds", "s", "foo.seconds_seconds_total"),
        ("a_milliseconds", "s", "a_milliseconds_seconds_total"),
        ("\u{e9}seconds", "s", "\u{e9}seconds_seconds_total"),
        ("seconds", "s", "seconds_total"),
    ] {
        assert_eq!(name(instrument, unit, true, NoUTF8EscapingWithSuffixes), expected);
    }
}

#[test]
fn px43_nothing_changes() {
    for instrument in ["foo.bar", "a__b_", "1st", "...", "x_total_total", "\u{e9}", " ", "a\n\"b\\", "_"] {
        for is_counter in [true, false] {
            assert_eq!(name(instrument, "s", is_counter, NoTranslation), instrument);
        }
    }
}

#[test]
fn px23_a_name_without_characters_is_none() {
    for strategy in [NoUTF8EscapingWithSuffixes, NoTranslation] {
        assert_eq!(family_name("", "s", true, None, strategy), None);
        assert_eq!(family_name("", "s", true, Some("ns"), strategy), None);
    }
}

#[test]
fn px34_px35_the_unit_is_known_also_where_the_name_lacks_it() {
    for strategy in TranslationStrategy::ALL {
        let name = family_name("foo.bar", "By", false, None, strategy).unwrap();
        assert_eq!(name.unit, "bytes");
        assert_eq!(name.name.ends_with("_bytes"), strategy.adds_suffixes());
    }
}

#[test]
fn px36_the_namespace_is_translated_like_a_name() {
    let name = |namespace_: &str, instrument, strategy| {
        let namespace = namespace(namespace_, strategy);
        family_name(instrument, "s", true, namespace.as_deref(), strategy).unwrap().name
    };
    for (strategy, expected) in [
        (UnderscoreEscapingWithSuffixes, "my_app_foo_bar_seconds_total"),
        (UnderscoreEscapingWithoutSuffixes, "my_app_foo_bar"),
        (NoUTF8EscapingWithSuffixes, "my.app_foo.bar_seconds_total"),
        (NoTranslation, "my.app_foo.bar"),
    ] {
        assert_eq!(name("my.app", "foo.bar", strategy), expected);
        assert_eq!(name("my.app_", "foo.bar", strategy), expected);
    }
    assert_eq!(name("9--", "1st", NoTranslation), "9--_1st");
    // One underscore is the exporter's; the other is the instrument's, which keeps it.
    assert_eq!(name("app", "_x", NoTranslation), "app__x");
    assert_eq!(namespace("", NoTranslation), None);
    assert_eq!(namespace("--", UnderscoreEscapingWithoutSuffixes), None);
}

proptest! {
    #[test]
    fn px44_om19_every_strategy_with_escaping_gives_legal_names(
        instrument in name_text(),
        unit in unit_text(),
        is_counter in any::<bool>(),
        namespace_ in proptest::option::of(name_text()),
        strategy in select(TranslationStrategy::ALL.to_vec()),
        escaping in select(vec![Escaping::Underscores, Escaping::Dots, Escaping::Values]),
    ) {
        let namespace = namespace_.and_then(|text| namespace(&text, strategy));
        if let Some(family) = family_name(&instrument, &unit, is_counter, namespace.as_deref(), strategy) {
            let escaped = escape_metric_name(&family.name, escaping);
            prop_assert!(is_legal_metric_name(&escaped), "{escaped}");
            if is_counter && strategy.adds_suffixes() {
                prop_assert!(escaped.ends_with("_total"));
            }
            if !strategy.keeps_utf8() {
                prop_assert!(is_legal_metric_name(&family.name));
            }
        } else {
            prop_assert!(instrument.is_empty() || !strategy.keeps_utf8());
        }
    }

    #[test]
    fn px43_no_translation_is_the_identity(instrument in "[^\0]{1,20}", unit in unit_text(), is_counter in any::<bool>()) {
        let name = name(&instrument, &unit, is_counter, NoTranslation);
        prop_assert_eq!(escape_metric_name(&name, Escaping::AllowUtf8), instrument);
    }

    #[test]
    fn px42_translation_is_stable(
        instrument in name_text(),
        unit in select(vec!["", "1", "s", "By", "m/s"]),
        is_counter in any::<bool>(),
    ) {
        prop_assume!(!instrument.is_empty());
        let once = name(&instrument, unit, is_counter, NoUTF8EscapingWithSuffixes);
        prop_assert_eq!(name(&once, unit, is_counter, NoUTF8EscapingWithSuffixes), once);
    }
}

/// Prometheus 3 refuses a page with this character in a name, but not in a value.
#[test]
fn px42_px43_nul_is_no_character_of_a_name() {
    assert_eq!(name("a\0b", "", false, NoTranslation), "a_b");
    assert_eq!(name("a\0.b", "s", true, NoUTF8EscapingWithSuffixes), "a_.b_seconds_total");
}
