//! Folders with packages of Python or Node in exact versions. They stay for the next run.

use std::path::Path;

use anyhow::{Context, Result};
use xshell::Shell;

use crate::command::Command;
use crate::programs::{self, Source};

/// A virtual environment of Python with what `requirements` names.
pub(super) fn python(sh: &Shell, folder: &Path, requirements: &str) -> Result<()> {
    programs::require(sh, "python3", Source::Apt("python3"))?;
    // Debian has the part that makes environments in a package of its own.
    let has_venv = || sh.cmd("python3").args(["-c", "import ensurepip, venv"]).quiet().ignore_stderr().run().is_ok();
    programs::require_that(sh, "venv of python3", has_venv, Source::Apt("python3-venv"))?;

    unless_done(folder, "requirements.txt", requirements, |wanted| {
        Command::new("python3 -m venv --clear").arg(shown(folder)).run_captured(sh)?;
        write(wanted, requirements)?;
        let pip = Command::program(shown(&folder.join("bin/pip")));
        pip.args("install --quiet --requirement").arg(shown(wanted)).run_captured(sh)
    })
}

/// A folder with what `lock` names.
pub(super) fn node(sh: &Shell, folder: &Path, package: &str, lock: &str) -> Result<()> {
    programs::require(sh, "node", Source::Apt("nodejs"))?;
    programs::require(sh, "npm", Source::Apt("npm"))?;

    unless_done(folder, "installed.json", lock, |wanted| {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        write(&folder.join("package.json"), package)?;
        write(&folder.join("package-lock.json"), lock)?;
        let npm = Command::new("npm ci --silent --ignore-scripts --no-audit --no-fund --prefix");
        npm.arg(shown(folder)).run_captured(sh)?;
        write(wanted, lock)
    })
}

/// Installs what `content` lists, if `file` does not say that it is there. `install` leaves that content in a file,
/// which is put in place last, so that it is there only if all of this worked.
fn unless_done(folder: &Path, file: &str, content: &str, install: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let (file, wanted) = (folder.join(file), folder.join("wanted"));
    if std::fs::read_to_string(&file).is_ok_and(|installed| installed == content) {
        return Ok(());
    }
    install(&wanted)?;
    std::fs::rename(&wanted, &file).with_context(|| format!("cannot write {}", file.display()))
}

pub(super) fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
