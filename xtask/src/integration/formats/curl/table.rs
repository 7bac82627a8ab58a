//! What is asked, and what has to come back.

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const TEXT_1: &str = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores";
const TEXT_1_UTF8: &str = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
const OPEN_METRICS_OLD: &str = "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores";
const OPEN_METRICS_UTF8: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
const OPEN_METRICS_DOTS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores";
const PROTOBUF_VALUES: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=values";

const GZIP: &[(&str, &str)] = &[("content-encoding", "gzip"), ("content-type", TEXT), super::VARY];
const ZSTD: &[(&str, &str)] = &[("content-encoding", "zstd"), ("content-type", TEXT), super::VARY];
const IDENTITY: &[(&str, &str)] = &[("content-encoding", ""), ("content-type", TEXT), super::VARY];
const NOT_ALLOWED: &[(&str, &str)] = &[("allow", "GET, HEAD"), ("content-encoding", "")];

#[derive(Debug)]
pub(super) struct Case {
    pub(super) args: &'static [&'static str],
    pub(super) path: &'static str,
    pub(super) status: u16,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) body: Body,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// The whole page in the text format.
    Whole,
    /// The same once this program has unpacked it.
    Packed(&'static str),
    /// None, though the head has the length of the whole page.
    Absent,
    /// Text with these families alone.
    Families(&'static [&'static str]),
    Exactly(&'static str),
    Any,
}

/// Values of `Accept`, and the format that they get. One that is empty leaves curl without such a header.
pub(super) fn accepts() -> Vec<(&'static [&'static str], &'static str)> {
    vec![
        (&[""], TEXT),
        (&["*/*"], TEXT),
        (&["text/*"], TEXT),
        (&["text/plain"], TEXT),
        (&["text/plain;version=0.0.4"], TEXT),
        (&["text/plain;version=0.0.4;escaping=allow-utf-8"], TEXT),
        (&["text/plain;version=1.0.0"], TEXT_1),
        (&["text/plain;version=1.0.0;escaping=allow-utf-8"], TEXT_1_UTF8),
        (&["text/plain;version=1.0.0;escaping=nonsense"], TEXT_1),
        (&["application/openmetrics-text"], OPEN_METRICS),
        (&["application/openmetrics-text;version=1.0.0"], OPEN_METRICS),
        (&["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"], OPEN_METRICS_UTF8),
        (&["application/openmetrics-text;version=1.0.0;escaping=dots"], OPEN_METRICS_DOTS),
        (&["application/openmetrics-text;version=0.0.1"], OPEN_METRICS_OLD),
        (&["APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\""], OPEN_METRICS),
        (&["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"], PROTOBUF),
        (
            &[
                "application/vnd.google.protobuf;encoding=delimited;escaping=values;proto=io.prometheus.client.MetricFamily",
            ],
            PROTOBUF_VALUES,
        ),
        // What looks like a format and is none.
        (&["application/openmetrics-text;version=2.0.0"], TEXT),
        (&["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"], TEXT),
        (&["application/vnd.google.protobuf;proto=io.prometheus.write.v2.Request;encoding=delimited"], TEXT),
        (&["application/openmetrics-protobuf"], TEXT),
        (&["image/png"], TEXT),
        (&[",;;=,q=1;, text"], TEXT),
        // Weights.
        (&["application/openmetrics-text;q=0.1,text/plain;q=0.9"], TEXT),
        (&["text/plain;q=0.1,application/openmetrics-text;q=0.9"], OPEN_METRICS),
        (&["text/plain;q=0, */*"], OPEN_METRICS),
        (&["text/plain;q=0.2", "application/openmetrics-text;q=0.3"], OPEN_METRICS),
        (&["*/*;q=0"], TEXT),
        // Prometheus 2.42, without and with native histograms.
        (
            &["application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                text/plain;version=0.0.4;q=0.5,*/*;q=0.1"],
            OPEN_METRICS,
        ),
        (
            &["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,\
                application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,\
                text/plain;version=0.0.4;q=0.5,*/*;q=0.1"],
            PROTOBUF,
        ),
        // Prometheus 3.5, without and with native histograms.
        (
            &["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                text/plain;version=0.0.4;q=0.3,*/*;q=0.2"],
            OPEN_METRICS_UTF8,
        ),
        (
            &["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                text/plain;version=0.0.4;q=0.2,*/*;q=0.1"],
            PROTOBUF,
        ),
    ]
}

const fn page(args: &'static [&'static str], headers: &'static [(&'static str, &'static str)], body: Body) -> Case {
    Case { args, path: "/metrics", status: 200, headers, body }
}

