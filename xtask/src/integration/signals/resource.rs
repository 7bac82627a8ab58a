//! Whose signals they are: what the resource has to say of the playground.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use super::received::{Attributes, Signal};
use crate::integration::spans::span::Value;

/// The variable of its own wins over the name among the attributes.
const NAME: (&str, &str) = ("service.name", "variable");
const GIVEN: [(&str, &str); 2] = [("deployment.environment.name", "test"), ("team", "a b")];
const INSTANCE: &str = "service.instance.id";

pub(super) fn environment() -> [(&'static str, String); 2] {
    let attributes = "deployment.environment.name=test,team=a%20b,service.name=attributes";
    [("OTEL_SERVICE_NAME", "variable".to_owned()), ("OTEL_RESOURCE_ATTRIBUTES", attributes.to_owned())]
}

pub(super) fn host() -> Result<String> {
    let file = "/proc/sys/kernel/hostname";
    Ok(std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?.trim().to_owned())
}

/// One resource for all, which came with each of the three signals.
pub(super) fn judge(resources: &[(Signal, Attributes)], process: u32, host: &str) -> Result<()> {
    let signals: BTreeSet<Signal> = resources.iter().map(|(signal, _)| *signal).collect();
    ensure!(signals.len() == 3, "resources came with {signals:?} alone");
    let (_, resource) = resources.first().context("no resource")?;
    for (signal, other) in resources {
        ensure!(other == resource, "{signal:?} are of another resource: {other:?} and {resource:?}");
    }
    let texts = [NAME, ("host.name", host)].into_iter().chain(GIVEN);
    let texts = texts.map(|(name, text)| (name, Value::Text(text.to_owned())));
    for (name, expected) in texts.chain([("process.pid", Value::Int(process.into()))]) {
        let got = resource.get(name);
        ensure!(got == Some(&expected), "{name} is {got:?}, expected {expected:?}");
    }
    let instance = resource.get(INSTANCE);
    ensure!(instance.is_some_and(is_uuid), "{INSTANCE} is {instance:?}");
    Ok(())
}

fn is_uuid(value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource() -> Attributes {
        let texts = [
            ("service.name", "variable"),
            ("host.name", "here"),
            ("deployment.environment.name", "test"),
            ("team", "a b"),
            ("service.instance.id", "f34bbbef-287c-4fe8-8750-823f139b5e6d"),
        ];
        let texts = texts.map(|(name, text)| (name.to_owned(), Value::Text(text.to_owned())));
        texts.into_iter().chain([("process.pid".to_owned(), Value::Int(7))]).collect()
    }

    fn judged(resource: &Attributes) -> Result<()> {
        let signals = [Signal::Traces, Signal::Metrics, Signal::Logs];
        judge(&signals.map(|signal| (signal, resource.clone())), 7, "here")
    }

    #[test]
    fn every_attribute_has_to_be_right() {
        judged(&resource()).unwrap();
        for name in resource().into_keys() {
            let mut wrong = resource();
            wrong.insert(name.clone(), Value::Text("other".to_owned()));
            assert!(judged(&wrong).is_err(), "{name}");
            wrong.remove(&name);
            assert!(judged(&wrong).is_err(), "{name}");
        }
    }

    #[test]
    fn all_signals_are_of_one_resource() {
        let signals = |last| [(Signal::Traces, resource()), (Signal::Logs, resource()), last];
        assert!(judge(&signals((Signal::Metrics, resource())), 7, "here").is_ok());
        assert!(judge(&signals((Signal::Logs, resource())), 7, "here").is_err());
        let mut other = resource();
        other.insert("more".to_owned(), Value::Int(1));
        assert!(judge(&signals((Signal::Metrics, other)), 7, "here").is_err());
    }
}
