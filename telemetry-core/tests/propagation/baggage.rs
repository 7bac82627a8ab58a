//! Which baggage is taken, and what is sent.

use http::HeaderMap;
use telemetry_core::opentelemetry::baggage::{Baggage, KeyValueMetadata};
use telemetry_core::propagation::BaggagePropagator;

use crate::{carried, headers, lines};

/// `name=value;metadata` of each member, decoded.
fn taken<T: AsRef<[u8]>>(lines: &[T]) -> Vec<String> {
    let mut incoming = HeaderMap::new();
    for line in lines {
        incoming.append("baggage", http::HeaderValue::from_bytes(line.as_ref()).unwrap());
    }
    let text = |(name, value, metadata): (String, String, String)| match metadata.as_str() {
        "" => format!("{name}={value}"),
        metadata => format!("{name}={value};{metadata}"),
    };
    carried(&incoming).into_iter().map(text).collect()
}

fn sent(members: impl IntoIterator<Item = (&'static str, String, &'static str)>) -> Vec<String> {
    let members = members.into_iter().map(|(name, value, metadata)| KeyValueMetadata::new(name, value, metadata));
    let mut outgoing = headers(&[("baggage", "stale=1"), ("baggage", "stale=2")]);
    BaggagePropagator::inject_baggage(&members.collect::<Baggage>(), &mut outgoing);
    lines(&outgoing, "baggage").into_iter().map(str::to_owned).collect()
}

fn sent_value(value: &str) -> String {
    sent([("a", value.to_owned(), "")]).concat()
}

#[test]
fn cp_10_the_examples_of_the_specification_are_taken() {
    assert_eq!(
        taken(&["key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"]),
        ["key1=value1;property1;property2", "key2=value2", "key3=value3;propertyKey=propertyValue"]
    );
    let expected = ["isProduction=false", "serverNode=DF 28", "userId=alice"];
    assert_eq!(taken(&["userId=alice,serverNode=DF%2028,isProduction=false"]), expected);
    assert_eq!(taken(&["userId=alice", "serverNode=DF%2028,isProduction=false"]), expected);
    assert_eq!(taken(&["userId =   alice", "serverNode = DF%2028, isProduction = false"]), expected);
}

#[test]
fn cp_10_values_are_percent_decoded() {
    for (value, decoded) in [
        ("", ""),
        ("%41%c3%A4", "A\u{e4}"),
        ("%20a%20", " a "),
        ("a+b", "a+b"),
        ("a=b=", "a=b="),
        ("%2C%3B%25", ",;%"),
        ("%", "%"),
        ("100%", "100%"),
        ("%4", "%4"),
        ("%zz%41", "%zzA"),
        ("%%41", "%A"),
        ("%00", "\0"),
        ("a%ffb", "a\u{fffd}b"),
        ("%c3", "\u{fffd}"),
        ("%e2%82%AC", "\u{20ac}"),
    ] {
        assert_eq!(taken(&[format!("a={value}")]), [format!("a={decoded}")], "{value}");
    }
}

#[test]
fn cp_05_cp_10_members_that_are_invalid_are_dropped_alone() {
    for member in [
        "",
        " ",
        "a",
        "=1",
        "a b=1",
        "a;b=1",
        "(=1",
        "a=\"1\"",
        "a=1 2",
        "a=\\",
        "a=1;p=\"",
        "a=1;\\",
        "a%",
        "\u{e4}=1",
        "a=\u{e4}",
        "a=1;\u{e4}",
    ] {
        let line = format!("x=1,{member},y=2");
        let incoming = headers(&[("baggage", line.as_bytes())]);
        let baggage = BaggagePropagator::extract_baggage(&incoming).unwrap();
        assert_eq!(crate::members(&baggage).len(), 2, "{line}");
        let none = BaggagePropagator::extract_baggage(&headers(&[("baggage", member.as_bytes())]));
        assert!(none.is_none(), "{member}");
    }
    assert_eq!(
        BaggagePropagator::extract_baggage(&headers(&[("baggage", b"x=1,a=\xff".as_slice())])).unwrap().len(),
        1
    );
    assert!(BaggagePropagator::extract_baggage(&HeaderMap::new()).is_none());
}

