//! The attributes of a series: the conventions' own, and the caller's.

use std::sync::Arc;

use smallvec::SmallVec;
use telemetry_core::opentelemetry::{Array, KeyValue, StringValue, Value};
use telemetry_core::semconv;

use crate::series::{Head, HeadKey, Rare, SeriesKey};
use crate::side::Side;

/// Room for the attributes of a request and some of the caller's own, on the stack.
pub(crate) type AttributeList = SmallVec<[KeyValue; 14]>;

/// The attributes of a request that has ended, by name: the SDK would have to sort them otherwise.
pub(crate) fn ended(
    side: Side,
    method: &StringValue,
    head: &Head,
    key: &SeriesKey,
    callers: &[&[KeyValue]],
) -> AttributeList {
    use semconv::attribute as name;
    let route = |on| head.route.clone().filter(|_| side == on).map(StringValue::from);
    let rare = head.rare.as_ref();
    let [address, port] = server(rare);
    let own = [
        key.error.map(|error| KeyValue::new(name::ERROR_TYPE, error.as_str())),
        Some(KeyValue::new(name::HTTP_REQUEST_METHOD, method.clone())),
        key.status.map(|status| KeyValue::new(name::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()))),
        route(Side::Server).map(|route| KeyValue::new(name::HTTP_ROUTE, route)),
        head.small.version().map(|version| KeyValue::new(name::NETWORK_PROTOCOL_VERSION, version.as_str())),
        address,
        port,
        head.small.scheme().map(|scheme| KeyValue::new(name::URL_SCHEME, scheme.as_str())),
        route(Side::Client).map(|template| KeyValue::new(name::URL_TEMPLATE, template)),
        rare.and_then(|rare| rare.synthetic).map(|kind| KeyValue::new(name::USER_AGENT_SYNTHETIC_TYPE, kind)),
    ];
    with_callers(own.into_iter().flatten().collect(), callers)
}

/// The attributes of the active requests with this head.
pub(crate) fn active(side: Side, method: &StringValue, key: &HeadKey<'_>, callers: &[KeyValue]) -> AttributeList {
    use semconv::attribute as name;
    let [address, port] = server(key.rare);
    let template = key.route.filter(|_| side == Side::Client);
    let own = [
        Some(KeyValue::new(name::HTTP_REQUEST_METHOD, method.clone())),
        address,
        port,
        key.small.scheme().map(|scheme| KeyValue::new(name::URL_SCHEME, scheme.as_str())),
        template.map(|template| KeyValue::new(name::URL_TEMPLATE, Arc::<str>::from(template))),
    ];
    with_callers(own.into_iter().flatten().collect(), &[callers])
}

/// The address and the port of the server that a request is for.
pub(crate) fn server(rare: Option<&Rare<'_>>) -> [Option<KeyValue>; 2] {
    use semconv::attribute as name;
    let server = rare.and_then(|rare| rare.server.as_ref());
    [
        server.map(|server| KeyValue::new(name::SERVER_ADDRESS, server.address.to_string())),
        server.and_then(|server| server.port).map(|port| KeyValue::new(name::SERVER_PORT, i64::from(port))),
    ]
}

/// Adds the caller's attributes, an earlier list before a later one. Within a list the last of a name wins, as in the
/// SDK. A value that is not a number equals nothing, not even itself, so each would be a new series: it is left out.
pub(crate) fn with_callers(mut list: AttributeList, callers: &[&[KeyValue]]) -> AttributeList {
    for attribute in callers.iter().flat_map(|list| list.iter().rev()) {
        let name = attribute.key.as_str();
        if is_ours(name) || is_nan(&attribute.value) {
            continue;
        }
        if let Err(place) = list.binary_search_by(|have| have.key.as_str().cmp(name)) {
            list.insert(place, attribute.clone());
        }
    }
    list
}

fn is_nan(value: &Value) -> bool {
    match value {
        Value::F64(number) => number.is_nan(),
        Value::Array(Array::F64(numbers)) => numbers.iter().any(|number| number.is_nan()),
        _ => false,
    }
}

/// The names that the caller's attributes cannot have, even on a request that goes without.
fn is_ours(name: &str) -> bool {
    use semconv::attribute as ours;
    matches!(
        name,
        ours::ERROR_TYPE
            | ours::HTTP_REQUEST_METHOD
            | ours::HTTP_RESPONSE_STATUS_CODE
            | ours::HTTP_ROUTE
            | ours::NETWORK_PROTOCOL_VERSION
            | ours::SERVER_ADDRESS
            | ours::SERVER_PORT
            | ours::URL_SCHEME
            | ours::URL_TEMPLATE
            | ours::USER_AGENT_SYNTHETIC_TYPE
    )
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use telemetry_core::ErrorType;

    use super::*;
    use crate::connection::Scheme;
    use crate::series::{NO_EXTRAS, ProtocolVersion, Small};

    fn text(list: &AttributeList) -> Vec<String> {
        list.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
    }

    fn list(status: Option<u16>, error: Option<ErrorType>, callers: &[&[KeyValue]]) -> AttributeList {
        let small = Small::new(0, Some(Scheme::Https), Some(ProtocolVersion::Http2));
        let head = Head::new(&HeadKey { small, route: Some("/users/{id}"), rare: None });
        let status = status.map(|status| StatusCode::from_u16(status).unwrap());
        let key = SeriesKey { head: 0, extras: NO_EXTRAS, status, error };
        ended(Side::Server, &"GET".into(), &head, &key, callers)
    }

    #[test]
    fn hs_04_hs_36_status_is_a_number_and_all_are_in_order() {
        let list = list(Some(200), None, &[]);
        assert!(list.contains(&KeyValue::new("http.response.status_code", 200)));
        let expected = [
            "http.request.method=GET",
            "http.response.status_code=200",
            "http.route=/users/{id}",
            "network.protocol.version=2",
            "url.scheme=https",
        ];
        assert_eq!(text(&list), expected);
    }

    #[test]
    fn hs_04_hs_05_no_status_without_a_head_and_no_error_without_one() {
        let list = text(&list(None, Some(ErrorType::Cancelled), &[]));
        assert_eq!(list[..2], ["error.type=cancelled", "http.request.method=GET"]);
        assert!(!list.iter().any(|attribute| attribute.starts_with("http.response.status_code")));
    }

    #[test]
    fn callers_attributes_are_sorted_in_and_never_replace_ours() {
        let extra = [
            KeyValue::new("shop.tenant", "first"),
            KeyValue::new("shop.tenant", "last wins"),
            KeyValue::new("url.scheme", "gopher"),
            KeyValue::new("error.type", "not even on a success"),
        ];
        let fixed = [KeyValue::new("deployment", "blue"), KeyValue::new("shop.tenant", "the request wins")];
        let list = text(&list(None, None, &[&extra, &fixed]));
        let expected = [
            "deployment=blue",
            "http.request.method=GET",
            "http.route=/users/{id}",
            "network.protocol.version=2",
            "shop.tenant=last wins",
            "url.scheme=https",
        ];
        assert_eq!(list, expected);
    }
}
