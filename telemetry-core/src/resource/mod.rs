//! The resource of a process: who its telemetry comes from.
//!
//! It has four layers, and an upper one wins over those below, even with an empty value:
//!
//! 1. What is set in code; the service name over attributes.
//! 2. `OTEL_SERVICE_NAME`, then `OTEL_RESOURCE_ATTRIBUTES`.
//! 3. What is detected, as in the table. What cannot be found is left out.
//! 4. `service.name`, which is `unknown_service:<executable>`, and `telemetry.sdk.*`, which are the SDK's own.
//!
//! | attribute | where it comes from |
//! |---|---|
//! | `service.instance.id` | a random UUID (version 4), the same for all setups of the process |
//! | `host.name` | `uname`; on Windows `COMPUTERNAME` |
//! | `host.arch` | what the program was compiled for |
//! | `os.type` | what the program was compiled for |
//! | `os.name`, `os.version`, `os.description` | `NAME`, `VERSION_ID` and `PRETTY_NAME` of `/etc/os-release`, or else of `/usr/lib/os-release` |
//! | `os.build_id` | `BUILD_ID` of the same file; on Linux or else the kernel's release |
//! | `process.pid` | the operating system |
//! | `process.executable.name` | the file that runs, without its directory |
//! | `process.creation.time` | on Linux `/proc/self/stat` and `/proc/uptime` |
//! | `container.id` | on Linux `/proc/self/cgroup`, or else `/proc/self/mountinfo` |
//!
//! Left out on purpose: the command line, its arguments, the environment, the owner and the executable's directory,
//! as they may hold secrets; `host.id`, as the id of a machine is confidential ([machine-id(5)]) and a resource is shown
//! to whoever may read `/metrics`; `process.runtime.*`, as Rust has no runtime to tell of.
//!
//! The resource's schema URL is [`SCHEMA_URL`]. Attributes of users come without one, so nothing contradicts it. A
//! whole `Resource` with another schema URL, given to one of the SDK's builders, leaves none: the SDK merges so.
//!
//! [machine-id(5)]: https://www.freedesktop.org/software/systemd/man/latest/machine-id.html

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{ResourceDetector, TelemetryResourceDetector};

use crate::semconv::SCHEMA_URL;
use crate::semconv::attribute::SERVICE_NAME;
use crate::settings::Settings;

mod container;
mod environment;
mod file;
mod process;
mod system;

#[cfg(test)]
mod tests;

/// An attribute, if its value was found.
type Detected = (&'static str, Option<Value>);

/// The longest value that a detector may give, in bytes: beyond it a source is not what it should be.
const MAX_DETECTED: usize = 256;

/// The resource: what is given in code, in the environment, and, with `detect`, what is found.
///
/// A service name or an attribute given in code is taken as it is, even if it is empty.
pub(crate) fn resource(
    settings: &Settings,
    service_name: Option<String>,
    attributes: Vec<KeyValue>,
    detect: bool,
) -> Resource {
    let mut below = defaults();
    if detect {
        below.extend(detected(settings));
    }
    let service_name = service_name.map(name_service);
    Resource::builder_empty()
        .with_schema_url(below, SCHEMA_URL)
        .with_attributes(environment::all(settings).into_iter().chain(attributes).chain(service_name))
        .build()
}

fn name_service(name: String) -> KeyValue {
    KeyValue::new(SERVICE_NAME, name)
}

fn defaults() -> Vec<KeyValue> {
    let name = match process::executable_name() {
        Some(executable) => format!("unknown_service:{executable}"),
        None => "unknown_service".to_owned(),
    };
    // The SDK's version is known to the SDK alone.
    let sdk = TelemetryResourceDetector.detect();
    let sdk = sdk.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    sdk.chain([name_service(name)]).collect()
}

fn detected(settings: &Settings) -> impl Iterator<Item = KeyValue> {
    let all = system::attributes(settings).into_iter().chain(process::attributes()).chain(container::attributes());
    all.filter_map(|(key, value)| {
        let value = value.filter(is_credible)?;
        Some(KeyValue::new(Key::from_static_str(key), value))
    })
}

fn is_credible(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.as_str().trim().is_empty() && text.as_str().len() <= MAX_DETECTED,
        _ => true,
    }
}