const fn filtered(args: &'static [&'static str], path: &'static str, body: Body) -> Case {
    Case { args, path, status: 200, headers: &[], body }
}

const fn refused(args: &'static [&'static str]) -> Case {
    Case { args, path: "/metrics", status: 405, headers: NOT_ALLOWED, body: Body::Any }
}

const AS_OPEN_METRICS: &[&str] = &["-H", "Accept: application/openmetrics-text"];

const AS_UTF8: &[&str] = &["-H", "Accept: text/plain;version=1.0.0;escaping=allow-utf-8"];
const AS_DOTS: &[&str] = &["-H", "Accept: text/plain;version=1.0.0;escaping=dots"];
const AS_VALUES: &[&str] = &["-H", "Accept: text/plain;version=1.0.0;escaping=values"];

/// Requests for the page in the text format, which curl does not ask to be anything else.
pub(super) fn cases() -> Vec<Case> {
    vec![
        page(&[], IDENTITY, Body::Whole),
        page(&["--http2-prior-knowledge"], IDENTITY, Body::Whole),
        page(&["-H", "Accept-Encoding: gzip"], GZIP, Body::Packed("gzip")),
        page(&["-H", "Accept-Encoding: zstd"], ZSTD, Body::Packed("zstd")),
        page(&["-H", "Accept-Encoding: gzip, zstd"], ZSTD, Body::Packed("zstd")),
        page(&["-H", "Accept-Encoding: gzip, zstd;q=0.5"], GZIP, Body::Packed("gzip")),
        page(&["-H", "Accept-Encoding: identity;q=0, *"], GZIP, Body::Packed("gzip")),
        page(&["-H", "Accept-Encoding: identity"], IDENTITY, Body::Whole),
        page(&["-H", "Accept-Encoding: gzip;q=0"], IDENTITY, Body::Whole),
        page(&["-H", "Accept-Encoding: br, deflate"], IDENTITY, Body::Whole),
        page(&["-H", "Accept-Encoding: identity;q=0"], IDENTITY, Body::Whole),
        page(&["-H", "Accept-Encoding: ,;q=;gzip\"=1"], IDENTITY, Body::Whole),
        // Here curl offers all that it knows, and unpacks the answer itself.
        page(&["--compressed"], &[("content-type", TEXT), super::VARY], Body::Whole),
        page(&["--head"], IDENTITY, Body::Absent),
        refused(&["-X", "POST", "-d", "a=b"]),
        refused(&["-X", "PUT"]),
        refused(&["-X", "DELETE"]),
        refused(&["-X", "OPTIONS"]),
        filtered(
            &[],
            "/metrics?name[]=shop_orders_total&name[]=legacy_load&other=x",
            Body::Families(&["legacy_load", "shop_orders_total"]),
        ),
        filtered(&[], "/metrics?name%5B%5D=shop_balance", Body::Families(&["shop_balance"])),
        filtered(AS_OPEN_METRICS, "/metrics?name[]=legacy_load", Body::Families(&["legacy_load"])),
        // Names are those of the answer, in every way to escape them.
        filtered(AS_UTF8, "/utf8?name[]=shop.orders", Body::Families(&["\"shop.orders\""])),
        filtered(AS_DOTS, "/utf8?name[]=shop_dot_orders", Body::Families(&["shop_dot_orders"])),
        filtered(AS_VALUES, "/utf8?name[]=U__shop_2e_orders", Body::Families(&["U__shop_2e_orders"])),
        filtered(&[], "/utf8?name[]=shop_orders", Body::Families(&["shop_orders"])),
        filtered(&[], "/metrics?name[]=nothing", Body::Exactly("")),
        filtered(AS_OPEN_METRICS, "/metrics?name[]=nothing", Body::Exactly("# EOF\n")),
        page(&["-H", "X-Prometheus-Scrape-Timeout-Seconds: 10"], IDENTITY, Body::Whole),
        page(&["-H", "X-Prometheus-Scrape-Timeout-Seconds: soon"], IDENTITY, Body::Whole),
        page(&["-H", "X-Prometheus-Scrape-Timeout-Seconds: -1"], IDENTITY, Body::Whole),
        page(&["-H", "X-Prometheus-Scrape-Timeout-Seconds: NaN"], IDENTITY, Body::Whole),
        page(&["-H", "X-Prometheus-Scrape-Timeout-Seconds: 1e999"], IDENTITY, Body::Whole),
        page(&["-H", "X-Prometheus-Scrape-Timeout-Seconds;"], IDENTITY, Body::Whole),
        Case { args: &[], path: "/nowhere", status: 404, headers: &[], body: Body::Any },
    ]
}
