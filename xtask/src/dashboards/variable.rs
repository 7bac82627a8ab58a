//! Variables: what a reader chooses at the top of a dashboard.

use serde_json::{Value, json};

/// Every panel's.
pub(super) fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// Which Prometheus is asked.
pub(super) fn prometheus() -> Value {
    json!({"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"})
}

/// The values of `label` in series of `selector`, or all of them. All takes series without the label too.
pub(super) fn of_label(name: &str, title: &str, selector: &str, label: &str) -> Value {
    const WHEN_THE_TIME_CHANGES: u8 = 2;
    const BY_ALPHABET: u8 = 1;
    json!({
        "name": name,
        "label": title,
        "type": "query",
        "datasource": datasource(),
        "query": {"query": format!("label_values({selector}, {label})"), "refId": name},
        "refresh": WHEN_THE_TIME_CHANGES,
        "sort": BY_ALPHABET,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    })
}

/// Services, by series of `metrics`, which is a regular expression of names.
pub(super) fn services(metrics: &str) -> [Value; 3] {
    let (any, of_job) = (format!("{{__name__=~\"{metrics}\"}}"), format!("{{__name__=~\"{metrics}\", job=~\"$job\"}}"));
    [prometheus(), of_label("job", "Job", &any, "job"), of_label("instance", "Instance", &of_job, "instance")]
}

/// One of a few values, each with its name; the one at `first` at the beginning.
pub(super) fn choice(name: &str, title: &str, options: &[(&str, &str)], first: usize) -> Value {
    let listed: Vec<_> = options.iter().map(|(text, value)| format!("{text} : {value}")).collect();
    let options = options.iter().enumerate();
    let options = options.map(|(at, (text, value))| json!({"text": text, "value": value, "selected": at == first}));
    let options: Vec<_> = options.collect();
    json!({
        "name": name,
        "label": title,
        "type": "custom",
        "query": listed.join(", "),
        "current": options.get(first),
        "options": options,
    })
}
