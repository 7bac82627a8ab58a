//! Unstable features of OpenTelemetry's crates are the likeliest to break on an upgrade: each has one home.

use crate::workspace::Package;

const HOMES: [(&str, &str); 3] = [
    ("experimental_metrics_custom_reader", "telemetry-prometheus"),
    ("experimental_metrics_bound_instruments", "telemetry-core"),
    ("spec_unstable_metrics_views", "telemetry-core"),
];

/// Looks at what reaches a user's build: `[dependencies]` and `[features]`. Tests may use what they like.
pub(crate) fn violations(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let named = package.dependencies.iter().filter(|dependency| dependency.normal);
        let named = named.filter(|dependency| dependency.name.starts_with("opentelemetry"));
        let named = named.flat_map(|dependency| dependency.features.iter().map(String::as_str));
        let switched = package.features.values().flatten().filter_map(|entry| {
            let (dependency, feature) = entry.split_once('/')?;
            dependency.starts_with("opentelemetry").then_some(feature)
        });
        for feature in named.chain(switched).filter(|feature| is_unstable(feature)) {
            if !HOMES.contains(&(feature, package.name.as_str())) {
                found.push(format!("{} switches on `{feature}`, which is not its home", package.name));
            }
        }
    }
    found
}

fn is_unstable(feature: &str) -> bool {
    feature.starts_with("experimental_") || feature.starts_with("spec_unstable_")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, normal: bool, features: &[&str], switched: &str) -> Package {
        let features = features.iter().map(|name| (*name).to_owned()).collect();
        Package {
            name: name.to_owned(),
            features: BTreeMap::from([("some".to_owned(), vec![switched.to_owned()])]),
            dependencies: vec![Dependency { name: "opentelemetry_sdk".to_owned(), normal, features }],
        }
    }

    #[test]
    fn a_feature_is_allowed_at_home_and_in_tests() {
        let bound = "opentelemetry_sdk/experimental_metrics_bound_instruments";
        let packages = [
            package("telemetry-core", true, &["metrics", "spec_unstable_metrics_views"], bound),
            package("telemetry-prometheus", true, &["experimental_metrics_custom_reader"], "dep:tokio"),
            package("telemetry-http", false, &["spec_unstable_metrics_views"], "tokio/rt"),
        ];
        assert_eq!(violations(&packages), [""; 0]);
    }

    #[test]
    fn a_feature_away_from_home_is_found() {
        let packages = [
            package("telemetry-core", true, &["experimental_metrics_custom_reader"], "sdk"),
            package("telemetry-http", true, &[], "opentelemetry_sdk?/experimental_metrics_bound_instruments"),
            package("telemetry-prometheus", true, &["experimental_something_new"], "sdk"),
        ];
        assert_eq!(violations(&packages).len(), 3);
    }
}
