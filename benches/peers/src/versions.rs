//! Which versions are measured, read from the lock file that this program was built with.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Clone, Deserialize)]
struct Package {
    name: String,
    version: String,
    /// Packages of this repository have none.
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The versions of all crates of others that this package names, more than one of some.
pub(crate) fn versions() -> Result<BTreeMap<String, String>> {
    of(LOCK)
}

/// The version of a crate that this package names, ours or not: the newest of several, since the others are there for a peer
/// that needs them.
pub(crate) fn newest(package: &str) -> Result<String> {
    // Cargo sorts by version.
    let found = named(LOCK)?.into_iter().rfind(|found| found.name == package);
    Ok(found.with_context(|| format!("{package} is not a dependency"))?.version)
}

fn of(lock: &str) -> Result<BTreeMap<String, String>> {
    let mut versions = BTreeMap::<_, String>::new();
    for Package { name, version, .. } in named(lock)?.into_iter().filter(|package| package.source.is_some()) {
        let known = versions.entry(name).or_default();
        *known = if known.is_empty() { version } else { format!("{known}, {version}") };
    }
    Ok(versions)
}

/// All crates that this package names, in the order of the lock file.
fn named(lock: &str) -> Result<Vec<Package>> {
    let lock: Lock = toml::from_str(lock)?;
    let own = lock.package.iter().find(|package| package.name == env!("CARGO_PKG_NAME"));
    let dependencies = own.context("the lock file is not of this package")?.dependencies.iter();
    dependencies
        .map(|dependency| {
            let (name, version) = dependency.split_once(' ').unwrap_or((dependency, ""));
            let is_it = |package: &&Package| package.name == name && package.version.starts_with(version);
            lock.package.iter().find(is_it).cloned().with_context(|| format!("{dependency} is not locked"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_others_have_versions() {
        let package = |name: &str, version: &str, rest: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}\n")
        };
        let dependencies = r#"dependencies = ["one", "two 0.1.9", "two 0.2.0", "ours"]"#;
        let source = r#"source = "registry+https://example.com""#;
        let lock = [
            package(env!("CARGO_PKG_NAME"), "0.1.0", dependencies),
            package("one", "1.2.3", source),
            package("two", "0.2.0", source),
            package("two", "0.1.9", source),
            package("unasked", "7.0.0", source),
            package("ours", "0.1.0", ""),
        ];
        let expected = [("one", "1.2.3"), ("two", "0.1.9, 0.2.0")];
        let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
        assert_eq!(of(&lock.concat()).unwrap(), BTreeMap::from(expected));
    }

    #[test]
    fn every_version_is_known() {
        assert!(versions().unwrap().contains_key("tower-otel"));
        assert!(of("package = []").is_err());
        assert_eq!(newest("telemetry-http").unwrap(), env!("CARGO_PKG_VERSION"));
        assert!(versions().unwrap()["opentelemetry-prometheus"].starts_with("0.32."));
        assert!(newest("opentelemetry-prometheus").unwrap().starts_with("0.33."));
        assert_eq!(newest("no-such-package").unwrap_err().to_string(), "no-such-package is not a dependency");
    }
}
