//! Whether cases can be measured. Each has a process of its own, as when it is.
#![cfg(feature = "spans")]

use std::collections::BTreeSet;
use std::io;
use std::process::{Command, Output};

use telemetry_benches::case::Case;
use telemetry_benches::cases;

/// Cases with more series or connections than this take long without optimisation.
const LARGEST: usize = 1_000;

fn run(program: &str, arguments: &[&str]) -> io::Result<Output> {
    Command::new(program).args(arguments).output()
}

/// The last case of each scenario, which is seldom the one that is subtracted.
fn one_of_each_scenario() -> Vec<Case> {
    let size = |case: &Case| case.id.rsplit('/').next().and_then(|last| last.parse().ok()).unwrap_or(0);
    let scenario = |case: &Case| case.id.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    let mut seen = BTreeSet::new();
    let mut cases = cases::all();
    cases.reverse();
    cases.retain(|case| size(case) <= LARGEST && seen.insert(scenario(case)));
    cases
}

#[test]
fn every_scenario_records_what_it_does() {
    let cases = one_of_each_scenario();
    assert!(cases.len() > 30, "{cases:?}");
    for case in cases {
        let output = run(env!("CARGO_BIN_EXE_counted"), &[&case.id, "3"]).unwrap();
        assert!(output.status.success(), "{}: {}", case.id, String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn allocations_are_counted() {
    let allocated = |id: &str| -> serde_json::Value {
        let output = run(env!("CARGO_BIN_EXE_allocated"), &[id]).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let ids = ["telemetry-net/memory/ours", "telemetry-net/open-close/ours/1", "telemetry-http/request/bare"];
    let [open, reused, request] = ids.map(allocated);
    let of = |case: &serde_json::Value, figure: &str| case[figure].as_f64().unwrap();
    assert!(of(&open, "kept") > 100.0, "{open}");
    assert_eq!((of(&reused, "kept"), of(&reused, "allocations")), (0.0, 0.0));
    assert_eq!(of(&request, "kept"), 0.0);
    assert!(of(&request, "allocations") >= 1.0, "{request}");
}

#[test]
fn the_list_is_json_with_all_ids() {
    let list = run(env!("CARGO_BIN_EXE_counted"), &[]).unwrap().stdout;
    let list: Vec<serde_json::Value> = serde_json::from_slice(&list).unwrap();
    let ids: BTreeSet<_> = list.iter().filter_map(|case| case["id"].as_str()).collect();
    let all = cases::all();
    assert_eq!(ids, all.iter().map(|case| case.id.as_str()).collect());
    assert_eq!(ids.len(), all.len());
    let unknown = run(env!("CARGO_BIN_EXE_counted"), &["telemetry-http/request/nothing"]).unwrap();
    assert!(!unknown.status.success());
}
