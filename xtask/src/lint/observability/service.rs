//! A service of compose.yaml: what it offers, what it mounts, and whether it may be started as it stands.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::yaml;

/// Where ports may be published: nothing here asks for a password.
const LOOPBACK: &str = "127.0.0.1";

/// Others may publish ports or mount folders past the checks.
const SETTINGS: [&str; 8] =
    ["command", "depends_on", "environment", "expose", "extra_hosts", "image", "ports", "volumes"];

#[derive(Debug, Clone, Copy)]
pub(super) struct Service<'a> {
    pub(super) name: &'a str,
    pub(super) settings: &'a Value,
}

/// A file or folder of the repository, and where it is in the container.
struct Mount {
    source: String,
    target: String,
}

impl Service<'_> {
    fn list(&self, name: &str) -> Vec<String> {
        yaml::items(self.settings.get(name))
    }

    /// The ports on which other containers find something.
    pub(super) fn offers(&self) -> BTreeSet<u16> {
        let ports = [self.list("ports"), self.list("expose")].concat();
        ports.iter().filter_map(|port| port.rsplit(':').next()?.parse().ok()).collect()
    }

    pub(super) fn knows_host(&self, host: &str) -> bool {
        self.list("extra_hosts").contains(&format!("{host}:host-gateway"))
    }

    /// Where a file of the folder is in the container, by itself or with a folder around it.
    pub(super) fn target(&self, file: &str) -> Option<PathBuf> {
        self.mounts().find_map(|mount| moved(file, mount.source.trim_start_matches("./"), &mount.target))
    }

    /// Which file of the folder is at a path of the container.
    fn source(&self, path: &str) -> Option<PathBuf> {
        self.mounts().find_map(|mount| moved(path, &mount.target, &mount.source))
    }

    /// Whether a path of the container comes from the folder.
    pub(super) fn mounts_target(&self, path: &str) -> bool {
        self.mounts().any(|mount| Path::new(path).starts_with(mount.target))
    }

    fn mounts(&self) -> impl Iterator<Item = Mount> {
        self.list("volumes").into_iter().filter_map(|volume| {
            let (source, target) = volume.split_once(':')?;
            let target = target.strip_suffix(":ro").unwrap_or(target);
            Some(Mount { source: source.to_owned(), target: target.to_owned() })
        })
    }

    /// `folder` is where the paths begin.
    pub(super) fn faults(&self, folder: &Path) -> Vec<String> {
        let image = self.settings.get("image").and_then(Value::as_str).unwrap_or_default();
        let mut faults = Vec::new();
        if !is_pinned(image) {
            faults.push(format!("the image `{image}` has no whole version as its tag"));
        }
        let unknown = yaml::entries(Some(self.settings)).filter(|(setting, _)| !SETTINGS.contains(setting));
        faults.extend(unknown.map(|(setting, _)| format!("no check knows the setting `{setting}`")));
        for port in self.list("ports").iter().filter(|port| !is_on_loopback(port)) {
            faults.push(format!("the port {port} is not written as {LOOPBACK}:PORT:PORT"));
        }
        for volume in self.list("volumes").iter().filter(|volume| !volume.starts_with("./") || volume.contains("..")) {
            faults.push(format!("the volume {volume} is not written as ./PATH:PATH"));
        }
        for Mount { source, .. } in self.mounts().filter(|mount| !folder.join(&mount.source).exists()) {
            faults.push(format!("it mounts {source}, which does not exist"));
        }
        let settings = self.list("command");
        let configs = settings.iter().filter(|setting| setting.starts_with("--config"));
        for (_, config) in configs.filter_map(|setting| setting.split_once('=')) {
            if !self.source(config).is_some_and(|source| folder.join(source).is_file()) {
                faults.push(format!("it reads {config}, which it does not mount"));
            }
        }
        faults
    }
}

/// What a path below `from` is called below `to`.
fn moved(path: &str, from: &str, to: &str) -> Option<PathBuf> {
    let rest = Path::new(path).strip_prefix(from).ok()?;
    // Joining nothing would add a slash.
    Some(if rest.as_os_str().is_empty() { PathBuf::from(to) } else { Path::new(to).join(rest) })
}

/// A tag such as 2.17 or latest means another image tomorrow.
fn is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    let Some((_, tag)) = name.split_once(':') else { return false };
    let numbers: Vec<&str> = tag.strip_prefix('v').unwrap_or(tag).split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|number| number.parse::<u32>().is_ok())
}

fn is_on_loopback(port: &str) -> bool {
    let parts: Vec<&str> = port.split(':').collect();
    matches!(parts[..], [LOOPBACK, outside, inside] if [outside, inside].iter().all(|part| part.parse::<u16>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_version_alone_is_pinned() {
        for image in ["prom/prometheus:v3.5.0", "localhost:5000/a/b:12.4.0"] {
            assert!(is_pinned(image), "{image}");
        }
        for image in ["", "a", "a:latest", "a:2", "a:2.17", "a:v3.5.x", "a:3.5.0.1", "localhost:5000/a", "a:${TAG}"] {
            assert!(!is_pinned(image), "{image}");
        }
    }

    #[test]
    fn a_port_is_published_on_loopback_or_not_at_all() {
        assert!(is_on_loopback("127.0.0.1:4317:4317"));
        for port in ["4317", "4317:4317", "0.0.0.0:4317:4317", "127.0.0.1:4317", "127.0.0.1:1-9:1-9", "{\"target\":1}"]
        {
            assert!(!is_on_loopback(port), "{port}");
        }
    }
}
