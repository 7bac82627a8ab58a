//! `docs/metrics.md`, which follows from the table of metrics and from pages of the exporter.
//! `UPDATE_GOLDEN=1 cargo test -p telemetry-prometheus --test metrics_page` writes it anew.
#![cfg(all(feature = "process", target_os = "linux"))]
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod document;
mod exposed;

use std::path::Path;

#[tokio::test]
async fn nt_79_the_page_of_metrics_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let text = document::text().await;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    for (number, (line, committed)) in (1..).zip(text.lines().zip(committed.lines())) {
        assert_eq!(committed, line, "docs/metrics.md:{number}");
    }
    assert!(committed == text, "docs/metrics.md has another length");
}
