use std::sync::Arc;

use http::{StatusCode, Version};
use smallvec::SmallVec;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::{ErrorType, semconv};

use crate::connection::Scheme;

/// Room for the attributes of a request and some of the caller's own, on the stack.
pub(crate) type AttributeList = SmallVec<[KeyValue; 12]>;

/// What is known of a request from its head.
#[derive(Debug)]
pub(crate) struct RequestAttributes {
    pub(crate) method: StringValue,
    pub(crate) scheme: Scheme,
    pub(crate) version: Option<&'static str>,
    pub(crate) route: Option<StringValue>,
    /// The caller's, from its `AttributesFactory`.
    pub(crate) extra: Arc<[KeyValue]>,
}

impl RequestAttributes {
    /// The attributes of a request that has ended, by name: the SDK would have to sort them otherwise.
    pub(crate) fn ended(
        &self,
        status: Option<StatusCode>,
        error: Option<ErrorType>,
        fixed: &[KeyValue],
    ) -> AttributeList {
        use semconv::attribute as name;
        let own = [
            error.map(|error| KeyValue::new(name::ERROR_TYPE, error.as_str())),
            Some(KeyValue::new(name::HTTP_REQUEST_METHOD, self.method.clone())),
            status.map(|status| KeyValue::new(name::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()))),
            self.route.clone().map(|route| KeyValue::new(name::HTTP_ROUTE, route)),
            self.version.map(|version| KeyValue::new(name::NETWORK_PROTOCOL_VERSION, version)),
            Some(KeyValue::new(name::URL_SCHEME, self.scheme.as_str())),
        ];
        with_callers(own.into_iter().flatten().collect(), &[&self.extra, fixed])
    }
}

/// The attributes of the active requests with this method and scheme.
pub(crate) fn active(method: StringValue, scheme: Scheme, fixed: &[KeyValue]) -> AttributeList {
    let own = [
        KeyValue::new(semconv::attribute::HTTP_REQUEST_METHOD, method),
        KeyValue::new(semconv::attribute::URL_SCHEME, scheme.as_str()),
    ];
    with_callers(own.into_iter().collect(), &[fixed])
}

/// Adds the caller's attributes, an earlier list before a later one. Within a list the last of a name wins, as in the
/// SDK.
fn with_callers(mut list: AttributeList, callers: &[&[KeyValue]]) -> AttributeList {
    for attribute in callers.iter().flat_map(|list| list.iter().rev()) {
        let name = attribute.key.as_str();
        if is_ours(name) {
            continue;
        }
        if let Err(place) = list.binary_search_by(|have| have.key.as_str().cmp(name)) {
            list.insert(place, attribute.clone());
        }
    }
    list
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
            | ours::URL_SCHEME
    )
}

/// The value of `network.protocol.version`; absent for a version that did not exist when this was written.
pub(crate) fn version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_09 => Some("0.9"),
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(list: &AttributeList) -> Vec<String> {
        list.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
    }

    fn request(extra: &[KeyValue]) -> RequestAttributes {
        RequestAttributes {
            method: "GET".into(),
            scheme: Scheme::Https,
            version: version(Version::HTTP_2),
            route: Some("/users/{id}".into()),
            extra: extra.into(),
        }
    }

    #[test]
    fn hs_36_attributes_of_an_ended_request_in_order() {
        let list = request(&[]).ended(Some(StatusCode::OK), None, &[]);
        assert_eq!(
            text(&list),
            [
                "http.request.method=GET",
                "http.response.status_code=200",
                "http.route=/users/{id}",
                "network.protocol.version=2",
                "url.scheme=https",
            ]
        );
        assert!(list.is_sorted_by(|a, b| a.key.as_str() < b.key.as_str()));
    }

    #[test]
    fn hs_04_hs_05_absent_values_are_left_out() {
        let bare = RequestAttributes { version: None, route: None, ..request(&[]) };
        let list = bare.ended(None, Some(ErrorType::Cancelled), &[]);
        assert_eq!(text(&list), ["error.type=cancelled", "http.request.method=GET", "url.scheme=https"]);
    }

    #[test]
    fn hs_04_status_is_a_number() {
        let list = request(&[]).ended(Some(StatusCode::OK), None, &[]);
        assert!(list.contains(&KeyValue::new("http.response.status_code", 200)));
    }

    #[test]
    fn callers_attributes_are_sorted_in_and_never_replace_ours() {
        let extra = [
            KeyValue::new("shop.tenant", "first"),
            KeyValue::new("shop.tenant", "last wins"),
            KeyValue::new("url.scheme", "gopher"),
            KeyValue::new("error.type", "not even on a success"),
        ];
        let fixed = [KeyValue::new("deployment", "blue"), KeyValue::new("shop.tenant", "the factory wins")];
        let list = request(&extra).ended(None, None, &fixed);
        assert_eq!(
            text(&list),
            [
                "deployment=blue",
                "http.request.method=GET",
                "http.route=/users/{id}",
                "network.protocol.version=2",
                "shop.tenant=last wins",
                "url.scheme=https",
            ]
        );
    }

    #[test]
    fn hs_38_active_requests_have_method_and_scheme_alone() {
        let list = active("GET".into(), Scheme::Http, &[]);
        assert_eq!(text(&list), ["http.request.method=GET", "url.scheme=http"]);
    }

    #[test]
    fn hs_09_versions_are_written_as_the_conventions_do() {
        let versions = [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];
        assert_eq!(versions.map(|v| version(v).unwrap()), ["0.9", "1.0", "1.1", "2", "3"]);
    }
}
