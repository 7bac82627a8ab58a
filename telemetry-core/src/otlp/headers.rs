//! Headers for the receiver, keys of an account as a rule.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::settings::Settings;

/// `name=value,name=value`, with values percent-encoded. A pair that is none is left out, and told of without being
/// shown.
pub(super) fn read(settings: &Settings, variable: &str) -> Option<HeaderMap> {
    let text = settings.text(variable)?;
    let mut headers = HeaderMap::new();
    let mut refused = false;
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match parse(pair) {
            Some((name, value)) => drop(headers.append(name, value)),
            None => refused = true,
        }
    }
    if refused {
        let problem = "a list of name=value with values percent-encoded is expected";
        settings.object(variable, "is ignored in part", problem);
    }
    Some(headers)
}

fn parse(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let name = HeaderName::try_from(name.trim()).ok()?;
    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
    let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value)).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}
