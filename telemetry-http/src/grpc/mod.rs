//! What gRPC says in the heads and trailers of HTTP, and the metric of its calls.

mod call;
mod metrics;
mod status;

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName};

pub(crate) use call::Call;
pub(crate) use metrics::{CallMetrics, Ended, record};
use status::GrpcStatus;

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Far more than the names of a service and its method have.
const LONGEST_METHOD: usize = 255;

/// Whether a request or a response is gRPC over HTTP/2, by its content type: `application/grpc`, alone or with the name
/// of its messages' format or parameters. `application/grpc-web` is another protocol, whose status is in the body.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    const TYPE: &[u8] = b"application/grpc";
    let is_type = |value: &[u8]| {
        let parts = value.split_at_checked(TYPE.len());
        parts.is_some_and(|(name, rest)| {
            name.eq_ignore_ascii_case(TYPE) && matches!(rest, [] | [b'+' | b';' | b' ' | b'\t', ..])
        })
    };
    headers.get(CONTENT_TYPE).is_some_and(|value| is_type(value.as_bytes()))
}

/// The fully-qualified method that a path names: `/shop.Cart/Add` => `shop.Cart/Add`.
///
/// A path of another shape names none. That a path has the shape does not mean that such a method exists: a client may
/// have made it up, see [`GrpcStatus::makes_method_known`].
pub(crate) fn method(path: &str) -> Option<&str> {
    let full = path.strip_prefix('/').filter(|full| full.len() <= LONGEST_METHOD)?;
    let (service, method) = full.split_once('/')?;
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
    };
    (is_name(service) && is_name(method)).then_some(full)
}

/// The status in the trailers, or in the head of a response that has nothing but trailers; absent if there is none.
///
/// A number that gRPC does not define, and what is no number, is [`GrpcStatus::Unknown`], as clients take it.
pub(crate) fn status(headers: &HeaderMap) -> Option<GrpcStatus> {
    headers.get(&GRPC_STATUS).map(|value| GrpcStatus::from_code(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn is_grpc_type(value: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_bytes(value).unwrap());
        is_grpc(&headers)
    }

    #[test]
    fn rpc_content_types_of_grpc() {
        for value in ["application/grpc", "Application/GRPC", "application/grpc+proto", "application/grpc;a=b"] {
            assert!(is_grpc_type(value.as_bytes()), "{value}");
        }
        assert!(is_grpc_type(b"application/grpc ; charset=utf-8"));
        for value in ["", "application/grpc-web", "application/grpc-web+proto", "application/grpcx", "application/grp"]
        {
            assert!(!is_grpc_type(value.as_bytes()), "{value}");
        }
        assert!(!is_grpc_type(b" application/json, application/grpc"));
        assert!(!is_grpc_type(b"application/grpc\xff"));
        assert!(!is_grpc(&HeaderMap::new()));
    }

    #[test]
    fn rpc_status_is_in_trailers_and_heads_or_absent() {
        let mut headers = HeaderMap::new();
        assert_eq!(status(&headers), None);
        headers.insert("grpc-status", HeaderValue::from_static("5"));
        assert_eq!(status(&headers), Some(GrpcStatus::NotFound));
        headers.insert("grpc-status", HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(status(&headers), Some(GrpcStatus::Unknown));
    }

    #[test]
    fn rpc_method_is_service_and_method() {
        assert_eq!(method("/shop.v1.Cart/Add"), Some("shop.v1.Cart/Add"));
        assert_eq!(method("/Echo/say_it-2"), Some("Echo/say_it-2"));
        let bad = [
            "",
            "/",
            "//",
            "/a",
            "/a/",
            "//a",
            "/a/b/",
            "/a/b/c",
            "a/b",
            "/a/b?c",
            "/a/%62",
            "/a/b c",
            "/a/\u{e9}",
            "*",
        ];
        for path in bad {
            assert_eq!(method(path), None, "{path}");
        }
    }

    #[test]
    fn rpc_method_has_at_most_255_bytes() {
        let longest = format!("/a/{}", "b".repeat(LONGEST_METHOD - 2));
        assert_eq!(method(&longest), longest.get(1..));
        assert_eq!(method(&format!("{longest}b")), None);
    }

    proptest! {
        #[test]
        fn rpc_any_path_has_an_answer(path in prop_oneof![any::<String>(), "[/a.%\u{e9}]{0,8}"]) {
            if let Some(method) = method(&path) {
                prop_assert_eq!(method.matches('/').count(), 1);
                prop_assert_eq!(format!("/{method}"), path);
            }
        }
    }
}
