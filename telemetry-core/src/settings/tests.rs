use super::Settings;

pub(crate) fn environment(variables: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    settings.replace_environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect());
    settings
}

#[test]
fn co_01_what_is_empty_is_not_set() {
    let settings = environment(&[("A", ""), ("B", "  ")]);
    assert!(!settings.is_set("A") && !settings.is_set("B") && !settings.is_set("C"));
    assert!(settings.take_warnings().is_empty());
}

#[test]
fn co_01_code_wins_over_the_environment() {
    let mut settings = environment(&[("A", "environment")]);
    settings.set("A", "code");
    assert_eq!(settings.text("A").as_deref(), Some("code"));
}

#[test]
fn co_01_a_particular_name_goes_first_unless_the_general_one_alone_is_set_in_code() {
    let first = |settings: &Settings| settings.first(["A_B", "A"], |name| settings.number(name, 0..=9));
    assert_eq!(first(&environment(&[("A_B", "1"), ("A", "2")])), Some(1));
    assert_eq!(first(&environment(&[("A", "2")])), Some(2));
    assert_eq!(first(&environment(&[("A_B", "many"), ("A", "2")])), Some(2));
    let mut settings = environment(&[("A_B", "1"), ("A", "2")]);
    settings.set("A", "3");
    assert_eq!(first(&settings), Some(3));
    settings.set("A_B", "4");
    assert_eq!(first(&settings), Some(4));
}

#[test]
fn co_01_a_value_that_is_wrong_in_code_is_an_error_and_the_environment_does_not_step_in() {
    let mut settings = environment(&[("A", "1")]);
    settings.set("A", "many");
    assert_eq!(settings.number("A", 0..=9), None);
    assert!(settings.take_warnings().is_empty());
    assert_eq!(settings.take_wrong().unwrap().name, "A");
}

#[test]
fn co_02_only_true_is_true() {
    for (value, is_true, warnings) in [
        ("true", true, 0),
        ("TRUE", true, 0),
        ("false", false, 0),
        ("1", false, 1),
        ("yes", false, 1),
        ("on", false, 1),
    ] {
        let settings = environment(&[("A", value)]);
        assert_eq!(settings.is_true("A"), is_true, "{value}");
        assert_eq!(settings.take_warnings().len(), warnings, "{value}");
    }
    assert!(!environment(&[]).is_true("A"));
}

#[test]
fn co_03_numbers_that_are_none_or_out_of_range_are_not_set() {
    for value in ["-1", "1.5", "many", "0x10", "10", "99999999999999999999999"] {
        let settings = environment(&[("A", value)]);
        assert_eq!(settings.number("A", 0..=9), None, "{value}");
        let warnings = settings.take_warnings();
        assert!(warnings.len() == 1 && warnings[0].contains('A') && warnings[0].contains("0 to 9"), "{warnings:?}");
    }
    assert_eq!(environment(&[("A", "9")]).number("A", 0..=9), Some(9));
}

#[test]
fn co_04_words_are_known_in_any_case_and_others_are_told_of() {
    let known = [("grpc", 1), ("http/protobuf", 2)];
    assert_eq!(environment(&[("A", "GRPC")]).choice("A", &known), Some(1));
    let settings = environment(&[("A", "carrier/pigeon")]);
    assert_eq!(settings.choice("A", &known), None);
    let warnings = settings.take_warnings();
    assert!(warnings[0].contains("grpc, http/protobuf") && warnings[0].contains("carrier/pigeon"), "{warnings:?}");
}

#[test]
fn a_long_value_is_not_shown_at_length() {
    let settings = environment(&[("A", &"ü".repeat(10_000))]);
    assert_eq!(settings.choice("A", &[("b", ())]), None);
    assert!(settings.take_warnings()[0].len() < 250);
}

#[cfg(unix)]
#[test]
fn what_is_no_unicode_is_wrong_and_not_missing() {
    use std::os::unix::ffi::OsStringExt;
    let mut settings = Settings::default();
    settings.replace_environment([("A".to_owned(), std::ffi::OsString::from_vec(vec![0xff]))].into());
    assert!(settings.is_set("A"));
    assert_eq!(settings.number("A", 0..=9), None);
    assert_eq!(settings.take_warnings().len(), 1);
}
