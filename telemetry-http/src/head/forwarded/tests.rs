use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    let lines = lines.iter().map(|(name, value)| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a legal header value"))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name, value);
    }
    headers
}

fn host_in(forwarded: &str) -> Result<Option<String>, Malformed> {
    let headers = headers(&[("forwarded", forwarded.as_bytes())]);
    host(&headers).map(|host| host.map(Cow::into_owned))
}

fn host_told(forwarded: &str) -> Option<String> {
    host_in(forwarded).expect("can be read")
}

fn scheme_in(lines: &[(&'static str, &[u8])]) -> Option<&'static str> {
    scheme(&headers(lines)).map(Scheme::as_str)
}

#[test]
fn hs_11_scheme_comes_from_the_first_element() {
    assert_eq!(scheme_in(&[("forwarded", b"proto=https")]), Some("https"));
    assert_eq!(scheme_in(&[("forwarded", b"for=192.0.2.60;proto=http;by=203.0.113.43")]), Some("http"));
    assert_eq!(scheme_in(&[("forwarded", b"for=\"[2001:db8::1]:4711\";Proto=\"HTTPS\", proto=http")]), Some("https"));
    assert_eq!(scheme_in(&[("x-forwarded-proto", b" HttpS , http")]), Some("https"));
    assert_eq!(scheme_in(&[("x-forwarded-proto", b"http"), ("x-forwarded-proto", b"https")]), Some("http"));
}

#[test]
fn hs_11_other_schemes_and_absent_ones_are_none() {
    assert_eq!(scheme_in(&[]), None);
    for other in ["gopher", "https:", "https/2", "ws", "\"\"", "h", "http s"] {
        let forwarded = format!("proto={other}");
        assert_eq!(scheme_in(&[("forwarded", forwarded.as_bytes())]), None, "{other}");
        assert_eq!(scheme_in(&[("x-forwarded-proto", other.as_bytes())]), None, "{other}");
    }
    assert_eq!(scheme_in(&[("x-forwarded-proto", b"\xff, https")]), None);
    assert_eq!(scheme_in(&[("forwarded", b"for=192.0.2.1, proto=https")]), None);
}

#[test]
fn hs_11_the_older_header_decides_only_where_forwarded_says_nothing() {
    let older = ("x-forwarded-proto", b"https".as_slice());
    assert_eq!(scheme_in(&[("forwarded", b"for=192.0.2.1"), older]), Some("https"));
    assert_eq!(scheme_in(&[("forwarded", b""), older]), Some("https"));
    assert_eq!(scheme_in(&[("forwarded", b"proto=http"), older]), Some("http"));
    assert_eq!(scheme_in(&[("forwarded", b"proto=gopher"), older]), None);
    assert_eq!(scheme_in(&[("forwarded", b"for=\"192.0.2.1"), older]), None);
}

#[test]
fn hs_12_host_is_a_token_or_a_quoted_string() {
    assert_eq!(host_told("host=example.com").as_deref(), Some("example.com"));
    assert_eq!(host_told("host=\"example.com:8080\"").as_deref(), Some("example.com:8080"));
    assert_eq!(host_told("host=example.com:8080").as_deref(), Some("example.com:8080"));
    assert_eq!(host_told("host=\"[2001:db8::1]:443\";proto=https").as_deref(), Some("[2001:db8::1]:443"));
    assert_eq!(host_told("for=\"a,b;host=evil.example\\\"\";host=good.example").as_deref(), Some("good.example"));
    assert_eq!(host_told("host=\"e\\x\\ample\\\\.com\"").as_deref(), Some("example\\.com"));
    assert_eq!(host_told("host=\"\"").as_deref(), Some(""));
}

#[test]
fn hs_12_odd_blanks_and_empty_elements_are_skipped() {
    assert_eq!(
        host_told(" \t, ,,;; HOST \t=  example.com ; ;by=x ,host=other.example").as_deref(),
        Some("example.com")
    );
    assert_eq!(host_told(";,host=other.example"), None);
    assert_eq!(host_told(" , "), None);
    let lines = headers(&[
        ("forwarded", b""),
        ("forwarded", b" ,"),
        ("forwarded", b"for=192.0.2.1;host=first.example"),
        ("forwarded", b"host=second.example"),
    ]);
    assert_eq!(host(&lines), Ok(Some(Cow::Borrowed("first.example"))));
}

#[test]
fn hs_12_what_cannot_be_read_is_told_apart_from_what_is_absent() {
    let broken = [
        "host=\"example.com",
        "host=\"example.com\\",
        "host=\"example.com\\\"",
        "host=",
        "host=;proto=https",
        "host",
        "=example.com",
        "host=example.com garbage",
        "host=\"example.com\"garbage",
        "host=exam\"ple\".com",
        "host=a.example;Host=b.example",
        "host=a.example;host=a.example",
        "for=\"192.0.2.1;host=example.com",
        "@;host=example.com",
        "host=\u{e9}xample.com",
        "host=\"\u{e9}xample.com\"",
        "for=\u{e9};host=example.com",
    ];
    for forwarded in broken {
        assert_eq!(host_in(forwarded), Err(Malformed), "{forwarded}");
    }
    assert_eq!(host_told("for=192.0.2.1"), None);
    assert_eq!(host_told("xhost=example.com;hosts=example.com"), None);
    assert_eq!(host_told("for=\"\u{e9}\";host=example.com").as_deref(), Some("example.com"));
}

#[test]
fn hs_12_the_older_header_gives_its_first_item() {
    let lines = headers(&[("x-forwarded-host", b""), ("x-forwarded-host", b" , shop.example:8443 , other.example")]);
    assert_eq!(host(&lines), Ok(Some(Cow::Borrowed("shop.example:8443"))));
    assert_eq!(host(&headers(&[("x-forwarded-host", b"\xffshop.example")])), Err(Malformed));
    assert_eq!(host(&headers(&[])), Ok(None));
}

#[test]
fn hs_12_a_value_without_end_is_not_copied() {
    let long = "\\a".repeat(LONGEST / 2);
    assert_eq!(host_told(&format!("host=\"{long}\"")).map(|host| host.len()), Some(LONGEST / 2));
    assert_eq!(host_in(&format!("host=\"{long}a\"")), Err(Malformed));
    let older = headers(&[("x-forwarded-host", "a".repeat(LONGEST + 1).as_bytes())]);
    assert_eq!(host(&older), Err(Malformed));
}

#[test]
fn hs_11_hs_12_reading_allocates_nothing() {
    let lines = headers(&[("forwarded", b"for=\"a\\b\";host=\"shop.example:8443\";proto=https")]);
    let older = headers(&[("x-forwarded-host", b"shop.example"), ("x-forwarded-proto", b"https")]);
    let info = allocation_counter::measure(|| {
        for lines in [&lines, &older] {
            assert!(host(lines).is_ok_and(|host| host.is_some()));
            assert_eq!(scheme(lines), Some(Scheme::Https));
        }
    });
    assert_eq!(info.count_total, 0);
}

/// The value as a quoted string, with a backslash where one is needed and where `more` says so.
fn quoted(value: &str, more: &[bool]) -> String {
    let mut more = more.iter().cycle();
    let mut text = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\') || more.next() == Some(&true) {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

proptest! {
    #[test]
    fn hs_12_arbitrary_bytes_have_an_answer(
        lines in prop::collection::vec((0_usize..3, prop::collection::vec(any::<u8>(), 0..64)), 0..4),
    ) {
        let names = [FORWARDED, X_FORWARDED_HOST, X_FORWARDED_PROTO];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(&names[name], value);
            }
        }
        prop_assert!(host(&headers).ok().flatten().is_none_or(|host| host.is_ascii()));
        scheme(&headers);
    }

    /// Arbitrary bytes rarely are an element; these nearly always look like one.
    #[test]
    fn hs_12_arbitrary_elements_have_an_answer(line in "(host|for|proto|;|,|=|\"|\\\\| |a|\u{e9}){0,24}") {
        let headers = headers(&[("forwarded", line.as_bytes())]);
        prop_assert!(host(&headers).ok().flatten().is_none_or(|host| host.is_ascii()));
        scheme(&headers);
    }

    #[test]
    fn hs_12_what_was_quoted_is_read_back(
        value in "[ -~]{0,40}",
        before in prop::collection::vec("[ -~]{0,12}", 0..3),
        after in "[ -~]{0,12}",
        more in prop::collection::vec(any::<bool>(), 1..8),
    ) {
        let mut pairs: Vec<_> = before.iter().map(|text| format!("by={}", quoted(text, &more))).collect();
        pairs.push(format!("Host={}", quoted(&value, &more)));
        pairs.push(format!("for={}", quoted(&after, &more)));
        let line = format!("{},host=other.example", pairs.join(";"));
        prop_assert_eq!(host_in(&line), Ok(Some(value)));
    }
}
