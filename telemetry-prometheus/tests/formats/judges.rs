//! The judges must find what is wrong, or the tests that ask them prove nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::judge::{Dialect, check};
use crate::support::{pb, wire};

fn rejects(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

const HISTOGRAM: &str =
    "# TYPE h histogram\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n# EOF\n";

#[test]
fn om03_om04_om05_om07_om10_om11_om12_om14_om15_om16_om17_om18_om29_broken_documents_are_rejected() {
    for (rule, page) in [
        ("OM-03", "# TYPE a gauge\r\na 1\r\n# EOF\n"),
        ("OM-04", "# TYPE a gauge\na 1\n"),
        ("OM-04", "# TYPE a gauge\na 1\n# EOF\n# EOF\n"),
        ("OM-04", "# TYPE a gauge\na 1\n# EOF\nb 1\n"),
        ("OM-04", ""),
        ("OM-05", "# TYPE a gauge\n# a comment\na 1\n# EOF\n"),
        ("OM-05", "# TYPE a gauge\n\na 1\n# EOF\n"),
        ("OM-07", "# TYPE a gauge\na  1\n# EOF\n"),
        ("OM-07", "# TYPE a gauge\na 1 \n# EOF\n"),
        ("OM-07", "# TYPE a gauge\na{b=\"c\",} 1\n# EOF\n"),
        ("OM-10", "# TYPE a Gauge\na 1\n# EOF\n"),
        ("OM-10", "# TYPE a untyped\na 1\n# EOF\n"),
        ("OM-11", "# TYPE a gauge\n# TYPE a gauge\na 1\n# EOF\n"),
        ("OM-11", "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{b=\"c\"} 1\n# EOF\n"),
        ("OM-12", "# HELP a Help.\n# TYPE a gauge\na 1\n# EOF\n"),
        ("OM-12", "# TYPE a gauge\na 1\n# HELP a Help.\n# EOF\n"),
        ("OM-13", "# TYPE a_total counter\na_total 1\n# EOF\n"),
        ("OM-14", "a 1\n# EOF\n"),
        ("OM-15", "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n"),
        ("OM-15", "# TYPE aseconds gauge\n# UNIT aseconds seconds\naseconds 1\n# EOF\n"),
        ("OM-15", "# TYPE a gauge\n# HELP a \na 1\n# EOF\n"),
        ("OM-16", "# TYPE a gauge\n# TYPE b gauge\na 1\nb 1\n# EOF\n"),
        ("OM-18", "# TYPE a counter\na_total 1\n# TYPE a_created gauge\na_created 1\n# EOF\n"),
        ("OM-18", "# TYPE a_count gauge\na_count 1\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\n# EOF\n"),
        ("OM-20", "# TYPE a gauge\na 1\n# TYPE target info\ntarget_info{b=\"c\"} 1\n# EOF\n"),
        ("OM-29", "# TYPE a gauge\na{b=\"c\"} 1\na{b=\"c\"} 1\n# EOF\n"),
        ("PX-11", "# TYPE a gauge\n# EOF\n"),
    ] {
        assert!(rejects(|| drop(check(page, Dialect::OpenMetrics))), "{rule}: {page}");
    }
}

#[test]
fn om19_om25_om26_om27_om36_om45_om46_om60_om61_om62_broken_lines_are_rejected() {
    let long = format!("a_total 1 # {{b=\"{}\"}} 1 1", "\u{e9}".repeat(128));
    for (rule, kind, line) in [
        ("OM-19", "gauge", "1a 1"),
        ("OM-19", "gauge", "a{b.c=\"d\"} 1"),
        ("PX-47", "gauge", "{\"a\"} 1"),
        ("PX-47", "gauge", "a{\"b\"=\"c\"} 1"),
        ("OM-25", "gauge", "a{b=\"1\",b=\"2\"} 1"),
        ("OM-25", "gauge", "a{__name__=\"b\"} 1"),
        ("PX-98", "gauge", "a{c=\"1\",b=\"2\"} 1"),
        ("OM-26", "gauge", "a{b=\"\"} 1"),
        ("OM-27", "gauge", "a{b=\"\\t\"} 1"),
        ("OM-27", "gauge", "a{b=\"\\u{e9}\"} 1"),
        ("OM-28", "gauge", "a{,} 1"),
        ("OM-36", "gauge", "a inf"),
        ("OM-36", "gauge", "a Inf"),
        ("OM-45", "counter", "a_total NaN"),
        ("OM-45", "counter", "a_total -1"),
        ("OM-45", "counter", "a 1"),
        ("OM-46", "gauge", "a_total 1"),
        ("OM-60", "counter", "a_total 1 #{} 1 1"),
        ("OM-60", "counter", "a_total 1 # {b=\"c\"} 1e"),
        ("OM-61", "gauge", "a 1 # {} 1 1"),
        ("OM-62", "counter", &long),
        ("OM-63", "counter", "a_total 1 # {b=\"\"\"} 1 1"),
        ("OM-63", "counter", "a_total 1 # {} 1 NaN"),
    ] {
        let page = format!("# TYPE a {kind}\n{line}\n# EOF\n");
        assert!(rejects(|| drop(check(&page, Dialect::OpenMetrics))), "{rule}: {page}");
    }
    let fits = long.replacen('\u{e9}', "", 1);
    check(&format!("# TYPE a counter\n{fits}\n# EOF\n"), Dialect::OpenMetrics);
}

#[test]
fn om17_om37_om47_om48_om49_om50_om55_broken_histograms_are_rejected() {
    check(HISTOGRAM, Dialect::OpenMetrics);
    for (rule, from, to) in [
        ("OM-37", "1.0", "1"),
        ("OM-47", "h_bucket{le=\"+Inf\"} 2\n", ""),
        ("OM-47", "le=\"1.0\"} 1", "le=\"1.0\"} 3"),
        ("OM-47", "le=\"1.0\"} 1", "le=\"NaN\"} 1"),
        ("OM-47", "le=\"1.0\"} 1", "le=\"1.0\"} 1.5"),
        ("OM-47", "h_bucket{le=\"1.0\"} 1\n", "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"0.5\"} 1\n"),
        ("OM-48", "h_count 2\n", ""),
        ("OM-48", "h_sum 3\n", ""),
        ("OM-48", "h_count 2", "h_count 3"),
        ("OM-48", "h_sum 3", "h_sum -3"),
        ("OM-48", "h_sum 3", "h_sum NaN"),
        ("OM-49", "h_bucket{le=\"1.0\"} 1\n", "h_bucket{le=\"-1.0\"} 1\n"),
        ("OM-50", "le=\"1.0\"} 1", "le=\"1.0\"} 1 # {} 1.5 1"),
        ("OM-50", "le=\"+Inf\"} 2", "le=\"+Inf\"} 2 # {} 1.0 1"),
        ("OM-55", "h_sum 3", "h_created 1\nh_sum 3"),
        ("OM-61", "h_count 2", "h_count 2 # {} 1 1"),
        ("OM-17", "h_sum 3\n", "h_bucket{a=\"b\",le=\"+Inf\"} 1\nh_sum 3\n"),
    ] {
        let page = HISTOGRAM.replacen(from, to, 1);
        assert!(rejects(|| drop(check(&page, Dialect::OpenMetrics))), "{rule}: {page}");
    }
}

#[test]
fn t03_t04_t05_t06_t11_t12_t13_t14_broken_text_is_rejected() {
    let histogram = HISTOGRAM.replace("1.0", "1").replace("# EOF\n", "");
    check(&histogram, Dialect::Prometheus);
    for (rule, page) in [
        ("T-01", "# TYPE a gauge\na 1"),
        ("T-03", "# TYPE a unknown\na 1\n"),
        ("T-04", "# TYPE a gauge\n# TYPE a gauge\na 1\n"),
        ("T-05", "# TYPE a counter\na_total 1\n"),
        ("T-06", "# TYPE a gauge\n# TYPE b gauge\na 1\nb 1\n"),
        ("T-11", &histogram.replace("h_bucket{le=\"+Inf\"} 2\n", "")),
        ("T-12", &histogram.replace("\"1\"", "\"1.0\"")),
        ("T-13", "# TYPE a gauge\na 1\n# EOF\n"),
        ("T-13", "# TYPE a counter\na 1 # {} 1 1\n"),
        ("T-13", "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n"),
        ("T-14", "# TYPE a gauge\n# HELP a Help.\na 1\n"),
        ("T-16", "# TYPE a gauge\n"),
    ] {
        assert!(rejects(|| drop(check(page, Dialect::Prometheus))), "{rule}: {page}");
    }
}

/// One field with a length in front.
fn nested(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

fn double(number: u8, value: f64) -> Vec<u8> {
    [&[number << 3 | 1], &value.to_le_bytes()[..]].concat()
}

/// A family `a` of this type, with what is in its only metric.
fn family(kind: u8, metric: &[u8]) -> Vec<u8> {
    let family = [nested(1, b"a"), vec![0x18, kind], nested(4, metric)].concat();
    [vec![u8::try_from(family.len()).unwrap()], family].concat()
}

/// PB-08 to PB-13: a native histogram with three values in bucket 1, and what can be wrong with it.
#[test]
fn px70_pb01_pb03_pb06_pb09_pb12_broken_messages_are_rejected() {
    let read = |bytes: &[u8]| pb::check(&wire::families(bytes));
    let gauge = nested(2, &double(1, 1.0));
    read(&family(1, &gauge));
    let native = |count: u8, schema: u8, delta: &[u8]| {
        let span = nested(12, &[0x08, 2, 0x10, 1]);
        let parts = [&[0x08, count][..], &[0x28, schema], &double(6, 1e-128), &[0x38, 0], &span, delta];
        family(4, &nested(7, &parts.concat()))
    };
    read(&native(3, 16, &[0x68, 6]));

    let mut cut_off = family(1, &gauge);
    cut_off.pop();
    let label = nested(1, &[nested(1, b"b"), nested(2, b"c")].concat());
    let bad_text = nested(1, &[nested(1, b"b"), nested(2, b"\xff")].concat());
    for (rule, bytes) in [
        ("PB-01", cut_off),
        ("PB-01", [family(1, &gauge), vec![0x80]].concat()),
        ("PB-03", family(1, &[&gauge[..], &nested(9, b"")].concat())),
        ("PB-05", family(1, &[bad_text, gauge.clone()].concat())),
        ("PB-06", family(0, &gauge)),
        ("PB-06", family(1, b"")),
        ("PX-70", family(5, &nested(7, &[0x08, 0]))),
        ("PB-19", family(1, &[&gauge[..], &[0x30, 1]].concat())),
        ("T-07", [family(1, &gauge), family(1, &gauge)].concat()),
        ("OM-25", family(1, &[&label[..], &label, &gauge].concat())),
        ("PB-09", native(4, 16, &[0x68, 6])),
        ("PB-12", native(3, 16, &[0x68, 6, 0x68, 0])),
        ("PB-12", native(0, 16, &[])),
        ("PX-71", native(3, 18, &[0x68, 6])),
        ("PX-84", native(3, 105, &[0x68, 6])),
    ] {
        assert!(rejects(|| read(&bytes)), "{rule}: {bytes:?}");
    }
}
