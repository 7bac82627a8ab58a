//! One idea per file: at most 250 lines of code.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::LIBRARIES;

const MOST: usize = 250;

pub(crate) fn violations(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for package in LIBRARIES.into_iter().chain(["xtask"]) {
        walk(&root.join(package).join("src"), &mut |file| {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let lines = lines_of_code(&text);
            if lines > MOST {
                let file = file.strip_prefix(root).unwrap_or(file);
                found.push(format!("{} has {lines} lines of code, {MOST} at most", file.display()));
            }
            Ok(())
        })?;
    }
    found.sort();
    Ok(found)
}

/// Calls `visit` for every Rust file; `tests.rs` and folders named `tests` hold tests alone, and are left out.
fn walk(folder: &Path, visit: &mut impl FnMut(&Path) -> Result<()>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            walk(&path, visit)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path)?;
        }
    }
    Ok(())
}

/// Lines that hold code, up to the first `#[cfg(test)]`.
fn lines_of_code(text: &str) -> usize {
    let mut in_comment = false;
    let mut count = 0;
    for line in text.lines().map(str::trim) {
        if line == "#[cfg(test)]" {
            break;
        }
        if in_comment || line.starts_with("/*") {
            in_comment = !line.contains("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_counts() {
        let text = "//! Doc.\n\n/* one\n two */\nfn a() {\n    // why\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(lines_of_code(text), 3);
    }

    #[test]
    fn a_long_file_is_found() {
        let root = std::env::temp_dir().join(format!("xtask-file-size-{}", std::process::id()));
        for package in LIBRARIES.into_iter().chain(["xtask"]) {
            fs::create_dir_all(root.join(package).join("src/tests")).unwrap();
        }
        fs::write(root.join("telemetry-core/src/lib.rs"), "fn f() {}\n".repeat(251)).unwrap();
        fs::write(root.join("telemetry-net/src/lib.rs"), "fn f() {}\n".repeat(250)).unwrap();
        fs::write(root.join("telemetry-net/src/tests/long.rs"), "fn f() {}\n".repeat(900)).unwrap();
        let found = violations(&root);
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(found.unwrap(), ["telemetry-core/src/lib.rs has 251 lines of code, 250 at most"]);
    }
}
