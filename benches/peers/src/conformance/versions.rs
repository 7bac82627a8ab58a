//! The versions that are built, as `Cargo.lock` has them.

const LOCK: &str = include_str!("../../Cargo.lock");

/// The version of a package. Where there are several it is the newest, which Cargo writes last: the others are what a
/// peer needs.
pub(super) fn of(package: &str) -> &'static str {
    let mut lines = LOCK.lines();
    let mut version = "";
    while let Some(line) = lines.next() {
        if quoted(line, "name = ") == Some(package) {
            version = lines.next().and_then(|line| quoted(line, "version = ")).unwrap_or_default();
        }
    }
    version
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
        assert_eq!(of("opentelemetry").split('.').count(), 3);
        assert_eq!(of("no-such-package"), "");
    }
}
