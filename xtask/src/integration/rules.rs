//! The rules of the examples: `promtool` has to read them and to run their tests, and `amtool` to know whom alerts go to.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use xshell::Shell;

use crate::command::Command;
use crate::lint::observability;
use crate::programs::{self, Source};

/// A Prometheus would start with the configuration and the rules, and the rules do what their tests say.
pub(super) fn hold(sh: &Shell, folder: &Path) -> Result<()> {
    let config = folder.join(observability::PROMETHEUS);
    let folder = config.parent().context("prometheus.yml is in no folder")?;
    Command::new("promtool check config").arg(config.display().to_string()).run_captured(sh)?;
    for (check, ending) in [("check", ".rules.yaml"), ("test", ".rules.test.yaml")] {
        let files = files(sh, folder, ending)?;
        ensure!(!files.is_empty(), "{} has no files {ending}", folder.display());
        let command = Command::new("promtool").args(check).arg("rules");
        files.iter().fold(command, |command, file| command.arg(file.display().to_string())).run_captured(sh)?;
    }
    Ok(())
}

fn files(sh: &Shell, folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let all = sh.read_dir(folder)?.into_iter();
    Ok(all.filter(|file| file.to_string_lossy().ends_with(ending)).collect())
}

/// Each severity has the receiver of its own name.
pub(super) fn are_routed(sh: &Shell, folder: &Path) -> Result<()> {
    programs::require(sh, "amtool", Source::Apt("prometheus-alertmanager"))?;
    let config = folder.join(observability::ALERTMANAGER).display().to_string();
    Command::new("amtool check-config").arg(&config).run_captured(sh)?;
    for severity in observability::SEVERITIES {
        let command = Command::new("amtool config routes test --config.file").arg(&config);
        let receiver = format!("--verify.receivers={severity}");
        command.arg(receiver).arg(format!("severity={severity}")).arg("job=any").run_captured(sh)?;
    }
    Ok(())
}
