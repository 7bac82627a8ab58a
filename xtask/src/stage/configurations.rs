//! What Prometheus and Alertmanager are started with: the committed files, at our own pace and with our own addresses.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::sink::{self, Sink};

/// In the workspace.
const PROMETHEUS: &str = "examples/observability/prometheus";
/// How the files with rules end, of which there are any number.
const RULES: &str = ".rules.yaml";
const ALERTMANAGER: &str = "examples/observability/alertmanager/alertmanager.yml";

/// How long Alertmanager waits for more alerts of a group: people wait for what comes of it.
const SOON: [(&str, &str); 2] = [("group_wait:", "1s"), ("group_interval:", "5s")];

/// A job with its targets.
pub(super) type Job = (&'static str, Vec<SocketAddr>);

/// Puts the committed rules into the folder in which Prometheus runs: its pages show where it has them from.
pub(super) fn copy_rules(root: &Path, folder: &Path) -> Result<()> {
    let from = root.join(PROMETHEUS);
    let mut count = 0;
    for entry in fs::read_dir(&from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(RULES) {
            fs::copy(entry.path(), folder.join(entry.file_name())).context("cannot copy rules")?;
            count += 1;
        }
    }
    ensure!(count > 0, "no rules in {}", from.display());
    Ok(())
}

/// JSON is YAML.
pub(super) fn prometheus(jobs: &[Job], alertmanager: SocketAddr) -> String {
    let targets = |targets: &[SocketAddr]| {
        let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
        json!([{ "targets": targets }])
    };
    let jobs: Vec<_> = jobs
        .iter()
        .map(|(name, addresses)| json!({ "job_name": name, "static_configs": targets(addresses) }))
        .collect();
    let configuration = json!({
        "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
        "rule_files": [format!("*{RULES}")],
        "alerting": { "alertmanagers": [{ "static_configs": targets(&[alertmanager]) }] },
        "scrape_configs": jobs,
    });
    configuration.to_string()
}

/// The committed file, with the sink for each receiver.
pub(super) fn alertmanager(root: &Path, sink: &Sink) -> Result<String> {
    let file = root.join(ALERTMANAGER);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    told(&text, &format!("http://{}{}", sink.address, sink::ALERTS)).with_context(|| file.display().to_string())
}

fn told(text: &str, url: &str) -> Result<String> {
    let mut out = String::new();
    let mut receivers = 0;
    let mut in_receivers = false;
    for line in text.lines() {
        if !line.starts_with([' ', '#', '-']) {
            in_receivers = line.starts_with("receivers:");
        }
        let words = line.trim_start();
        let indent = &line[..line.len() - words.len()];
        match SOON.iter().find(|(name, _)| words.starts_with(name)) {
            Some((name, time)) => out.push_str(&format!("{indent}{name} {time}\n")),
            None => out.push_str(&format!("{line}\n")),
        }
        if in_receivers && words.starts_with("- name:") {
            out.push_str(&format!("{indent}  webhook_configs: [{{ url: '{url}' }}]\n"));
            receivers += 1;
        }
    }
    ensure!(receivers > 0, "nobody receives anything");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITTED: &str = "\
global: {}
route:
  receiver: people
  group_wait: 30s
  routes:
    - matchers: ['a=\"b\"']
      group_interval: 5m
receivers:
  - name: people
    # With more of it.
  - name: nobody
inhibit_rules:
  - name: other
";

    #[test]
    fn each_receiver_tells_the_sink_and_soon() {
        let told = told(COMMITTED, "http://sink/").unwrap();
        let hook = "webhook_configs: [{ url: 'http://sink/' }]";
        assert_eq!(told.matches(hook).count(), 2);
        assert!(told.contains(&format!("  - name: people\n    {hook}\n    # With")), "{told}");
        assert!(told.contains("  group_wait: 1s\n") && told.contains("      group_interval: 5s\n"), "{told}");
        assert_eq!(told.lines().count(), COMMITTED.lines().count() + 2);
        assert!(super::told("route: {}\n", "http://sink/").is_err());
    }
}
