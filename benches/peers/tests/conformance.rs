//! The program as a whole, for all systems of what is built.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn conformance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance")).args(arguments).output().unwrap()
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

    let written = fs::read_to_string(&markdown).unwrap();
    assert!(written.starts_with("# Head\n\n## Other\n\nstays\n\n## "), "{written}");
    assert!(written.ends_with(&*String::from_utf8_lossy(&output.stdout)), "{written}");
}

#[test]
fn arguments_that_nobody_knows_are_an_error() {
    for arguments in
        [&["--yaml", "file"][..], &["--json"], &["--json", "a", "--json", "b"], &["--cell", "no", "such", "table"]]
    {
        let output = conformance(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("usage: conformance") || told.contains("there is no table"), "{told}");
    }
}