#[test]
fn cp_10_the_last_of_two_members_counts() {
    assert_eq!(taken(&["a=1,b=2,a=3;p", "a=4"]), ["a=4", "b=2"]);
}

#[test]
fn cp_10_names_are_tokens_and_mean_themselves() {
    assert_eq!(taken(&["!#$%&'*+-.^_`|~09azAZ=1"]), ["!#$%&'*+-.^_`|~09azAZ=1"]);
    assert_eq!(taken(&["a%20b=1"]), ["a%20b=1"]);
}

#[test]
fn cp_10_no_more_than_64_names_are_taken() {
    let line: Vec<_> = (0..80).map(|number| format!("k{number:02}=1")).collect();
    for lines in [line.clone(), vec![line.join(",")]] {
        assert_eq!(taken(&lines), line[..64]);
    }
}

#[test]
fn cp_10_no_more_than_8192_bytes_are_taken() {
    let value = "v".repeat(8188);
    assert_eq!(taken(&[format!("aa={value}")]).len(), 1, "8191 bytes");
    assert_eq!(taken(&[format!("aaa={value}")]).len(), 1, "8192 bytes");
    assert_eq!(taken(&[format!("aaaa={value}")]), [""; 0], "8193 bytes");
    assert_eq!(taken(&[format!("aaa={value},b=1")]).len(), 1, "what comes after is dropped");
    assert_eq!(taken(&[format!("b=1,aaa={value}")]), ["b=1"], "and so is what does not fit");
    assert_eq!(taken(&["b=1".to_owned(), format!("aaa={value}"), "c=1".to_owned()]), ["b=1"], "in any line");
    assert_eq!(taken(&["b=1".to_owned(), format!("c={}", "v".repeat(8186)), "d=1".to_owned()]).len(), 2);
    assert_eq!(taken(&[",".repeat(8191), "a=1".to_owned()]), [""; 0]);
    assert_eq!(taken(&[",".repeat(8188), "a=1".to_owned()]), ["a=1"]);
}

#[test]
fn cp_03_what_is_sent_replaces_what_was_there() {
    assert_eq!(sent([("b", "2".to_owned(), ""), ("a", "1".to_owned(), "p;q=1")]), ["a=1;p;q=1,b=2"]);
    assert_eq!(sent([]), [""; 0]);
}

#[test]
fn cp_10_sent_values_are_percent_encoded() {
    let kept = "!#$&'()*-./0123456789:<=>?@ABCXYZ[]^_`abcxyz{|}~";
    assert_eq!(sent_value(kept), format!("a={kept}"));
    assert_eq!(sent_value(" \"%+,;\\"), "a=%20%22%25%2B%2C%3B%5C");
    assert_eq!(sent_value("\r\n\0\u{7f}\u{e4}\u{20ac}"), "a=%0D%0A%00%7F%C3%A4%E2%82%AC");
    assert_eq!(sent_value(""), "a=");
}

#[test]
fn cp_10_metadata_that_no_header_can_have_is_not_sent() {
    for metadata in ["p,evil=1", "p\r\nevil: 1", "\"", "\u{e4}", "a\\b"] {
        assert_eq!(sent([("a", "1".to_owned(), metadata)]), ["a=1"], "{metadata:?}");
    }
    assert_eq!(sent([("a", "1".to_owned(), " p = 1 ; q\t")]), ["a=1;p = 1 ; q"]);
}

#[test]
fn cp_10_members_that_make_the_header_too_long_are_not_sent() {
    let long = "\u{e4}".repeat(2000);
    assert_eq!(sent([("a", "1".to_owned(), ""), ("b", long.clone(), ""), ("c", "3".to_owned(), "")]), ["a=1,c=3"]);
    assert_eq!(sent([("b", long, "")]), [""; 0]);
    let whole = sent([("a", "1".to_owned(), ""), ("b", "v".repeat(8186), "")]);
    assert_eq!(whole.concat().len(), 8192);
    assert_eq!(sent([("a", "1".to_owned(), ""), ("b", "v".repeat(8187), "")]), ["a=1"]);
}
