use super::*;
use proptest::prelude::*;

fn names(headers: &[&str]) -> Vec<String> {
    let headers: Vec<_> = headers.iter().map(|header| HeaderValue::from_str(header).unwrap()).collect();
    clauses(&headers).map(|clause| String::from_utf8_lossy(clause.name).into_owned()).collect()
}

/// What `test` says of the only clause of a header.
fn only<T>(header: &str, test: impl FnOnce(Clause<'_>) -> T) -> Option<T> {
    let header = HeaderValue::from_str(header).unwrap();
    clauses([&header]).next().map(test)
}

fn quality(text: &str) -> Option<f32> {
    only(&format!("a;q={text}"), |clause| clause.quality.0)
}

#[test]
fn px141_several_headers_are_one_list() {
    assert_eq!(names(&["a , b;q=1", "c"]), ["a", "b", "c"]);
    assert_eq!(names(&["a;x=\",\", b"]), ["a", "b"]);
    assert_eq!(names(&["a,,\t, b,"]), ["a", "", "", "b", ""]);
    assert!(names(&[]).is_empty());
}

#[test]
fn px141_a_quality_that_is_missing_is_one() {
    assert_eq!(only("a", |clause| clause.quality), Some(Quality::FULL));
    assert_eq!(only("a;quality=0;qs=0.1", |clause| clause.quality), Some(Quality::FULL));
}

#[test]
fn px141_qualities_are_read_with_lenience() {
    for (text, expected) in [
        ("0", 0.0),
        ("0.", 0.0),
        ("0.000", 0.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("0.12345", 0.12345),
        ("1.000", 1.0),
        ("1.5", 1.0),
        ("1000000", 1.0),
        ("\"0.5\"", 0.5),
        (" 0.5 ;x", 0.5),
        ("0.5;q=0", 0.5),
    ] {
        assert_eq!(quality(text), Some(expected), "{text}");
    }
    assert_eq!(only("a ; Q = 0.5", |clause| clause.quality), Some(Quality(0.5)));
    assert!(only("a;q=0.000", |clause| clause.quality.is_refused()).unwrap());
    assert!(!only("a;q=0.0001", |clause| clause.quality.is_refused()).unwrap());
}

#[test]
fn px141_a_clause_with_a_broken_quality_is_skipped() {
    for text in ["", "x", "-0.5", "-0", "NaN", "inf", "-inf", "1e999", "0.5x", "0.5.5", "\u{663}", "\"\"", "\\0"] {
        assert_eq!(quality(text), None, "{text}");
    }
    assert_eq!(names(&["a;q=x, b"]), ["b"]);
}

#[test]
fn px141_parameters_are_found_by_name() {
    let is =
        |header: &str, expected| only(header, |clause| clause.parameter("version").map(|value| value.is(expected)));
    for header in [
        "a;version=1.0",
        "a; VERSION = 1.0 ;x=2",
        "a;version=\"1.0\"",
        "a;version=\"1\\.\\0\"",
        "a;x=\";version=2.0\";version=1.0",
        "a;x=\"\\\";version=2.0\";version=1.0",
        "a;x;;version=1.0;version=2.0",
        "a;q=0.5;version=1.0",
    ] {
        assert_eq!(is(header, "1.0"), Some(Some(true)), "{header}");
    }
    for header in
        ["a;version=1.00", "a;version", "a;version=", "a;version=\\1.0", "a;version=1.0\"\"", "a;version=1.0=2"]
    {
        assert_eq!(is(header, "1.0"), Some(Some(false)), "{header}");
    }
    for header in ["a", "a;versions=1.0", "version=1.0", "a;x=\";version=1.0\""] {
        assert_eq!(is(header, "1.0"), Some(None), "{header}");
    }
    assert_eq!(is("a;version=\"\\\"\\\\\"", "\"\\"), Some(Some(true)));
}

#[test]
fn px141_a_quote_that_stays_open_ends_with_its_header() {
    assert_eq!(names(&["a, b;x=\"1, c", "d"]), ["a", "d"]);
    assert_eq!(names(&["a;x=\"\\\", b"]), [""; 0]);
    // Outside of quotes a backslash is nothing special.
    assert_eq!(names(&["a;x=\\\"\", b"]), ["a", "b"]);
}

#[test]
fn px141_the_number_of_clauses_is_limited() {
    let header = format!("{}last", ",".repeat(MAX_CLAUSES - 1));
    assert!(names(&[&header]).contains(&"last".to_owned()));
    assert_eq!(names(&[",", &header]).len(), MAX_CLAUSES);
    assert!(!names(&[",", &header]).contains(&"last".to_owned()));
}

proptest! {
    #[test]
    fn px141_any_value_comes_through_quotes(value in "[ -~]{0,20}") {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let found = only(&format!("a;x=\"{quoted}\";y=2, b"), |clause| {
            (clause.parameter("x").unwrap().is(&value), clause.parameter("y").unwrap().is("2"))
        });
        prop_assert_eq!(found, Some((true, true)));
    }
}
