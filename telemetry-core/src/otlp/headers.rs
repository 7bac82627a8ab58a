//! Headers for the receiver, keys of an account as a rule.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

use crate::settings::Settings;

/// Where a message ends is not for a user to say.
fn frames(name: &HeaderName) -> bool {
    *name == header::CONNECTION || *name == header::CONTENT_LENGTH || *name == header::TRANSFER_ENCODING
}

/// `name=value,name=value`, with values percent-encoded. A pair that is none is left out, and told of without being
/// shown.
pub(super) fn read(settings: &Settings, variable: &str) -> Option<HeaderMap> {
    let text = settings.text(variable)?;
    let mut headers = HeaderMap::new();
    let mut refused = false;
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        // There is an end to what a map holds.
        let taken = parse(pair).is_some_and(|(name, value)| headers.try_append(name, value).is_ok());
        refused |= !taken;
    }
    if refused {
        let problem = "a list of name=value with values percent-encoded is expected";
        settings.object(variable, "is ignored in part", problem);
    }
    Some(headers)
}

fn parse(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let name = HeaderName::try_from(name.trim()).ok().filter(|name| !frames(name))?;
    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
    let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value)).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}
