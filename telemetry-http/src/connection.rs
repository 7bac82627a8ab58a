use std::borrow::Cow;

use http::Extensions;
use telemetry_core::ConnectionInfo;

/// What the extensions of a request tell of its connection.
///
/// That is a [`ConnectionInfo`], or, with feature `axum`, what `into_make_service_with_connect_info` put there: a
/// `ConnectInfo<ConnectionInfo>`, or a `ConnectInfo<SocketAddr>`, which stands for a TCP connection of which nothing but
/// the peer is known.
///
/// ```
/// use telemetry_core::{ConnectionInfo, Transport};
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(ConnectionInfo::new(Transport::Unix));
/// let info = telemetry_http::connection_info(request.extensions()).unwrap();
/// assert_eq!(info.transport(), Transport::Unix);
/// ```
#[must_use]
pub fn connection_info(extensions: &Extensions) -> Option<Cow<'_, ConnectionInfo>> {
    known_connection(extensions).map(Cow::Borrowed).or_else(|| from_peer(extensions).map(Cow::Owned))
}

#[inline]
fn known_connection(extensions: &Extensions) -> Option<&ConnectionInfo> {
    // Two searches in vain are dear to services that know nothing of their connections.
    if ConnectionInfo::has_existed() { find_connection(extensions) } else { None }
}

#[cfg(feature = "axum")]
fn find_connection(extensions: &Extensions) -> Option<&ConnectionInfo> {
    use axum::extract::ConnectInfo;

    let from_axum = || extensions.get::<ConnectInfo<ConnectionInfo>>().map(|ConnectInfo(info)| info);
    extensions.get::<ConnectionInfo>().or_else(from_axum)
}

#[cfg(not(feature = "axum"))]
fn find_connection(extensions: &Extensions) -> Option<&ConnectionInfo> {
    extensions.get::<ConnectionInfo>()
}

#[cfg(feature = "axum")]
fn from_peer(extensions: &Extensions) -> Option<ConnectionInfo> {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;
    use telemetry_core::Transport;

    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(ConnectionInfo::new(Transport::Tcp).with_peer(*peer))
}

#[cfg(not(feature = "axum"))]
fn from_peer(_: &Extensions) -> Option<ConnectionInfo> {
    None
}

/// The values that `url.scheme` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) const ALL: [Self; 2] = [Self::Http, Self::Https];

    /// The connection knows best; a bare peer address knows nothing of it. Without it an HTTP/2 or absolute-form request
    /// still names its scheme, but the client wrote that, so only the two known values are taken from it.
    #[inline]
    pub(crate) fn of(parts: &http::request::Parts) -> Self {
        let https = match known_connection(&parts.extensions) {
            Some(info) => info.tls().is_some(),
            None => parts.uri.scheme() == Some(&http::uri::Scheme::HTTPS),
        };
        if https { Self::Https } else { Self::Http }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

#[cfg(test)]
mod tests {
    use telemetry_core::{TlsInfo, Transport};

    use super::*;

    fn scheme(uri: &str, info: Option<ConnectionInfo>) -> &'static str {
        let mut request = http::Request::get(uri).body(()).unwrap();
        if let Some(info) = info {
            request.extensions_mut().insert(info);
        }
        Scheme::of(&request.into_parts().0).as_str()
    }

    #[test]
    fn hs_11_scheme_comes_from_the_connection() {
        let plain = ConnectionInfo::new(Transport::Tcp);
        let tls = plain.clone().with_tls(TlsInfo::new());
        assert_eq!(scheme("/", Some(plain.clone())), "http");
        assert_eq!(scheme("/", Some(tls)), "https");
        assert_eq!(scheme("https://liar.example/", Some(plain)), "http");
    }

    #[test]
    fn hs_11_scheme_is_never_empty_nor_free_text() {
        assert_eq!(scheme("/", None), "http");
        assert_eq!(scheme("https://shop.example/", None), "https");
        assert_eq!(scheme("gopher://shop.example/", None), "http");
    }

    #[cfg(feature = "axum")]
    #[test]
    fn hs_11_a_peer_address_from_axum_does_not_tell_the_scheme() {
        let peer: std::net::SocketAddr = "192.0.2.7:50712".parse().unwrap();
        let mut request = http::Request::new(());
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let info = connection_info(request.extensions()).unwrap().into_owned();
        assert_eq!(info, ConnectionInfo::new(Transport::Tcp).with_peer(peer));

        *request.uri_mut() = "https://shop.example/".parse().unwrap();
        assert_eq!(Scheme::of(&request.clone().into_parts().0), Scheme::Https);

        let plain = ConnectionInfo::new(Transport::Tcp);
        request.extensions_mut().insert(axum::extract::ConnectInfo(plain));
        assert_eq!(Scheme::of(&request.clone().into_parts().0), Scheme::Http);

        let tls = ConnectionInfo::new(Transport::Tcp).with_tls(TlsInfo::new());
        request.extensions_mut().insert(axum::extract::ConnectInfo(tls.clone()));
        assert_eq!(connection_info(request.extensions()).unwrap().into_owned(), tls);
    }
}
