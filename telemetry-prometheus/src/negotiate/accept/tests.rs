use super::*;
use proptest::prelude::*;

const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const OM: &str = "application/openmetrics-text";

const TEXT: Exposition = Exposition::new(Format::PrometheusText);
const TEXT_V1: Exposition = Exposition::new(Format::PrometheusTextV1);
const OPEN_METRICS: Exposition = Exposition::new(Format::OpenMetrics);
const OPEN_METRICS_0_0_1: Exposition = Exposition::open_metrics_0_0_1();

fn negotiate(accept: &str) -> Exposition {
    negotiate_all(&[accept.as_bytes()])
}

fn negotiate_all(accept: &[&[u8]]) -> Exposition {
    let headers: Vec<_> = accept.iter().map(|header| HeaderValue::from_bytes(header).unwrap()).collect();
    Exposition::negotiate(&headers)
}

#[track_caller]
fn check(cases: &[(&str, Exposition)]) {
    for (accept, expected) in cases {
        assert_eq!(negotiate(accept), *expected, "{accept}");
    }
}

#[test]
fn px146_headers_of_real_prometheus() {
    let protobuf = Exposition::new(Format::Protobuf);
    let utf8 = OPEN_METRICS.with_escaping(Escaping::AllowUtf8);
    let v3 = format!(
        "{OM};version=1.0.0;escaping=allow-utf-8;q=0.6,{OM};version=0.0.1;q=0.5,\
        text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    );
    let v3_histograms = format!(
        "{PROTOBUF};q=0.6,{OM};version=1.0.0;escaping=allow-utf-8;q=0.5,\
        {OM};version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
        text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    );
    let v2 = format!("{OM};version=1.0.0,{OM};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
    let v2_histograms = format!("{PROTOBUF},{v2}");
    check(&[
        (&v3, utf8),
        (&v3_histograms, protobuf),
        (&v2, OPEN_METRICS),
        (&v2_histograms, protobuf),
        (&format!("{OM}; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), OPEN_METRICS_0_0_1),
        (&format!("{PROTOBUF};q=0.7,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"), protobuf),
    ]);
}

#[test]
fn px142_who_asks_for_nothing_that_exists_gets_text() {
    assert_eq!(negotiate_all(&[]), TEXT);
    for accept in [
        "",
        "*/*",
        "*/*;q=0.1",
        "application/json",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "application/json, text/plain, */*",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        "*/*;q=0",
        "text/plain;q=0",
        "*/plain",
        "text/plain;version=0.0.3",
        "text",
        "/",
    ] {
        assert_eq!(negotiate(accept), TEXT, "{accept}");
    }
}

#[test]
fn px143_om72_each_clause_has_its_answer() {
    check(&[
        ("text/plain", TEXT),
        ("text/*", TEXT),
        ("text/plain;version=0.0.4", TEXT),
        ("text/plain;version=0.0.4;charset=utf-8", TEXT),
        ("text/plain;version=1.0.0", TEXT_V1),
        (OM, OPEN_METRICS),
        (&format!("{OM};version=1.0.0"), OPEN_METRICS),
        (&format!("{OM};version=0.0.1"), OPEN_METRICS_0_0_1),
        ("application/*", OPEN_METRICS),
        (PROTOBUF, Exposition::new(Format::Protobuf)),
    ]);
}

/// PB-21: nor are messages offered as text.
#[test]
fn px144_what_is_nearly_an_offer_is_none() {
    for accept in [
        "application/vnd.google.protobuf",
        "application/vnd.google.protobuf;encoding=delimited",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text",
        "application/vnd.google.protobuf;proto=io.prometheus.client.Metric;encoding=delimited",
        "application/openmetrics-protobuf;version=1.0.0",
        "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;version=1.0",
        "application/openmetrics-text;version",
        "application/openmetrics-texts",
    ] {
        assert_eq!(negotiate(accept), TEXT, "{accept}");
    }
}

#[test]
fn px141_the_highest_quality_wins_then_the_order() {
    check(&[
        (&format!("text/plain;q=0.4,{OM};q=0.5"), OPEN_METRICS),
        (&format!("text/plain;q=0.501,{OM};q=0.5"), TEXT),
        (&format!("text/plain;q=0.5,{OM};q=0.5"), TEXT),
        (&format!("{OM};q=0.50,text/plain;q=.5"), OPEN_METRICS),
        (&format!("text/plain;q=0.999,{OM}"), OPEN_METRICS),
        (&format!("text/plain;q=0.9,{OM};q=x"), TEXT),
        (&format!("text/plain;q=0.9,{OM};q=NaN, *"), TEXT),
        (&format!("text/plain;q=0.9,{OM};q=-1"), TEXT),
        (&format!("text/plain;version=1.0.0;q=0.1,text/plain;version=1.0.0;q=0.9,{OM};q=0.5"), TEXT_V1),
        (&format!("*/*;q=0.9,{OM};q=0.5"), TEXT),
        (&format!("*/*,{OM}"), TEXT),
    ]);
}

#[test]
fn px141_what_is_refused_is_not_chosen() {
    check(&[
        (&format!("{OM};q=0,text/plain;q=0.1"), TEXT),
        (&format!("text/plain;q=0.000,{OM};q=0.001"), OPEN_METRICS),
        // The wildcard does not bring back what a more precise clause refuses.
        ("text/plain;q=0, */*;q=1", OPEN_METRICS),
        ("*/*;q=1, text/plain;q=0", OPEN_METRICS),
        ("text/*;q=0, */*", OPEN_METRICS),
        ("text/plain;version=0.0.4;q=0, text/plain", TEXT_V1),
        (&format!("{OM};version=1.0.0;q=0,{OM}"), OPEN_METRICS_0_0_1),
        ("application/openmetrics-text;version=1.0.0;q=0, application/*", OPEN_METRICS_0_0_1),
        // What is more precise may also ask for more.
        ("text/*;q=0, text/plain;version=1.0.0;q=0.1", TEXT_V1),
        ("*/*;q=0, text/plain;q=0.1", TEXT),
        // Equally precise clauses that disagree: the better one.
        ("text/plain;version=1.0.0;q=0, text/plain;version=1.0.0", TEXT_V1),
        (&format!("{OM};escaping=dots;q=0"), TEXT),
        // Nothing is left: protocol buffers are only for those who can read them.
        ("text/plain;q=0, application/openmetrics-text;q=0, */*", TEXT),
    ]);
}

#[test]
fn px141_spelling_is_tolerated() {
    let utf8 = OPEN_METRICS.with_escaping(Escaping::AllowUtf8);
    let pretty_protobuf =
        "Application/Vnd.Google.Protobuf ; Proto=\"io.prometheus.client.MetricFamily\" ; ENCODING = delimited";
    check(&[
        ("APPLICATION/OpenMetrics-Text;VERSION=1.0.0;Escaping=allow-utf-8", utf8),
        ("\tapplication/openmetrics-text ; version=\"1.0.0\" ; escaping=\"allow-utf-8\" ", utf8),
        ("application/openmetrics-text;version=\"1\\.0\\.0\";escaping=allow-utf-8", utf8),
        ("application/openmetrics-text;q=0.5;version=1.0.0;escaping=allow-utf-8", utf8),
        ("text/plain;x=\"1, text/plain;q=1\";q=0.1, application/openmetrics-text;q=0.2", OPEN_METRICS),
        (",,; ,application/openmetrics-text;;,", OPEN_METRICS),
        (pretty_protobuf, Exposition::new(Format::Protobuf)),
    ]);
}

#[test]
fn px141_garbage_is_skipped() {
    let accept: [&[u8]; 4] =
        [b"\xff\xfe/\xff, text/plain;q=0.1", b"x=\"", b"", b"te xt, application/openmetrics-text;q=0.2"];
    assert_eq!(negotiate_all(&accept), OPEN_METRICS);
    let accept: [&[u8]; 1] = [b"application/openmetrics-text;x=\"\xe9\""];
    assert_eq!(negotiate_all(&accept), OPEN_METRICS);
    let accept: [&[u8]; 1] = [b"application/openmetrics-text\xe9"];
    assert_eq!(negotiate_all(&accept), TEXT);
}

#[test]
fn px141_several_headers_count_like_one() {
    let accept: [&[u8]; 2] = [b"text/plain;q=0.5", b"application/openmetrics-text"];
    assert_eq!(negotiate_all(&accept), OPEN_METRICS);
    let accept: [&[u8]; 2] = [b"text/plain;version=1.0.0", b"application/openmetrics-text"];
    assert_eq!(negotiate_all(&accept), TEXT_V1);
}

#[test]
fn px145_escaping_is_that_of_the_clause_that_won() {
    for escaping in Escaping::ALL {
        let name = escaping.as_str();
        check(&[
            (&format!("text/plain;version=1.0.0;escaping={name}"), TEXT_V1.with_escaping(escaping)),
            (&format!("{OM};version=0.0.1;escaping={name}"), OPEN_METRICS_0_0_1.with_escaping(escaping)),
            (&format!("{PROTOBUF};escaping={name}"), Exposition::new(Format::Protobuf).with_escaping(escaping)),
            (&format!("text/plain;version=0.0.4;escaping={name}"), TEXT.with_escaping(escaping)),
            (&format!("text/plain;version=1.0.0;escaping={name};q=0.1,{OM}"), OPEN_METRICS),
            (&format!("{OM},text/plain;version=1.0.0;escaping={name}"), OPEN_METRICS),
        ]);
    }
    check(&[("*/*;escaping=dots", TEXT.with_escaping(Escaping::Dots)), ("application/json;escaping=dots", TEXT)]);
}

#[test]
fn px145_an_escaping_that_is_not_known_is_underscores() {
    for escaping in ["allow-utf8", "utf-8", "Dots", "", "\"\"", "dots x", "\"x: y\""] {
        let accept = format!("text/plain;version=1.0.0;escaping={escaping},text/plain;version=1.0.0");
        assert_eq!(negotiate(&accept), TEXT_V1, "{accept}");
    }
}

#[test]
fn t15_text_0_0_4_never_has_utf8_names() {
    check(&[
        ("text/plain;version=0.0.4;escaping=allow-utf-8", TEXT),
        ("text/plain;escaping=allow-utf-8", TEXT),
        ("*/*;escaping=allow-utf-8", TEXT),
    ]);
}

/// Bytes of any kind, and as often pieces of which real headers are made.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let pieces = "(text/plain|application/openmetrics-text|\\*/\\*|application/\\*|;version=|0\\.0\\.4|1\\.0\\.0|;q=|\
        0\\.5|0|;escaping=|dots|allow-utf-8|,|;|\"|\\\\| ){0,16}";
    prop_oneof![prop::collection::vec(any::<u8>(), 0..64), pieces.prop_map(String::into_bytes)]
}

fn headers() -> impl Strategy<Value = Vec<HeaderValue>> {
    prop::collection::vec(header(), 0..4)
        .prop_map(|headers| headers.iter().filter_map(|header| HeaderValue::from_bytes(header).ok()).collect())
}

proptest! {
    #[test]
    fn px145_any_headers_give_a_known_content_type(headers in headers()) {
        let content_type = Exposition::negotiate(&headers).content_type();
        let known = |escaping| {
            OFFERS.iter().any(|offer| offer.exposition.with_escaping(escaping).content_type() == content_type)
        };
        prop_assert!(Escaping::ALL.into_iter().any(known));
    }

    #[test]
    fn px141_garbage_around_a_clause_changes_nothing(before in "[a-z;=/ ]{0,20}", after in "[a-z;=/\" ]{0,20}") {
        let accept = format!("{before},application/openmetrics-text;version=1.0.0;escaping=values,{after}");
        prop_assert_eq!(negotiate(&accept), OPEN_METRICS.with_escaping(Escaping::Values));
    }

    #[test]
    fn px141_headers_in_pieces_mean_the_same(pieces in prop::collection::vec("[a-z*/;=.0-9]{0,20}", 0..5)) {
        let apart: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
        prop_assert_eq!(negotiate_all(&apart), negotiate(&pieces.join(",")));
    }
}
