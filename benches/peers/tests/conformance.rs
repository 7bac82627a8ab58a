//! The program as a whole, for all systems of what is built.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const FEATURES: &[&str] = &[
    #[cfg(feature = "metrics")]
    "metrics",
    #[cfg(feature = "spans")]
    "spans",
];

/// Cargo runs it, because it builds no example for a test that is named.
fn conformance(arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", "--quiet", "--locked", "--example", "conformance"]);
    cargo.args(["--no-default-features", "--features", &FEATURES.join(","), "--"]).args(arguments).output().unwrap()
}

#[test]
fn ours_passes_and_every_cell_has_an_answer() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (json, markdown) = (folder.join("conformance.json"), folder.join("conformance.md"));
    fs::write(&markdown, "# Head\n\n## Other\n\nstays\n").unwrap();
    let output = conformance(&["--json", json.to_str().unwrap(), "--markdown", markdown.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let cells: Vec<Value> = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert!(cells.len() > 80, "{} cells", cells.len());
    for cell in &cells {
        let text = |name: &str| cell[name].as_str().unwrap_or_else(|| panic!("{cell} has no {name}"));
        for name in ["table", "probe", "wants", "system", "answer"] {
            assert!(!text(name).is_empty(), "{cell}");
        }
        assert!(["ok", "not", "none"].contains(&text("verdict")), "{cell}");
        assert!(!text("system").starts_with("ours") || text("verdict") != "not", "{cell}");
    }
    // Rules that nobody else breaks are no comparison, and a harness that cannot ask fails everywhere.
    let count = |verdict: &str| cells.iter().filter(|cell| cell["verdict"] == verdict).count();
    assert!(count("ok") > 30 && count("not") > 10, "{} and {}", count("ok"), count("not"));

    // It writes OpenMetrics alone.
    let is_judged = |cell: &Value| {
        let answer = cell["answer"].as_str().unwrap();
        cell["system"] == "prometheus-client" && answer.starts_with("not a legal page: at ")
    };
    assert!(!cfg!(feature = "metrics") || cells.iter().any(is_judged), "pages of OpenMetrics have no judge");

    let written = fs::read_to_string(&markdown).unwrap();
    assert!(written.starts_with("# Head\n\n## Other\n\nstays\n\n## "), "{written}");
    assert!(written.ends_with(&*String::from_utf8_lossy(&output.stdout)), "{written}");
}

#[test]
fn arguments_that_nobody_knows_are_an_error() {
    for (arguments, told) in [
        (&["--yaml", "file"][..], "usage: conformance"),
        (&["--quick"], "usage: conformance"),
        (&["--markdown"], "usage: conformance"),
        (&["--json"], "--json without a file"),
        (&["cell", "no", "such", "table"], "there is no table"),
    ] {
        let output = conformance(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(told), "{error}");
    }
}
