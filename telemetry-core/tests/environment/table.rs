//! `docs/environment.md`, held against the tests and against the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::receiver::Signal;
use crate::row::Row;
use crate::{batches, exporters, general, limits, metrics, otlp, propagation, resource, terminal, tls, traces};

/// Those whose tests are elsewhere: the file, and tests in it.
const ELSEWHERE: [(&str, &str, &[&str]); 4] = [
    (
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "telemetry-core/tests/exemplar/filter.rs",
        &[
            "co11_the_environment_sets_the_filter",
            "co01_an_empty_value_is_none",
            "co04_case_does_not_matter_and_unknown_values_are_ignored",
        ],
    ),
    (
        "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
        "telemetry-http/tests/options/methods.rs",
        &["hs_02_known_methods_can_be_given", "hs_02_the_environment_replaces_the_known_methods"],
    ),
    ("OTEL_EXPORTER_PROMETHEUS_HOST", "telemetry-prometheus/src/server/tests/address.rs", PROMETHEUS),
    ("OTEL_EXPORTER_PROMETHEUS_PORT", "telemetry-prometheus/src/server/tests/address.rs", PROMETHEUS),
];

const PROMETHEUS: &[&str] = &[
    "px159_the_environment_names_host_and_port",
    "co01_px159_an_empty_variable_is_not_set",
    "co03_px159_a_port_that_makes_no_sense_is_not_set",
    "co01_px159_code_wins",
];

/// Only there on Windows, where nobody runs the tests.
const UNTESTED: [&str; 1] = ["COMPUTERNAME"];

/// The libraries whose sources are looked through.
const LIBRARIES: [&str; 4] = ["telemetry-core", "telemetry-http", "telemetry-net", "telemetry-prometheus"];

/// Names that the code puts together, as they stand in it.
const COMPOSED: [(&str, &[&str]); 5] = [
    ("OTEL_{}_EXPORTER", &["TRACES", "METRICS", "LOGS"]),
    ("OTEL_EXPORTER_OTLP_{}_ENDPOINT", &["TRACES", "METRICS", "LOGS"]),
    ("OTEL_EXPORTER_OTLP_{variable}", OTLP),
    ("OTEL_BSP", BATCH),
    ("OTEL_BLRP", BATCH),
];

/// Likewise, with a signal in the middle.
const COMPOSED_OF_SIGNAL: &str = "OTEL_EXPORTER_OTLP_{}_{variable}";

/// What stands behind `OTEL_EXPORTER_OTLP_`.
const OTLP: &[&str] = &[
    "ENDPOINT",
    "PROTOCOL",
    "HEADERS",
    "COMPRESSION",
    "TIMEOUT",
    "CERTIFICATE",
    "CLIENT_CERTIFICATE",
    "CLIENT_KEY",
    "INSECURE",
];

