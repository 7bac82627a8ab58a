//! Another revision of the workspace, with today's benches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml_edit::DocumentMut;
use xshell::Shell;

use crate::command::Command;

/// A worktree of git's, which is removed in the end. What was built of it stays, for the next time.
pub(super) struct Worktree<'a> {
    sh: &'a Shell,
    pub(super) root: PathBuf,
    pub(super) target: PathBuf,
    pub(super) commit: String,
}

impl<'a> Worktree<'a> {
    /// Checks `reference` out below `target`, and puts the benches of `workspace` into it.
    pub(super) fn new(sh: &'a Shell, workspace: &Path, target: &Path, reference: &str) -> Result<Self> {
        let resolve = Command::new("git rev-parse --verify --quiet --short=12 --end-of-options");
        let commit = resolve.arg(format!("{reference}^{{commit}}")).read(sh);
        let commit = commit.with_context(|| format!("{reference:?} is no revision that git knows"))?.trim().to_owned();
        let folder = target.join("bench/revisions").join(&commit);
        let worktree = Self { sh, root: folder.join("sources"), target: folder.join("target"), commit };
        // One that was left behind, by a run that was killed.
        worktree.remove();
        let add = Command::new("git worktree add --quiet --force --detach").arg(worktree.root.to_string_lossy());
        add.arg(&worktree.commit).run_captured(sh)?;
        worktree.take_benches(workspace)?;
        Ok(worktree)
    }

    fn take_benches(&self, workspace: &Path) -> Result<()> {
        let benches = self.root.join("benches");
        if benches.exists() {
            fs::remove_dir_all(&benches)?;
        }
        for part in ["Cargo.toml", "README.md", "src", "benches", "tests"] {
            copy(&workspace.join("benches").join(part), &benches.join(part))?;
        }
        let manifest = self.root.join("Cargo.toml");
        let [ours, theirs] = [&workspace.join("Cargo.toml"), &manifest]
            .map(|path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())));
        Ok(fs::write(&manifest, with_dependencies(&theirs?, &ours?)?)?)
    }

    fn remove(&self) {
        if !self.root.exists() {
            return;
        }
        let remove = Command::new("git worktree remove --force").arg(self.root.to_string_lossy());
        if let Err(error) = remove.run_captured(self.sh) {
            eprintln!("warning: {error:#}");
        }
    }
}

impl Drop for Worktree<'_> {
    fn drop(&mut self) {
        self.remove();
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    } else if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

/// The workspace's manifest `theirs`, with the dependencies that the benches of `ours` need besides. What both have is
/// theirs: a revision is measured with what it was made of.
fn with_dependencies(theirs: &str, ours: &str) -> Result<String> {
    let (mut theirs, ours): (DocumentMut, DocumentMut) = (theirs.parse()?, ours.parse()?);
    let none = || "the manifest of the workspace has no dependencies";
    let more = ours["workspace"]["dependencies"].as_table().with_context(none)?;
    let workspace = theirs.get_mut("workspace").and_then(|workspace| workspace.get_mut("dependencies"));
    let dependencies = workspace.and_then(|dependencies| dependencies.as_table_mut()).with_context(none)?;
    for (name, dependency) in more {
        if !dependencies.contains_key(name) {
            dependencies.insert(name, dependency.clone());
        }
    }
    Ok(theirs.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_keeps_its_dependencies_and_gets_those_that_it_lacks() {
        let theirs = "[workspace]\nmembers = [\"benches\"]\n\n[workspace.dependencies]\na = \"1\"\n";
        let ours = "[workspace.dependencies]\na = \"2\"\nb = { version = \"3\", features = [\"x\"] }\n";
        let merged = with_dependencies(theirs, ours).unwrap();
        assert!(
            merged.contains("a = \"1\"") && merged.contains("b = { version = \"3\", features = [\"x\"] }"),
            "{merged}"
        );
        assert!(merged.contains("members = [\"benches\"]"), "{merged}");
        assert!(with_dependencies("[workspace]\n", ours).is_err());
    }
}
