use opentelemetry::KeyValue;
use percent_encoding::percent_decode_str;

use super::name_service;
use crate::settings::Settings;

pub(super) const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
pub(super) const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// The longest value of a variable that is read, in bytes. All of it goes out with each export.
pub(super) const MAX_LENGTH: usize = 64 * 1024;

/// Of equal keys the last one wins: the service name over attributes, unless these alone are set in code.
pub(super) fn all(settings: &Settings) -> Vec<KeyValue> {
    let (mut attributes, service_name) = (attributes(settings), service_name(settings));
    let place = if settings.is_general_first([SERVICE_NAME, RESOURCE_ATTRIBUTES]) { 0 } else { attributes.len() };
    attributes.splice(place..place, service_name);
    attributes
}

fn service_name(settings: &Settings) -> Option<KeyValue> {
    read(settings, SERVICE_NAME, |name| Ok(name_service(name.to_owned())))
}

fn attributes(settings: &Settings) -> Vec<KeyValue> {
    read(settings, RESOURCE_ATTRIBUTES, parse).unwrap_or_default()
}

/// What a variable says, unless it is empty or wrong. The warning keeps the value to itself, which may be a secret.
fn read<T>(settings: &Settings, variable: &str, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
    let value = settings.text(variable)?;
    let parsed = if value.len() > MAX_LENGTH { Err("it is longer than 64 KiB") } else { parse(&value) };
    parsed.map_err(|problem| settings.object(variable, "is ignored as a whole", problem)).ok()
}

/// `key=value,key=value`, both percent-encoded. Of equal keys the last one wins.
///
/// Nothing between two commas is no mistake, nor is a further `=`: it belongs to the value.
fn parse(text: &str) -> Result<Vec<KeyValue>, &'static str> {
    text.split(',').map(str::trim).filter(|member| !member.is_empty()).map(parse_member).collect()
}

fn parse_member(member: &str) -> Result<KeyValue, &'static str> {
    let (key, value) = member.split_once('=').ok_or("an attribute has no `=`")?;
    let (key, value) = (decode(key.trim())?, decode(value.trim())?);
    if key.trim().is_empty() {
        return Err("an attribute has no key");
    }
    Ok(KeyValue::new(key, value))
}

fn decode(text: &str) -> Result<String, &'static str> {
    // The decoder would leave a `%` that encodes nothing as it is.
    let mut encoded = text.split('%').skip(1).map(str::as_bytes);
    if !encoded.all(|bytes| bytes.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))) {
        return Err("two hexadecimal digits have to follow a `%`");
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| "what is percent-encoded is no UTF-8")?;
    Ok(decoded.into_owned())
}
