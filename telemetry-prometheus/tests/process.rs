//! The metrics of the process.
#![cfg(all(feature = "process", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use support::{bare, provider};
use telemetry_prometheus::Format;

#[test]
fn one_call_adds_the_usual_families() {
    let exporter = bare().with_process_metrics().build();
    let _provider = provider(&exporter);
    let page = exporter.render(Format::OpenMetrics).unwrap();
    let page = str::from_utf8(&page).unwrap();
    for family in [
        "process_cpu_seconds counter",
        "process_max_fds gauge",
        "process_open_fds gauge",
        "process_resident_memory_bytes gauge",
        "process_start_time_seconds gauge",
        "process_threads gauge",
        "process_virtual_memory_bytes gauge",
    ] {
        assert!(page.contains(&format!("# TYPE {family}\n")), "{family} is not in {page}");
    }
    let memory = page.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes ")).unwrap();
    assert!(memory.parse::<f64>().unwrap() > 100_000.0, "{memory} bytes");
}