/// What stands behind `OTEL_BSP_` and `OTEL_BLRP_`.
const BATCH: &[&str] = &["SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The variables in the first cells of the tables, each with the number of its row.
fn documented() -> Vec<String> {
    let text = read("docs/environment.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.map(|row| row.split('|').next().unwrap());
    let names = cells.flat_map(|cell| cell.split(['`', '<', '>']));
    let is_name = |name: &&str| name.contains(|letter: char| letter.is_ascii_uppercase());
    names.filter(is_name).map(str::to_owned).collect()
}

/// Those that this binary tests: a row is what the tests go through, so none can be listed and not tested.
fn rows() -> Vec<Row> {
    let groups = [
        batches::rows(),
        exporters::rows(),
        general::rows(),
        limits::rows(),
        metrics::rows(),
        otlp::all_rows(),
        propagation::rows(),
        resource::rows(),
        tls::rows(),
        traces::rows(),
    ];
    groups.into_iter().flatten().collect()
}

fn tested() -> BTreeSet<String> {
    let of_the_system = tls::SYSTEM.into_iter().chain(terminal::TERMINAL);
    let by_name = ELSEWHERE.map(|(name, ..)| name).into_iter().chain(UNTESTED).chain(of_the_system);
    rows().into_iter().map(|row| row.variable).chain(by_name.map(str::to_owned)).collect()
}

#[test]
fn every_row_of_the_table_has_a_test() {
    let documented = documented();
    let unique: BTreeSet<_> = documented.iter().cloned().collect();
    assert_eq!(unique.len(), documented.len(), "a variable has two rows");
    assert_eq!(unique, tested());
}

#[test]
fn no_variable_is_tested_twice() {
    let mut times = BTreeMap::<_, usize>::new();
    rows().into_iter().for_each(|row| *times.entry(row.variable).or_default() += 1);
    times.retain(|_, times| *times > 1);
    assert_eq!(times, BTreeMap::new());
}

#[test]
fn tests_elsewhere_are_there() {
    for (variable, file, tests) in ELSEWHERE {
        let text = read(file);
        assert!(text.contains(variable), "{file}: no {variable}");
        for test in tests {
            assert!(text.contains(&format!("#[test]\nfn {test}()")), "{file}: no test {test}");
        }
    }
}

#[test]
fn every_variable_of_the_code_has_a_row() {
    let documented: BTreeSet<_> = documented().into_iter().collect();
    let mut found = BTreeSet::new();
    for library in LIBRARIES {
        walk(&root().join(library).join("src"), &mut |_, code| {
            found.extend(names(code).map(str::to_owned));
        });
    }
    let mut read = BTreeSet::new();
    for name in found {
        let composed = COMPOSED.iter().find(|(pattern, _)| *pattern == name);
        if let Some((pattern, parts)) = composed {
            let (before, after) = pattern.split_once(['{']).map_or((format!("{pattern}_"), ""), |(before, rest)| {
                (before.to_owned(), rest.split_once('}').unwrap().1)
            });
            read.extend(parts.iter().map(|part| format!("{before}{part}{after}")));
        } else if name == COMPOSED_OF_SIGNAL {
            let of_signal = |signal: Signal| OTLP.iter().map(move |part| otlp::name(Some(signal), part));
            read.extend(Signal::ALL.into_iter().flat_map(of_signal));
        } else {
            read.insert(name);
        }
    }
    let missing: Vec<_> = read.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/environment.md has no row for {missing:?}");
    let unread: Vec<_> = documented.iter().filter(|name| name.starts_with("OTEL_") && !read.contains(*name)).collect();
    assert!(unread.is_empty(), "docs/environment.md has rows for {unread:?}, which nothing reads");
}

/// The code of OTLP names its variables by their last parts: one that is new there is not to slip through.
#[test]
fn every_part_of_a_name_is_known() {
    let known: BTreeSet<_> = OTLP.iter().chain(BATCH).copied().collect();
    let mut found = BTreeSet::new();
    walk(&root().join("telemetry-core/src/otlp"), &mut |_, code| {
        let part = |text: &str| {
            let text = text.strip_prefix("{prefix}_").unwrap_or(text);
            let is_part = text.len() > 3 && text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
            (is_part && !text.starts_with("OTEL_") && !text.starts_with("CARGO_")).then(|| text.to_owned())
        };
        // Words of other files are no names: the statuses of gRPC, for one.
        if code.contains("Settings") {
            found.extend(literals(code).filter_map(part));
        }
    });
    let found: BTreeSet<_> = found.iter().map(String::as_str).collect();
    assert_eq!(found, known);
}

/// Whoever asks the environment does it in one of these files, by names that the tests above find.
#[test]
fn the_environment_is_asked_in_few_places() {
    let mut found = BTreeSet::new();
    for library in LIBRARIES {
        walk(&root().join(library).join("src"), &mut |path, code| {
            if code.lines().any(|line| line.contains("env::var") || line.contains("vars_os")) {
                let path = path.strip_prefix(root()).unwrap();
                found.insert(path.to_str().unwrap().replace('\\', "/"));
            }
        });
    }
    let known = [
        "telemetry-core/src/exemplar/filter.rs",
        "telemetry-core/src/propagation/environment.rs",
        "telemetry-core/src/settings/mod.rs",
        "telemetry-http/src/method.rs",
        "telemetry-prometheus/src/server/address.rs",
    ];
    assert_eq!(found, known.map(str::to_owned).into());
}

/// The rules on settings, resource and shutdown.
#[test]
fn every_rule_has_a_test() {
    let mut tests = String::new();
    for folder in ["src", "tests"] {
        all_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut |text| {
            tests.extend(
                text.lines().filter_map(|line| line.trim().strip_prefix("fn ")).map(|name| format!("{name}\n")),
            );
        });
    }
    let ids = (1..=15).chain(20..=24).chain([35]);
    let has_test = |id: &u32| [format!("co_{id:02}_"), format!("co{id:02}_")].iter().any(|id| tests.contains(id));
    let untested: Vec<u32> = ids.filter(|id| !has_test(id)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

fn all_files(folder: &Path, visit: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all_files(&path, visit) } else { visit(&fs::read_to_string(&path).unwrap()) }
    }
}

/// Visits the code of every file without its comments and its tests.
fn walk(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
            let lines: Vec<_> = lines.filter(|line| !line.trim_start().starts_with("//")).collect();
            visit(&path, &lines.join("\n"));
        }
    }
}

/// What stands between quotes.
fn literals(code: &str) -> impl Iterator<Item = &str> {
    code.split('"').skip(1).step_by(2)
}

/// The variables in the text of the code, put together or not.
fn names(code: &str) -> impl Iterator<Item = &str> {
    let begins = code.match_indices("OTEL_").chain(code.match_indices("RUST_LOG")).map(|(begin, _)| begin);
    begins.map(|begin| {
        let rest = &code[begin..];
        let in_name = |letter: char| letter.is_ascii_alphanumeric() || "_{}".contains(letter);
        &rest[..rest.find(|letter| !in_name(letter)).unwrap_or(rest.len())]
    })
}
