use std::borrow::Cow;

use http::Extensions;
use telemetry_core::ConnectionInfo;

/// What the extensions of a request tell of its connection.
///
/// That is a [`ConnectionInfo`], or, with feature `axum`, what `into_make_service_with_connect_info` put there: a
/// `ConnectInfo<ConnectionInfo>`, or a `ConnectInfo<SocketAddr>`, which stands for a plain TCP connection.
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
    extensions.get::<ConnectionInfo>().map(Cow::Borrowed).or_else(|| from_axum(extensions))
}

#[cfg(feature = "axum")]
fn from_axum(extensions: &Extensions) -> Option<Cow<'_, ConnectionInfo>> {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;
    use telemetry_core::Transport;

    if let Some(ConnectInfo(info)) = extensions.get::<ConnectInfo<ConnectionInfo>>() {
        return Some(Cow::Borrowed(info));
    }
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(Cow::Owned(ConnectionInfo::new(Transport::Tcp).with_peer(*peer)))
}

#[cfg(not(feature = "axum"))]
fn from_axum(_: &Extensions) -> Option<Cow<'_, ConnectionInfo>> {
    None
}

/// The values that `url.scheme` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// The connection knows best. Without it an HTTP/2 or absolute-form request still names its scheme, but the client
    /// wrote that, so only the two known values are taken from it.
    pub(crate) fn of(parts: &http::request::Parts) -> Self {
        let https = match connection_info(&parts.extensions) {
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
    fn axum_connect_info_counts_as_plain_tcp() {
        let peer: std::net::SocketAddr = "192.0.2.7:50712".parse().unwrap();
        let mut request = http::Request::new(());
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let info = connection_info(request.extensions()).unwrap().into_owned();
        assert_eq!(info, ConnectionInfo::new(Transport::Tcp).with_peer(peer));

        let tls = ConnectionInfo::new(Transport::Tcp).with_tls(TlsInfo::new());
        request.extensions_mut().insert(axum::extract::ConnectInfo(tls.clone()));
        assert_eq!(connection_info(request.extensions()).unwrap().into_owned(), tls);
    }
}
