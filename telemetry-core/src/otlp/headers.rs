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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::environment;

    fn headers(text: &str) -> (HeaderMap, Vec<String>) {
        let settings = environment(&[("A", text)]);
        (read(&settings, "A").unwrap(), settings.take_warnings())
    }

    #[test]
    fn pairs_with_values_percent_encoded() {
        let (map, warnings) = headers("authorization=Bearer%20a=b%2C , X-Team = \tshop ,,c=%C3%BC,c=2");
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(map["authorization"], "Bearer a=b,");
        assert_eq!(map["x-team"], "shop");
        assert_eq!(map.get_all("c").iter().map(HeaderValue::as_bytes).collect::<Vec<_>>(), ["ü".as_bytes(), b"2"]);
        assert!(map.values().all(HeaderValue::is_sensitive));
    }

    #[test]
    fn what_is_no_pair_is_left_out_and_told_of_without_being_shown() {
        for text in [
            "a=1,s3cr3t",
            "a=1,=s3cr3t",
            "a=1,s3 cr3t=b",
            "a=1,b=s3%0Acr3t",
            "a=1,content-length=3",
            "a=1,transfer-encoding=s3",
        ] {
            let (map, warnings) = headers(text);
            assert_eq!((map.len(), &map["a"]), (1, &HeaderValue::from_static("1")), "{text}");
            assert!(warnings.len() == 1 && !warnings[0].contains("s3"), "{warnings:?}");
        }
    }

    #[test]
    fn more_than_a_map_holds_is_no_panic() {
        let text: Vec<_> = (0..40_000).map(|number| format!("h{number}=1")).collect();
        let (map, warnings) = headers(&text.join(","));
        assert!(map.len() > 10_000 && warnings.len() == 1);
    }
}
