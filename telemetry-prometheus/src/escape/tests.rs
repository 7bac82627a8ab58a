use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use proptest::prelude::*;

use super::*;

const ESCAPINGS: [Escaping; 4] = [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Dots, Escaping::Values];

#[test]
fn px48_vectors() {
    for (name, underscores, dots, values) in [
        ("foo", "foo", "foo", "foo"),
        ("foo_bar:rate", "foo_bar:rate", "foo__bar:rate", "foo_bar:rate"),
        ("foo.bar", "foo_bar", "foo_dot_bar", "U__foo_2e_bar"),
        ("foo.bar_baz", "foo_bar_baz", "foo_dot_bar__baz", "U__foo_2e_bar__baz"),
        ("a..b", "a__b", "a_dot__dot_b", "U__a_2e__2e_b"),
        ("a/b-c d", "a_b_c_d", "a__b__c__d", "U__a_2f_b_2d_c_20_d"),
        ("1st", "_st", "__st", "U___31_st"),
        ("a1", "a1", "a1", "a1"),
        (":a", ":a", ":a", ":a"),
        ("_a", "_a", "__a", "_a"),
        ("_", "_", "__", "_"),
        ("caf\u{e9}", "caf_", "caf__", "U__caf_e9_"),
        ("\u{6570}\u{91cf}", "__", "____", "U___6570__91cf_"),
        ("\u{10ffff}", "_", "__", "U___10ffff_"),
        ("\u{fffd}", "_", "__", "U___fffd_"),
        ("a\n\"b", "a__b", "a____b", "U__a_a__22_b"),
        ("\u{663}x", "_x", "__x", "U___663_x"),
    ] {
        let escaped = ESCAPINGS.map(|escaping| escape_metric_name(name, escaping));
        assert_eq!(escaped, [underscores, name, dots, values]);
    }
}

#[test]
fn px48_a_colon_is_not_legal_in_labels() {
    let escaped = ESCAPINGS.map(|escaping| escape_label_name("a:b", escaping));
    assert_eq!(escaped, ["a_b", "a:b", "a__b", "U__a_3a_b"]);
}

#[test]
fn px48_legal_names_are_borrowed_where_they_stay() {
    for escaping in [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Values] {
        assert!(matches!(escape_metric_name("foo_bar", escaping), Cow::Borrowed("foo_bar")));
    }
}

#[test]
fn px48_something_stands_for_an_empty_name() {
    assert_eq!(ESCAPINGS.map(|escaping| escape_metric_name("", escaping)), ["_", "", "_", "U__"]);
}

/// All names up to a length, of characters that escapes are made of, and the names that they become.
#[test]
fn px48_values_keep_names_apart_but_for_legal_ones_with_the_prefix() {
    let values = |name: &str| escape_metric_name(name, Escaping::Values).into_owned();
    let longer = |names: &[String]| -> Vec<String> {
        names.iter().flat_map(|name| ["a", "_", ".", "2", "e"].map(|c| format!("{name}{c}"))).collect()
    };
    let names = iter::successors(Some(vec![String::new()]), |names| Some(longer(names))).take(6).flatten();
    let names: BTreeSet<String> = names.flat_map(|name| [values(&name), name]).collect();

    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    let mut clashes = 0;
    for name in &names {
        let Some(other) = seen.insert(values(name), name) else { continue };
        let looks_escaped = |name: &str| is_legal_metric_name(name) && name.starts_with("U__");
        assert!(looks_escaped(name) != looks_escaped(other), "{name} and {other}");
        clashes += 1;
    }
    assert_eq!(clashes, names.iter().filter(|name| !is_legal_metric_name(name)).count());
}

#[test]
fn om19_the_legal_characters() {
    for (name, metric, label) in [
        ("a", true, true),
        ("_", true, true),
        ("Az_09", true, true),
        ("a:b", true, false),
        (":", true, false),
        ("", false, false),
        ("0a", false, false),
        ("a.b", false, false),
        ("a b", false, false),
        ("\u{e9}", false, false),
        ("a\u{b2}", false, false),
        ("a\u{663}", false, false),
    ] {
        assert_eq!(is_legal_metric_name(name), metric, "{name}");
        assert_eq!(is_legal_label_name(name), label, "{name}");
    }
}

/// Undoes `Values`, apart from its code, for names that were escaped.
fn unescape(escaped: &str) -> Option<String> {
    let mut name = String::new();
    let mut rest = escaped.strip_prefix("U__")?;
    while let Some((plain, code)) = rest.split_once('_') {
        name.push_str(plain);
        if let Some(after) = code.strip_prefix('_') {
            name.push('_');
            rest = after;
        } else {
            let (digits, after) = code.split_once('_')?;
            name.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
            rest = after;
        }
    }
    name.push_str(rest);
    Some(name)
}

/// Any text, and more often one of the characters that escapes are made of.
fn name_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[U_.:2e1a\u{e9}\u{10348}]{0,8}", "U__[_.2ea]{0,8}"]
}

proptest! {
    #[test]
    fn px48_om19_every_name_becomes_a_legal_one(name in name_text()) {
        for escaping in [Escaping::Underscores, Escaping::Dots, Escaping::Values] {
            let metric = escape_metric_name(&name, escaping);
            prop_assert!(is_legal_metric_name(&metric), "{metric}");
            let label = escape_label_name(&name, escaping);
            prop_assert!(is_legal_label_name(&label), "{label}");
        }
    }

    #[test]
    fn px48_utf8_names_stay_as_they_are(name in name_text()) {
        prop_assert_eq!(escape_metric_name(&name, Escaping::AllowUtf8), name.as_str());
        prop_assert_eq!(escape_label_name(&name, Escaping::AllowUtf8), name.as_str());
    }

    #[test]
    fn px48_underscores_replace_character_by_character(name in ".{1,8}") {
        let escaped = escape_label_name(&name, Escaping::Underscores);
        prop_assert_eq!(escaped.chars().count(), name.chars().count());
        for (before, after) in name.chars().zip(escaped.chars()) {
            prop_assert!(after == before || after == '_');
        }
    }

    /// What can be undone does not make one name of two.
    #[test]
    fn px48_values_can_be_undone(name in name_text()) {
        for (escaped, is_legal) in [
            (escape_metric_name(&name, Escaping::Values), is_legal_metric_name(&name)),
            (escape_label_name(&name, Escaping::Values), is_legal_label_name(&name)),
        ] {
            if is_legal {
                prop_assert_eq!(&*escaped, &*name);
            } else {
                prop_assert_eq!(unescape(&escaped), Some(name.clone()));
            }
        }
    }
}
