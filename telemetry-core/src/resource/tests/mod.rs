//! Variables are given to each test as a list: nothing here reads or writes the environment of the process.

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;

use super::{SCHEMA_URL, resource};
use crate::settings::tests::environment as environment_of;

mod container;
mod detected;
mod environment;
mod properties;

type Variables<'a> = &'a [(&'a str, &'a str)];

const NAME: &str = "OTEL_SERVICE_NAME";
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// What the variables alone make of it.
fn from_environment(variables: Variables<'_>) -> Resource {
    resource(&environment_of(variables), None, Vec::new(), false)
}

fn value(resource: &Resource, key: &str) -> Option<String> {
    resource.get(&Key::new(key.to_owned())).map(|value| value.to_string())
}

fn name_of(resource: &Resource) -> String {
    value(resource, "service.name").expect("a service always has a name")
}

#[test]
fn co_20_without_anything_the_resource_has_a_name_and_the_sdk() {
    use opentelemetry_semantic_conventions::resource::*;
    let resource = from_environment(&[]);
    let executable = std::env::current_exe().unwrap();
    let executable = executable.file_name().unwrap().to_str().unwrap();
    assert_eq!(name_of(&resource), format!("unknown_service:{executable}"));
    assert_eq!(value(&resource, TELEMETRY_SDK_NAME).as_deref(), Some("opentelemetry"));
    assert_eq!(value(&resource, TELEMETRY_SDK_LANGUAGE).as_deref(), Some("rust"));
    assert_eq!(value(&resource, TELEMETRY_SDK_VERSION).unwrap(), locked_version("opentelemetry_sdk"));
    assert_eq!(resource.len(), 4);
}

/// The version that the workspace is built with.
fn locked_version(package: &str) -> String {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).unwrap();
    after.split('"').next().unwrap().to_owned()
}

#[test]
fn co_01_code_wins_over_the_environment() {
    let variables: Variables<'_> = &[(NAME, "from-env"), (ATTRIBUTES, "shop.floor=1,shop.city=Rome")];
    let attributes = vec![KeyValue::new("shop.floor", 2)];
    let both = resource(&environment_of(variables), Some("from-code".to_owned()), attributes, false);
    assert_eq!(name_of(&both), "from-code");
    assert_eq!(both.get(&Key::from_static_str("shop.floor")), Some(Value::I64(2)));
    assert_eq!(value(&both, "shop.city").as_deref(), Some("Rome"));
}

#[test]
fn co_06_each_source_of_the_name_beats_those_below() {
    let attributes = || vec![KeyValue::new("service.name", "code-attribute")];
    let variables: Variables<'_> = &[(ATTRIBUTES, "service.name=attribute"), (NAME, "variable")];
    let settings = environment_of(variables);
    assert_eq!(name_of(&resource(&settings, Some("code".to_owned()), attributes(), true)), "code");
    assert_eq!(name_of(&resource(&settings, None, attributes(), true)), "code-attribute");
    assert_eq!(name_of(&resource(&settings, None, Vec::new(), true)), "variable");
    assert_eq!(name_of(&from_environment(&variables[..1])), "attribute");
}

#[test]
fn co_21_what_is_given_wins_over_what_is_detected_even_if_empty() {
    let given = "host.name=,process.pid=7,telemetry.sdk.name=mine,service.instance.id=42";
    let resource = resource(&environment_of(&[(ATTRIBUTES, given)]), None, vec![KeyValue::new("os.type", "")], true);
    assert_eq!(value(&resource, "host.name").as_deref(), Some(""));
    assert_eq!(value(&resource, "os.type").as_deref(), Some(""));
    assert_eq!(value(&resource, "process.pid").as_deref(), Some("7"));
    assert_eq!(value(&resource, "telemetry.sdk.name").as_deref(), Some("mine"));
    assert_eq!(value(&resource, "service.instance.id").as_deref(), Some("42"));
}

#[test]
fn co_21_the_schema_url_stays_whatever_is_added() {
    assert_eq!(from_environment(&[]).schema_url(), Some(SCHEMA_URL));
    let attributes = vec![KeyValue::new("shop.floor", 2)];
    let all = resource(&environment_of(&[(ATTRIBUTES, "a=b")]), Some("shop".to_owned()), attributes, true);
    assert_eq!(all.schema_url(), Some(SCHEMA_URL));
}

/// Of two variables that speak of the same, also.
#[test]
fn co_01_attributes_in_code_win_over_the_name_in_the_environment() {
    let name = |code: Variables<'_>| {
        let mut settings = environment_of(&[(NAME, "from-env")]);
        code.iter().for_each(|(variable, value)| settings.set(*variable, *value));
        name_of(&resource(&settings, None, Vec::new(), false))
    };
    assert_eq!(name(&[(ATTRIBUTES, "service.name=from-code")]), "from-code");
    assert_eq!(name(&[(ATTRIBUTES, "service.name=from-code"), (NAME, "name")]), "name");
    assert_eq!(name(&[(ATTRIBUTES, "shop.floor=1")]), "from-env");
}
