use super::*;

const PAGE: &str = "\
### `a_seconds`

- `a`: histogram, `s`, stable; a histogram in Prometheus
- labels: `route`

### `b_total`

- `b`: counter, `{x}`, stable; a counter in Prometheus
- labels: `code`
";

#[test]
fn names_that_are_nowhere_are_found() {
    let recorded = "job:a:rate5m";
    let known = Known { page: MetricsPage::parse(&format!("\n{PAGE}")).unwrap(), recorded: [recorded].into() };
    let faults = |query: &str| known.faults(query).unwrap();
    for right in [
        "sum by (le, route) (rate(a_seconds_bucket{job=\"x\"}[5m]))",
        "histogram_quantile(0.9, a_seconds)",
        "b_total{code!=\"200\"} / on (job) group_left up",
        "sum by (job, route) (job:a:rate5m)",
        "count by (metric) (label_replace({otel_metric_overflow=\"true\"}, \"metric\", \"$1\", \"__name__\", \"(.+)\"))",
        "{__name__=~\"a_seconds(_count)?\", route=\"x\"}",
        "label_values(a_seconds_count{job=~\".*\"}, route)",
        "label_values(up, job)",
        "ALERTS{alertstate=\"firing\"}",
    ] {
        assert_eq!(faults(right), [""; 0], "{right}");
    }
    for (wrong, fault) in [
        ("rate(a_second_bucket[5m])", "no metric `a_second_bucket` is in docs/metrics.md"),
        ("b_total_bucket", "no metric `b_total_bucket` is in docs/metrics.md"),
        ("job:a:rate1h", "no metric `job:a:rate1h` is in docs/metrics.md"),
        ("sum by (code) (a_seconds_sum)", "none of its metrics has the label `code`"),
        ("b_total{le=\"1\"}", "none of its metrics has the label `le`"),
        ("sum by (router) (job:a:rate5m)", "none of its metrics has the label `router`"),
        ("{__name__=~\"c_.*\"}", "its pattern takes no metric of docs/metrics.md"),
        ("label_values(a_seconds_count, code)", "none of its metrics has the label `code`"),
    ] {
        assert_eq!(faults(wrong), [fault], "{wrong}");
    }
    assert!(known.faults("sum(").is_err());
}
