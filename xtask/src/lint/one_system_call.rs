//! The lint against unsafe code is lifted in one place, for one call: see `docs/decisions/0023-one-system-call.md`.
//!
//! Cargo's lints are inherited as a whole or not at all, so the workspace says `deny`, which any file may lift, and this
//! finds the others that do.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const HOME: &str = "telemetry-net/src/tcp_info/kernel.rs";

/// In two parts: this file is looked at as well.
const LINT: &str = concat!("unsafe", "_code");
const BLOCK: &str = concat!("unsafe", " {");

pub(crate) fn violations(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut at_home = 0;
    walk(root, &mut |file| {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        if name == HOME {
            at_home += count(&text, BLOCK);
        } else if count(&text, LINT) > count(&text, &format!("forbid({LINT})")) {
            found.push(format!("{name} names the lint {LINT}, which only {HOME} may lift"));
        }
        Ok(())
    })?;
    if at_home != 1 {
        found.push(format!("{HOME} has {at_home} unsafe blocks, and should have one"));
    }
    found.sort();
    Ok(found)
}

/// Calls `visit` for every Rust file that is not built.
fn walk(folder: &Path, visit: &mut impl FnMut(&Path) -> Result<()>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // A folder that is linked in is looked at where it is.
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, visit)?;
            }
        } else if name.ends_with(".rs") {
            visit(&path)?;
        }
    }
    Ok(())
}

/// How often the code has this, comments left out.
fn count(text: &str, needle: &str) -> usize {
    let code = |line: &str| line.split("//").next().unwrap_or_default().matches(needle).count();
    text.lines().map(code).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(name: &str, files: &[(&str, String)]) -> Vec<String> {
        let root = std::env::temp_dir().join(format!("xtask-one-call-{name}-{}", std::process::id()));
        for (file, text) in files {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let found = violations(&root);
        fs::remove_dir_all(&root).unwrap();
        found.unwrap()
    }

    fn home(blocks: usize) -> (&'static str, String) {
        (HOME, format!("// {BLOCK}\n#[allow({LINT})]\n{}", format!("let a = {BLOCK} f() }};\n").repeat(blocks)))
    }

    #[test]
    fn one_block_at_home_is_right() {
        let others = [
            ("telemetry-core/src/lib.rs", format!("#![forbid({LINT})]\n// Nobody may allow({LINT}).\n")),
            ("target/debug/build/out.rs", format!("#![allow({LINT})]")),
            (".git/x.rs", format!("#![allow({LINT})]")),
            ("telemetry-net/notes.md", format!("#![allow({LINT})]")),
        ];
        assert_eq!(root("right", &[&[home(1)], &others[..]].concat()), [""; 0]);
    }

    #[test]
    fn this_repository_is_right() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(violations(root).unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_lifted_elsewhere_is_found() {
        let others = [
            ("telemetry-core/tests/a.rs", format!("#[allow(dead_code, {LINT})]\nfn f() {{}}")),
            ("telemetry-http/src/b.rs", format!("#![cfg_attr(test, expect({LINT}))]")),
            ("xtask/src/c.rs", format!("#![allow(\n    {LINT},\n    dead_code\n)]")),
            ("benches/d.rs", format!("#![forbid({LINT})]\n#![warn({LINT})]")),
        ];
        let found = root("elsewhere", &[&[home(1)], &others[..]].concat());
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn a_second_block_and_none_are_found() {
        for blocks in [0, 2] {
            assert_eq!(root("blocks", &[home(blocks)]).len(), 1, "{blocks}");
        }
    }
}
