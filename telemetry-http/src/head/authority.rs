//! The host and the port that a request is for.
//!
//! One value is looked at, the first that is there. If it is no host, nothing is known: the next one was written by
//! somebody else and may mean something else.
//!
//! Host names have no case, so an address is always in lowercase: a client cannot multiply the series by writing it in
//! another way.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use http::header::{HOST, HeaderMap};
use http::request::Parts;

use super::{forwarded, scheme_named};
use crate::connection::Scheme;

/// What DNS allows for a name, and a few bytes more.
const LONGEST_ADDRESS: usize = 255;

/// A host, and the port if one was named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Authority<'a> {
    /// Lowercase; an IPv6 address is without its brackets.
    pub(crate) address: Cow<'a, str>,
    pub(crate) port: Option<u16>,
}

impl Authority<'_> {
    /// A copy that does not borrow from the request.
    pub(crate) fn to_owned(&self) -> Authority<'static> {
        Authority { address: Cow::Owned(self.address.as_ref().to_owned()), port: self.port }
    }
}

impl<'a> Authority<'a> {
    /// It allocates only to remove uppercase letters.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let (address, port) = parse(text)?;
        let address = if address.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(address.to_ascii_lowercase())
        } else {
            Cow::Borrowed(address)
        };
        Some(Self { address, port })
    }

    fn into_owned(self) -> Authority<'static> {
        Authority { address: Cow::Owned(self.address.into_owned()), port: self.port }
    }
}

/// Who a server's request is for: the host that a proxy tells, if proxies are `trusted`; else the authority of the target,
/// which is `:authority` in HTTP/2; else the `Host` header.
pub(crate) fn of_request(parts: &Parts, trusted: bool) -> Option<Authority<'_>> {
    match written(parts, trusted, || host_header(&parts.headers))? {
        Cow::Borrowed(text) => Authority::read(text),
        Cow::Owned(text) => Authority::read(&text).map(Authority::into_owned),
    }
}

/// The same as it is written, which may be no host at all.
pub(crate) fn written<'a>(
    parts: &'a Parts,
    trusted: bool,
    host_header: impl FnOnce() -> Option<&'a str>,
) -> Option<Cow<'a, str>> {
    let told = if trusted { forwarded::host(&parts.headers).ok()? } else { None };
    told.or_else(|| match parts.uri.authority() {
        Some(authority) => Some(authority.as_str().into()),
        None => host_header().map(Cow::Borrowed),
    })
}

/// Who a client's request is for: the authority of the target, else the `Host` header. A port that is not named is that
/// of the target's scheme, or of `scheme` if the target names none.
pub(crate) fn of_client_request(parts: &Parts, scheme: Scheme) -> Option<(Cow<'_, str>, u16)> {
    let written = written_by_client(parts, || host_header(&parts.headers))?;
    let Authority { address, port } = Authority::read(written)?;
    Some((address, port.unwrap_or_else(|| default_port(parts, scheme))))
}

/// The same as it is written.
pub(crate) fn written_by_client<'a>(
    parts: &'a Parts,
    host_header: impl FnOnce() -> Option<&'a str>,
) -> Option<&'a str> {
    match parts.uri.authority() {
        // The client's own URI may have a password in it.
        Some(authority) => authority.as_str().rsplit('@').next(),
        None => host_header(),
    }
}

/// The port of a client's request that names none.
pub(crate) fn default_port(parts: &Parts, scheme: Scheme) -> u16 {
    match parts.uri.scheme_str().and_then(scheme_named).unwrap_or(scheme) {
        Scheme::Http => 80,
        Scheme::Https => 443,
    }
}

/// Two of them contradict each other even if they are equal: RFC 9112 wants such a request to be refused.
pub(crate) fn host_header(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(HOST).iter();
    let only = lines.next().filter(|_| lines.next().is_none())?;
    only.to_str().ok()
}

