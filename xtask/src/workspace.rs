//! The parts of `cargo metadata` that the checks need, in a form that a test can write by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// The library crates: everything else in the workspace only uses them.
pub(crate) const LIBRARIES: [&str; 4] = ["telemetry-core", "telemetry-http", "telemetry-net", "telemetry-prometheus"];

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// In `[dependencies]`, so that it reaches a user's build.
    pub(crate) normal: bool,
    pub(crate) features: Vec<String>,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cannot read `cargo metadata`")?;
        let packages = metadata.workspace_packages().into_iter().map(Package::from).collect();
        Ok(Self {
            root: metadata.workspace_root.clone().into(),
            target: metadata.target_directory.clone().into(),
            packages,
        })
    }

    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| LIBRARIES.contains(&package.name.as_str()))
    }
}

impl From<&cargo_metadata::Package> for Package {
    fn from(package: &cargo_metadata::Package) -> Self {
        let dependencies = package.dependencies.iter().map(|dependency| Dependency {
            name: dependency.name.clone(),
            normal: dependency.kind == DependencyKind::Normal,
            features: dependency.features.clone(),
        });
        Self {
            name: package.name.to_string(),
            features: package.features.clone(),
            dependencies: dependencies.collect(),
        }
    }
}

impl Package {
    /// The features that a user can name, without `default`.
    pub(crate) fn single_features(&self) -> impl Iterator<Item = &str> {
        self.features.keys().map(String::as_str).filter(|name| *name != "default")
    }

    /// Cargo's arguments for the ways in which a user builds the package most often: as it comes, and without anything.
    pub(crate) fn usual_variants(&self) -> Vec<String> {
        let mut variants = vec!["--no-default-features".to_owned()];
        if self.features.get("default").is_some_and(|features| !features.is_empty()) {
            variants.push(String::new());
        }
        // A feature of somebody else's crate that changes types which the package uses.
        if self.dependencies.iter().any(|dependency| dependency.name == "prometheus" && dependency.normal) {
            variants.push("--features prometheus/protobuf".to_owned());
        }
        variants
    }

    /// With each feature alone.
    pub(crate) fn single_variants(&self) -> impl Iterator<Item = String> {
        self.single_features().map(|feature| format!("--no-default-features --features {feature}"))
    }

    /// Everything that a feature switches on: this package's features and entries such as `dep:x` or `x/y`.
    pub(crate) fn closure<'a>(&'a self, feature: &'a str) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![feature];
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                open.extend(self.features.get(name).into_iter().flatten().map(String::as_str));
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closure_follows_features_through_features() {
        let feature = |name: &str, on: &[&str]| (name.to_owned(), on.iter().map(|s| (*s).to_owned()).collect());
        let package = Package {
            features: BTreeMap::from([
                feature("default", &["a"]),
                feature("a", &["b", "dep:x"]),
                feature("b", &["core/sdk"]),
                feature("c", &[]),
            ]),
            ..Package::default()
        };
        assert_eq!(package.closure("default"), BTreeSet::from(["default", "a", "b", "dep:x", "core/sdk"]));
        assert_eq!(package.single_features().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(package.usual_variants(), ["--no-default-features", ""]);
        let alone: Vec<_> = package.single_variants().collect();
        assert_eq!(alone, ["a", "b", "c"].map(|name| format!("--no-default-features --features {name}")));
    }

    #[test]
    fn a_package_without_features_has_one_variant() {
        assert_eq!(Package::default().usual_variants(), ["--no-default-features"]);
        assert_eq!(Package::default().single_variants().count(), 0);
    }
}
