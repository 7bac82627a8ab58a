//! The versions that are built, as `Cargo.lock` has them.

const LOCK: &str = include_str!("../../Cargo.lock");

/// The version of a package, or all of them where there are several.
pub(super) fn of(package: &str) -> String {
    let mut lines = LOCK.lines();
    let mut versions = Vec::new();
    while let Some(line) = lines.next() {
        if quoted(line, "name = ") == Some(package) {
            versions.extend(lines.next().and_then(|line| quoted(line, "version = ")));
        }
    }
    versions.join(" and ")
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found() {
        assert_eq!(of("telemetry-peers"), env!("CARGO_PKG_VERSION"));
        assert!(of("opentelemetry").split(" and ").all(|version| version.split('.').count() == 3));
        assert_eq!(of("no-such-package"), "");
    }
}