/// Takes a host apart from its port.
///
/// A name has ASCII letters, digits, `-`, `.` and `_`, begins with none of the first two marks and has at most 255 bytes;
/// an address of IPv6 stands in brackets. User names, percent signs and all else are no part of a host here. A colon
/// without a port says nothing.
pub(crate) fn parse(text: &str) -> Option<(&str, Option<u16>)> {
    let (address, rest) = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').filter(|(address, _)| address.parse::<Ipv6Addr>().is_ok())?,
        None => text.split_at_checked(text.find(':').unwrap_or(text.len())).filter(|(name, _)| is_name(name))?,
    };
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return None,
        Some("") => None,
        Some(digits) => Some(port(digits)?),
    };
    Some((address, port))
}

fn is_name(text: &str) -> bool {
    let is_mark = |byte: u8| matches!(byte, b'-' | b'.' | b'_');
    text.len() <= LONGEST_ADDRESS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
        && text.bytes().next().is_some_and(|first| !matches!(first, b'-' | b'.'))
}

fn port(digits: &str) -> Option<u16> {
    // `parse` alone would take a plus sign, and any number of zeros.
    let plain = digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};
    use proptest::prelude::*;

    use super::*;

    fn request(target: &str, headers: &[(&'static str, &str)]) -> Parts {
        let mut request = Request::get(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn server(parts: &Parts, trusted: bool) -> Option<(String, Option<u16>)> {
        of_request(parts, trusted).map(|authority| (authority.address.into_owned(), authority.port))
    }

    fn known(address: &str, port: impl Into<Option<u16>>) -> Option<(String, Option<u16>)> {
        Some((address.to_owned(), port.into()))
    }

    fn client(parts: &Parts) -> Option<(String, u16)> {
        of_client_request(parts, Scheme::Https).map(|(address, port)| (address.into_owned(), port))
    }

    #[test]
    fn hs_12_host_and_port_are_taken_apart() {
        assert_eq!(parse("example.com:8080"), Some(("example.com", Some(8080))));
        assert_eq!(parse("example.com"), Some(("example.com", None)));
        assert_eq!(parse("example.com:"), Some(("example.com", None)));
        assert_eq!(parse("[::1]:80"), Some(("::1", Some(80))));
        assert_eq!(parse("[2001:db8::7]"), Some(("2001:db8::7", None)));
        assert_eq!(parse("192.0.2.7:65535"), Some(("192.0.2.7", Some(65535))));
        assert_eq!(parse("cart_db-1:0"), Some(("cart_db-1", Some(0))));
    }

    #[test]
    fn hs_12_what_is_no_host_is_none() {
        let bad = [
            "",
            " ",
            ":80",
            ":",
            ".",
            "-a",
            "a b",
            " a",
            "a ",
            "a:b",
            "a:+80",
            "a:-1",
            "a: 80",
            "a:65536",
            "a:000080",
            "a:80:81",
            "::1",
            "[::1",
            "[]",
            "[",
            "]",
            "[::1]80",
            "[::1]:x",
            "[::1] ",
            "[example.com]",
            "[127.0.0.1]",
            "[fe80::1%25eth0]",
            "[v1.a]",
            "user@a",
            "user:pw@a:80",
            "a/b",
            "a?b",
            "a,b",
            "a%20b",
            "\u{e9}.example",
            "a\tb",
            "a\u{0}b",
            "*",
            "a\"b",
        ];
        for text in bad {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn hs_12_names_have_at_most_255_bytes() {
        let name = "a".repeat(255);
        assert_eq!(parse(&format!("{name}:80")), Some((name.as_str(), Some(80))));
        assert_eq!(parse(&format!("{name}a:80")), None);
    }

    #[test]
    fn hs_12_a_trusted_proxy_comes_before_the_target_and_the_target_before_the_header() {
        let host = ("host", "inner.example:3");
        let told = ("x-forwarded-host", "outer.example:1");
        let full = request("http://target.example:2/", &[told, host]);
        assert_eq!(server(&full, true), known("outer.example", 1));
        assert_eq!(server(&full, false), known("target.example", 2));
        assert_eq!(server(&request("/", &[told, host]), true), known("outer.example", 1));
        assert_eq!(server(&request("/", &[told, host]), false), known("inner.example", 3));
        assert_eq!(server(&request("/", &[host]), true), known("inner.example", 3));
        assert_eq!(server(&request("/", &[told]), false), None);
    }

    #[test]
    fn hs_12_an_invalid_value_does_not_make_room_for_the_next() {
        let host = ("host", "inner.example");
        for told in [("forwarded", "host=\"a b\""), ("forwarded", "host=\"a"), ("x-forwarded-host", "a:b")] {
            assert_eq!(server(&request("/", &[told, host]), true), None, "{told:?}");
            assert_eq!(server(&request("/", &[told, host]), false), known("inner.example", None), "{told:?}");
        }
        assert_eq!(server(&request("http://user@target.example/", &[host]), false), None);
        assert_eq!(server(&request("/", &[("host", "not a host")]), false), None);
    }

    #[test]
    fn hs_12_two_host_headers_or_an_unreadable_one_are_none() {
        assert_eq!(server(&request("/", &[("host", "a"), ("host", "a")]), false), None);
        let mut parts = request("/", &[]);
        parts.headers.insert(HOST, HeaderValue::from_bytes(b"a\xff").unwrap());
        assert_eq!(server(&parts, false), None);
    }

    #[test]
    fn hs_12_case_does_not_matter_and_lowercase_is_not_copied() {
        let loud = request("/", &[("host", "Shop.Example:80")]);
        assert_eq!(server(&loud, false), known("shop.example", 80));
        assert_eq!(server(&request("/", &[("host", "[2001:DB8::A]")]), false), known("2001:db8::a", None));
        let escaped = request("/", &[("forwarded", "host=\"Sh\\op.example\"")]);
        assert_eq!(server(&escaped, true), known("shop.example", None));

        let plain = request("/", &[("host", "shop.example:80")]);
        let info = allocation_counter::measure(|| {
            assert!(of_request(&plain, true).is_some());
            assert!(of_client_request(&plain, Scheme::Http).is_some());
        });
        assert_eq!(info.count_total, 0);
    }

    #[test]
    fn hc_14_the_target_comes_before_the_header() {
        let host = ("host", "proxy.example:3");
        assert_eq!(client(&request("http://Target.example:2/", &[host])), Some(("target.example".to_owned(), 2)));
        assert_eq!(client(&request("/", &[host])), Some(("proxy.example".to_owned(), 3)));
        assert_eq!(client(&request("http://me:secret@target.example/", &[])), Some(("target.example".to_owned(), 80)));
        assert_eq!(client(&request("/", &[])), None);
        assert_eq!(client(&request("http://a~b/", &[host])), None);
    }

    #[test]
    fn hc_09_the_port_always_has_a_value() {
        let address = || "a.example".to_owned();
        assert_eq!(client(&request("http://a.example/", &[])), Some((address(), 80)));
        assert_eq!(client(&request("HTTPS://a.example/", &[])), Some((address(), 443)));
        assert_eq!(client(&request("https://[::1]/", &[])), Some(("::1".to_owned(), 443)));
        for parts in [request("/", &[("host", "a.example")]), request("ws://a.example/", &[])] {
            assert_eq!(client(&parts), Some((address(), 443)));
            assert_eq!(of_client_request(&parts, Scheme::Http), Some((address().into(), 80)));
        }
    }

    proptest! {
        #[test]
        fn hs_12_any_text_has_an_answer_that_is_a_host(text in any::<String>()) {
            prop_assert!(parse(&text).is_none_or(|(address, _)| is_name(address) || address.contains(':')));
        }

        #[test]
        fn hs_12_text_like_an_authority_has_an_answer(text in "[\\[\\]a:@.0-9\u{e9}]{0,12}") {
            if let Some((address, port)) = parse(&text) {
                let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
                let again = port.map_or(address.clone(), |port| format!("{address}:{port}"));
                prop_assert_eq!(parse(&again).map(|(_, port)| port), Some(port));
                prop_assert!(text.starts_with(&address));
            }
        }
    }
}
