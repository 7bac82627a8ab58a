//! The libraries in an application that asks of the SDK nothing but metrics.
//!
//! The API's `bind` gives instruments that drop every value, unless the SDK's feature for them is on. So feature `bound`
//! has to switch that on by itself, and without it nothing may be bound. A mistake there shows in a package alone that
//! is not in our workspace: inside, another package asks for the feature.

use anyhow::{Context, Result, ensure};
use xshell::Shell;

use super::package::Package;
use crate::command::Command;
use crate::steps::Step;
use crate::workspace::Workspace;

/// Binds instruments to their attributes, in our crates.
const OURS: &str = "bound";
/// The same in those of OpenTelemetry.
const THEIRS: &str = "experimental_metrics_bound_instruments";
const OPENTELEMETRY: [&str; 2] = ["opentelemetry", "opentelemetry_sdk"];

/// What the programs share.
const MODULES: [(&str, &str); 2] =
    [("collector.rs", include_str!("program/collector.rs")), ("threads.rs", include_str!("program/threads.rs"))];
const LIBRARIES: [Library; 2] = [
    Library {
        name: "telemetry-http",
        program: include_str!("program/http.rs"),
        dependencies: "bytes = \"*\"\n\
            http = \"*\"\n\
            http-body-util = \"*\"\n\
            tower = { version = \"*\", default-features = false, features = [\"util\"] }\n",
    },
    Library {
        name: "telemetry-net",
        program: include_str!("program/net.rs"),
        dependencies: "tokio = { version = \"*\", features = [\"io-util\"] }\n",
    },
];

struct Library {
    name: &'static str,
    /// Drives the library, and fails if one value is not in what the SDK exports.
    program: &'static str,
    /// What the program needs besides.
    dependencies: &'static str,
}

pub(super) fn steps(workspace: &Workspace) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for library in LIBRARIES {
        if can_bind(workspace, library.name)? {
            steps.extend(library.steps(workspace, true)?);
        }
        steps.extend(library.steps(workspace, false)?);
    }
    Ok(steps)
}

fn can_bind(workspace: &Workspace, library: &str) -> Result<bool> {
    let package = workspace.libraries().find(|package| package.name == library);
    let can_bind = package.with_context(|| format!("no package {library}"))?.features.contains_key(OURS);
    ensure!(can_bind || library != "telemetry-http", "{library} has lost its feature `{OURS}`");
    Ok(can_bind)
}

impl Library {
    /// With the features that it has by default, of which `bound` is one, or without any.
    fn steps(&self, workspace: &Workspace, bound: bool) -> Result<[Step; 3]> {
        let title = format!("{} outside of the workspace, {}", self.name, if bound { OURS } else { "no features" });
        let name = format!("outside-{}-{}", self.name, if bound { OURS } else { "plain" });
        let [collector, threads] = MODULES;
        let files = [("main.rs", self.program), collector, threads];
        let package = Package::write(workspace, &name, &self.tables(workspace, bound), &files)?;
        let tree = package.cargo("tree -e normal --prefix none --format {p}:{f}");
        let run = Command::program(package.binary.display().to_string());
        Ok([
            Step::check(format!("features of {title}"), tree.to_string(), move |sh| features(sh, &tree, bound)),
            Step::quiet(format!("build of {title}"), package.build(&workspace.target)),
            Step::quiet(title, run),
        ])
    }

    /// The lock file tells the versions.
    fn tables(&self, workspace: &Workspace, bound: bool) -> String {
        let path = |name: &str| workspace.root.join(name).display().to_string();
        format!(
            "[lints.rust]\nwarnings = \"deny\"\n\n\
            [dependencies]\n\
            opentelemetry_sdk = {{ version = \"*\", default-features = false, features = [\"metrics\"] }}\n\
            telemetry-core = {{ path = \"{}\", default-features = false }}\n\
            {} = {{ path = \"{}\", default-features = {bound} }}\n\
            {}",
            path("telemetry-core"),
            self.name,
            path(self.name),
            self.dependencies,
        )
    }
}

/// The program shows what it should only if both sides can bind, or none.
fn features(sh: &Shell, tree: &Command, bound: bool) -> Result<()> {
    let tree = tree.read(sh)?;
    for package in OPENTELEMETRY {
        let is_on = has(&tree, package).with_context(|| format!("{package} is not in the tree"))?;
        ensure!(is_on == bound, "`{THEIRS}` of {package} is {}", if is_on { "on" } else { "off" });
    }
    Ok(())
}

/// Whether the feature of a package is on; `None` if the package is not in the tree.
fn has(tree: &str, package: &str) -> Option<bool> {
    let found = tree.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix(" v")?.split_once(':'));
    found.map(|(_, features)| features.split([',', ' ']).any(|feature| feature == THEIRS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_found_in_a_tree() {
        let tree = format!(
            "a v0.1.0 (/x:y):{THEIRS}\nopentelemetry v0.33.1:metrics,{THEIRS} (*)\n\
            opentelemetry_sdk v0.33.1:metrics\nb v1.0.0:"
        );
        assert_eq!(has(&tree, "opentelemetry"), Some(true));
        assert_eq!(has(&tree, "opentelemetry_sdk"), Some(false));
        assert_eq!(has(&tree, "b"), Some(false));
        assert_eq!(has(&tree, "opentelemetry-http"), None);
    }
}
