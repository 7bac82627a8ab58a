use proptest::prelude::*;

use super::*;

mod own;
mod strategies;

const DEFAULT: TranslationStrategy = TranslationStrategy::UnderscoreEscapingWithSuffixes;

fn gauge(name: &str, unit: &str) -> String {
    family_name(name, unit, false, None, DEFAULT).unwrap().name
}

fn counter(name: &str, unit: &str) -> String {
    family_name(name, unit, true, None, DEFAULT).unwrap().name
}

#[test]
fn px20_characters_outside_of_ascii_names_become_underscores() {
    for (name, expected) in [
        ("http.server.duration", "http_server_duration"),
        ("job:rate", "job:rate"),
        ("a-b/c d", "a_b_c_d"),
        ("caf\u{e9}.au.lait", "caf_au_lait"),
        ("x\u{b2}y", "x_y"),
        ("x\u{663}y", "x_y"),
        ("Foo", "Foo"),
    ] {
        assert_eq!(gauge(name, ""), expected);
    }
}

#[test]
fn px21_runs_of_underscores_collapse() {
    assert_eq!(gauge("a.-b", ""), "a_b");
    assert_eq!(gauge("a__b", ""), "a_b");
    assert_eq!(gauge(".a", ""), "_a");
}

#[test]
fn px22_a_digit_in_front_is_kept_and_the_end_is_trimmed() {
    assert_eq!(gauge("1st.thing", ""), "_1st_thing");
    assert_eq!(gauge("a.", ""), "a");
    assert_eq!(gauge("a_", "s"), "a_seconds");
}

#[test]
fn px23_a_name_without_legal_characters_is_none() {
    for name in ["", "...", "\u{e9}", "__"] {
        assert_eq!(family_name(name, "s", true, None, DEFAULT), None);
        assert_eq!(family_name(name, "s", true, Some("ns"), DEFAULT), None);
    }
}

#[test]
fn px31_the_unit_is_added_once_and_on_a_word_boundary() {
    for (name, unit, expected) in [
        ("x.seconds", "s", "x_seconds"),
        ("x", "s", "x_seconds"),
        ("seconds", "s", "seconds"),
        ("a_milliseconds", "s", "a_milliseconds_seconds"),
        ("seconds_spent", "s", "seconds_spent_seconds"),
        ("speed", "m/s", "speed_meters_per_second"),
        ("x_total", "By", "x_total_bytes"),
        ("ratio", "1", "ratio"),
        ("x", "foo", "x_foo"),
        ("x", "{request}", "x"),
    ] {
        assert_eq!(gauge(name, unit), expected);
    }
}

#[test]
fn px32_px33_the_unit_stands_before_total_and_total_stands_once() {
    for (name, unit, expected) in [
        ("x", "", "x_total"),
        ("x", "By", "x_bytes_total"),
        ("x.total", "", "x_total"),
        ("x_total", "By", "x_bytes_total"),
        ("x_seconds_total", "s", "x_seconds_total"),
        ("x_total_", "", "x_total"),
        ("x_total_total", "", "x_total"),
        ("http.requests.total", "{request}", "http_requests_total"),
        ("x", "total", "x_total"),
        ("x_total", "seconds_total", "x_seconds_total"),
    ] {
        assert_eq!(counter(name, unit), expected);
    }
}

#[test]
fn px34_the_unit_is_known_beside_the_name() {
    let name = family_name("x", "ms", false, None, DEFAULT).unwrap();
    assert_eq!(name.unit, "milliseconds");
}

#[test]
fn px36_the_namespace_stands_in_front_with_one_underscore() {
    let name = |namespace_: &str, name| {
        let namespace = namespace(namespace_, DEFAULT);
        family_name(name, "s", true, namespace.as_deref(), DEFAULT).unwrap().name
    };
    assert_eq!(name("app", "x"), "app_x_seconds_total");
    assert_eq!(name("app_", "_x"), "app_x_seconds_total");
    assert_eq!(name("my.app", "1st"), "my_app_1st_seconds_total");
    assert_eq!(name("9", "x"), "_9_x_seconds_total");
    assert_eq!(namespace("--", DEFAULT), None);
}

#[test]
fn px110_case_is_kept() {
    assert_ne!(gauge("Foo", ""), gauge("foo", ""));
}

#[test]
fn a_name_of_prometheus_is_repaired_only_where_it_breaks_the_output() {
    assert!(matches!(repaired("a__b:c_"), Cow::Borrowed("a__b:c_")));
    assert_eq!(repaired("a.b"), "a_b");
    assert_eq!(repaired("1a"), "_1a");
    assert_eq!(repaired(""), "_");
}

/// Any text, and as often one of the words that the translation itself adds or removes.
fn name_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "(x|total|seconds|_|\\.){1,4}"]
}

fn unit_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "(total|seconds|s|By|1|_|/|\\{x\\}){0,3}"]
}

proptest! {
    #[test]
    fn px20_px21_any_name_becomes_a_legal_one(
        name in name_text(),
        unit in unit_text(),
        is_counter in any::<bool>(),
    ) {
        if let Some(FamilyName { name, .. }) = family_name(&name, &unit, is_counter, None, DEFAULT) {
            prop_assert!(is_legal_metric_name(&name));
                    prop_assert!(!name.contains("__"));
            prop_assert!(!name.ends_with('_'));
            if is_counter {
                prop_assert!(name.ends_with("_total"));
                prop_assert!(!name.ends_with("_total_total"));
            }
        }
    }

    #[test]
    fn px20_translation_is_stable(name in "[a-z][a-z0-9_.:-]{0,20}") {
        let once = gauge(&name, "s");
        prop_assert_eq!(gauge(&once, "s"), once);
    }
}
