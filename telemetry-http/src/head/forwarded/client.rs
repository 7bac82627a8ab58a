use std::net::{IpAddr, SocketAddr};

use http::header::{HeaderMap, HeaderName};

use super::{Malformed, told};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client that the first proxy saw, with its port if that is told. `None` if nobody tells, and `Some(None)` if what is
/// told is no address: a proxy may hide it on purpose.
pub(crate) fn address(headers: &HeaderMap) -> Option<Option<(IpAddr, Option<u16>)>> {
    match told(headers, b"for", &X_FORWARDED_FOR) {
        Ok(told) => told.map(|text| node(&text)),
        Err(Malformed) => Some(None),
    }
}

/// An IP address, and perhaps a port. An address of IPv6 with a port stands in brackets.
fn node(text: &str) -> Option<(IpAddr, Option<u16>)> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return (bare.len() == text.len() || ip.is_ipv6()).then_some((ip.to_canonical(), None));
    }
    let address: SocketAddr = text.parse().ok()?;
    Some((address.ip().to_canonical(), Some(address.port())))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn told(headers: &[(&'static str, &str)]) -> Option<Option<(String, Option<u16>)>> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        address(&map).map(|told| told.map(|(ip, port)| (ip.to_string(), port)))
    }

    fn known(ip: &str, port: impl Into<Option<u16>>) -> Option<Option<(String, Option<u16>)>> {
        Some(Some((ip.to_owned(), port.into())))
    }

    #[test]
    fn sp_37_the_first_proxy_tells_the_client() {
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("x-forwarded-for", "192.0.2.7, 10.0.0.1")]), known("192.0.2.7", None));
        assert_eq!(told(&[("x-forwarded-for", "192.0.2.7:4711")]), known("192.0.2.7", 4711));
        assert_eq!(told(&[("x-forwarded-for", "2001:db8::7")]), known("2001:db8::7", None));
        assert_eq!(told(&[("forwarded", "for=192.0.2.7;proto=https, for=10.0.0.1")]), known("192.0.2.7", None));
        assert_eq!(told(&[("forwarded", "for=\"[2001:db8::7]:4711\"")]), known("2001:db8::7", 4711));
        assert_eq!(told(&[("forwarded", "For=\"[::ffff:192.0.2.7]\"")]), known("192.0.2.7", None));
        let both = [("forwarded", "for=192.0.2.7"), ("x-forwarded-for", "192.0.2.8")];
        assert_eq!(told(&both), known("192.0.2.7", None));
    }

    #[test]
    fn sp_37_what_is_no_address_is_no_client() {
        for hidden in ["unknown", "_hidden", "\"_x:1\"", "192.0.2.300", "\"[192.0.2.7]\"", "\"a b\""] {
            assert_eq!(told(&[("forwarded", &format!("for={hidden}"))]), Some(None), "{hidden}");
        }
        assert_eq!(told(&[("x-forwarded-for", "shop.example")]), Some(None));
        assert_eq!(told(&[("forwarded", "for=\"192.0.2.7")]), Some(None));
    }
}
