//! The SDK enters a user's build by telemetry-prometheus and by core's features `sdk`, `bound` and `testing` alone.
//!
//! The manifests' lists of features say what should be; `cargo tree` says what is.

use anyhow::{Result, bail};
use xshell::Shell;

use crate::command::Command;
use crate::steps::Step;
use crate::workspace::Package;

const DOORS: [&str; 3] = ["sdk", "bound", "testing"];

pub(crate) fn steps(library: &Package) -> Vec<Step> {
    if library.name == "telemetry-prometheus" {
        return Vec::new();
    }
    let mut variants = vec![("--no-default-features".to_owned(), false)];
    variants.extend(library.single_features().map(|feature| {
        let variant = format!("--no-default-features --features {feature}");
        (variant, opens_a_door(library, feature))
    }));
    let name = library.name.clone();
    let step = |(variant, expected): (String, bool)| {
        let tree = Command::new("cargo tree -e normal --prefix none --format {p} -p").arg(&name).args(&variant);
        let title = format!("{} SDK under {name} {variant}", if expected { "the" } else { "no" });
        Step::check(title, tree.to_string(), move |sh| compare(sh, &tree, expected))
    };
    variants.into_iter().map(step).collect()
}

fn compare(sh: &Shell, tree: &Command, expected: bool) -> Result<()> {
    match (has_sdk(&tree.read(sh)?), expected) {
        (true, false) => bail!("opentelemetry_sdk is in the tree, though none of core's features {DOORS:?} is on"),
        (false, true) => bail!("opentelemetry_sdk is not in the tree, though one of core's features {DOORS:?} is on"),
        _ => Ok(()),
    }
}

fn has_sdk(tree: &str) -> bool {
    tree.lines().any(|line| line.split_whitespace().next() == Some("opentelemetry_sdk"))
}

fn opens_a_door(library: &Package, feature: &str) -> bool {
    let is_door = |entry: &str| match entry.split_once('/') {
        Some(("telemetry-core", feature)) => DOORS.contains(&feature),
        Some(_) => false,
        None => library.name == "telemetry-core" && DOORS.contains(&entry),
    };
    library.closure(feature).into_iter().any(is_door)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn doors_are_found_through_other_features() {
        let feature = |name: &str, on: &str| (name.to_owned(), vec![on.to_owned()]);
        let features =
            [feature("fast", "bound"), feature("bound", "telemetry-core/bound"), feature("axum", "dep:axum")];
        let http = Package { name: "telemetry-http".into(), features: BTreeMap::from(features), ..Package::default() };
        assert!(opens_a_door(&http, "fast"));
        assert!(!opens_a_door(&http, "axum"));

        let features = [feature("otlp", "sdk"), feature("plain", "dep:bytes")];
        let core = Package { name: "telemetry-core".into(), features: BTreeMap::from(features), ..Package::default() };
        assert!(opens_a_door(&core, "otlp"));
        assert!(!opens_a_door(&core, "plain"));
    }

    #[test]
    fn the_sdk_is_found_in_a_tree() {
        assert!(has_sdk("telemetry-http v0.1.0 (/x)\nopentelemetry_sdk v0.33.1 (*)\n"));
        assert!(!has_sdk("telemetry-http v0.1.0 (/opentelemetry_sdk)\nopentelemetry v0.33.1\n"));
    }
}
