//! A package outside of the workspace, as a user of the libraries has one.
//!
//! Inside of the workspace Cargo adds up what all packages ask for, and so hides features that one of them has forgotten.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command::Command;
use crate::workspace::Workspace;

#[derive(Debug, Clone)]
pub(super) struct Package {
    folder: PathBuf,
    pub(super) binary: PathBuf,
}

impl Package {
    /// Writes a package with the given tables of its manifest and the given files under `src`. Its versions are those
    /// of our own lock file.
    pub(super) fn write(workspace: &Workspace, name: &str, tables: &str, files: &[(&str, &str)]) -> Result<Self> {
        let folder = workspace.target.join(name);
        let binary = workspace.target.join("debug").join(name);
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n{tables}\n\n[workspace]\n");
        std::fs::create_dir_all(folder.join("src"))?;
        std::fs::write(folder.join("Cargo.toml"), manifest)?;
        for (file, text) in files {
            std::fs::write(folder.join("src").join(file), text)?;
        }
        std::fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder, binary })
    }

    pub(super) fn build(&self, target: &Path) -> Command {
        self.cargo("build --quiet").arg("--target-dir").arg(target.display().to_string())
    }

    /// Cargo's `command` on this package.
    pub(super) fn cargo(&self, command: &str) -> Command {
        let manifest = self.folder.join("Cargo.toml").display().to_string();
        Command::new("cargo").args(command).arg("--manifest-path").arg(manifest)
    }

    /// A file of its own.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
