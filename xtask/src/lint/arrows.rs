//! The arrows of the architecture: http, net and prometheus stand on core and never on each other.

use crate::workspace::{LIBRARIES, Package};

const CORE: &str = "telemetry-core";
const SDK: &str = "opentelemetry_sdk";

/// Judges the libraries' text in tests. Its licence (LGPL) must not reach a user's build.
const TESTS_ONLY: &str = "openmetrics-parser";

pub(crate) fn violations(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        for dependency in &package.dependencies {
            if let Some(reason) = forbidden(&package.name, &dependency.name, dependency.normal) {
                found.push(format!("{} depends on {}: {reason}", package.name, dependency.name));
            }
        }
    }
    for library in LIBRARIES {
        let Some(package) = packages.iter().find(|package| package.name == library) else {
            found.push(format!("{library} is missing from the workspace"));
            continue;
        };
        if library != CORE && !package.dependencies.iter().any(|on| on.name == CORE && on.normal) {
            found.push(format!("{library} does not depend on {CORE}"));
        }
    }
    found
}

fn forbidden(from: &str, on: &str, normal: bool) -> Option<&'static str> {
    let is_library = |name: &str| LIBRARIES.contains(&name);
    match (from, on) {
        (_, "xtask" | "telemetry-examples" | "telemetry-benches") => Some("nothing points upward"),
        ("xtask", on) if is_library(on) => Some("xtask runs the built binaries, and stays buildable when they are not"),
        (CORE, on) if is_library(on) => Some("core is the ground"),
        (from, on) if is_library(from) && is_library(on) && on != CORE => Some("siblings never depend on each other"),
        ("telemetry-http" | "telemetry-net", SDK) if normal => Some("the SDK comes in through features of core alone"),
        (_, TESTS_ONLY) if normal => Some("its licence allows it in [dev-dependencies] alone"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
        let dependency = |name: &&str, normal| Dependency { name: (*name).to_owned(), normal, features: Vec::new() };
        let dependencies = normal.iter().map(|name| dependency(name, true));
        let dependencies = dependencies.chain(dev.iter().map(|name| dependency(name, false))).collect();
        Package { name: name.to_owned(), dependencies, ..Package::default() }
    }

    fn house() -> Vec<Package> {
        vec![
            package(CORE, &["opentelemetry", SDK], &[]),
            package("telemetry-http", &[CORE, "http"], &[CORE, SDK]),
            package("telemetry-net", &[CORE], &[]),
            package("telemetry-prometheus", &[CORE, SDK], &[TESTS_ONLY]),
            package("telemetry-examples", &[CORE, "telemetry-http", "telemetry-prometheus"], &[]),
            package("xtask", &["anyhow"], &[]),
        ]
    }

    #[test]
    fn the_house_stands() {
        assert_eq!(violations(&house()), [""; 0]);
    }

    #[test]
    fn every_wrong_arrow_is_found() {
        for (from, on, normal) in [
            ("telemetry-http", "telemetry-net", true),
            ("telemetry-http", "telemetry-prometheus", false),
            ("telemetry-http", SDK, true),
            ("telemetry-net", SDK, true),
            (CORE, "telemetry-prometheus", false),
            ("xtask", CORE, true),
            ("telemetry-net", "telemetry-examples", false),
            ("telemetry-prometheus", TESTS_ONLY, true),
        ] {
            let mut house = house();
            let package = house.iter_mut().find(|package| package.name == from).unwrap();
            package.dependencies.push(Dependency { name: on.to_owned(), normal, features: Vec::new() });
            assert_eq!(violations(&house).len(), 1, "{from} -> {on}");
        }
    }

    #[test]
    fn a_missing_arrow_and_a_missing_library_are_found() {
        let mut house = house();
        house[1].dependencies.retain(|on| on.name != CORE);
        house.remove(2);
        let found = violations(&house);
        assert_eq!(
            found,
            ["telemetry-http does not depend on telemetry-core", "telemetry-net is missing from the workspace"]
        );
    }
}
