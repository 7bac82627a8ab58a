//! compose.yaml: the services, and how one reaches another.

use std::path::Path;

use serde_json::Value;

use super::service::Service;
use super::yaml;

/// The machine that the containers run on, by the name that they have for it.
const HOST: &str = "host.docker.internal";

const SECTIONS: [&str; 2] = ["name", "services"];

#[derive(Debug, Clone, Copy)]
pub(super) struct Compose<'a>(pub(super) &'a Value);

impl<'a> Compose<'a> {
    fn services(self) -> impl Iterator<Item = Service<'a>> {
        yaml::entries(self.0.get("services")).map(|(name, settings)| Service { name, settings })
    }

    fn service(self, name: &str) -> Option<Service<'a>> {
        self.services().find(|service| service.name == name)
    }

    /// The service that a file of the folder is for.
    pub(super) fn reader(self, file: &str) -> Option<Service<'a>> {
        self.services().find(|service| service.target(file).is_some())
    }

    /// Why `from` would find nothing at an endpoint, which is `host:port` or a URL.
    pub(super) fn refusal(self, from: &Service<'_>, endpoint: &str) -> Option<String> {
        let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        let port = |port: &str| port.parse::<u16>().ok();
        let Some((host, port)) = authority.split_once(':').and_then(|(host, number)| Some((host, port(number)?)))
        else {
            return Some(format!("`{endpoint}` has no port"));
        };
        if host == HOST {
            let from = from.name;
            let known = self.service(from).is_some_and(|service| service.knows_host(HOST));
            return (!known).then(|| format!("`{endpoint}` needs {HOST} among the extra_hosts of `{from}`"));
        }
        let Some(service) = self.service(host) else {
            return Some(format!("`{endpoint}` names no service of compose.yaml"));
        };
        (!service.offers().contains(&port)).then(|| format!("`{endpoint}`: `{host}` offers no port {port}"))
    }

    /// `folder` is where the paths begin.
    pub(super) fn faults(self, folder: &Path) -> Vec<String> {
        let unknown = yaml::entries(Some(self.0)).filter(|(section, _)| !SECTIONS.contains(section));
        let mut faults: Vec<_> =
            unknown.map(|(section, _)| format!("no check knows the section `{section}`")).collect();
        if self.services().next().is_none() {
            faults.push("it has no services".to_owned());
        }
        for service in self.services() {
            let found = service.faults(folder).into_iter().chain(self.missing(&service));
            faults.extend(found.map(|fault| format!("service `{}`: {fault}", service.name)));
        }
        faults
    }

    fn missing(self, service: &Service<'_>) -> Vec<String> {
        let needed = service.settings.get("depends_on");
        let in_long_form = yaml::entries(needed).map(|(name, _)| name.to_owned());
        let needed = yaml::items(needed).into_iter().chain(in_long_form);
        let missing = needed.filter(|name| self.service(name).is_none());
        missing.map(|name| format!("it depends on `{name}`, which is no service")).collect()
    }
}
