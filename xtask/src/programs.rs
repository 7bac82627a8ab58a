//! Programs that the checks run: installed where that is possible, else named with the line that installs them.

use std::env;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use xshell::Shell;

use crate::command::Command;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// A Debian package.
    Apt(&'static str),
    /// A crate with a binary.
    Cargo(&'static str),
}

/// Makes sure that `program` can be started. A program that is missing and stays missing is an error: a check that
/// skips itself would look like one that passed.
pub(crate) fn require(sh: &Shell, program: &str, source: Source) -> Result<()> {
    require_that(sh, program, || is_there(program), source)
}

/// The same for what is no program on the PATH.
pub(crate) fn require_that(sh: &Shell, program: &str, is_there: impl Fn() -> bool, source: Source) -> Result<()> {
    if is_there() {
        return Ok(());
    }
    match source {
        Source::Apt(package) => {
            let install = Command::new("apt-get install -y -q --no-install-recommends").arg(package);
            if !can_use_apt() {
                bail!("`{program}` is missing; install it with `{install}` as root, or by your system's own means");
            }
            eprintln!("`{program}` is missing: installing the package {package}");
            Command::new("apt-get update -q").run_captured(sh)?;
            install.env("DEBIAN_FRONTEND", "noninteractive").run_captured(sh)?;
        }
        Source::Cargo(package) => {
            eprintln!("`{program}` is missing: building it with cargo, which takes some minutes");
            // Unoptimised: it is built far oftener than its seconds of work would pay for.
            Command::new("cargo install --quiet --locked --debug")
                .arg(package)
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .run_captured(sh)?;
        }
    }
    if !is_there() {
        bail!("`{program}` was installed, but cannot be found");
    }
    Ok(())
}

pub(crate) fn is_there(program: &str) -> bool {
    find(program).is_some()
}

fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn can_use_apt() -> bool {
    let is_root = Path::new("/proc/self").metadata().is_ok_and(|data| data.uid() == 0);
    is_root && is_there("apt-get")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path() {
        assert!(is_there("cargo"));
        assert!(!is_there("no-such-program-at-all"));
    }
}
