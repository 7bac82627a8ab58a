//! The attributes of a connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Extensions, Uri};
use hyper_util::client::legacy::connect::{Connected, HttpInfo};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::{Address, ConnectionInfo};

use super::names;
use super::state::Condition;

/// Which attributes the layer adds, and to what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) fixed: Vec<KeyValue>,
    pub(crate) peer_address: bool,
    pub(crate) scheme: bool,
}

impl Selection {
    /// What a connection has from its start to its end. Of attributes with the same name the last one wins, as in the
    /// SDK.
    pub(crate) fn lasting(&self, uri: &Uri, connected: &Connected) -> Vec<KeyValue> {
        let (host, port) = server(uri);
        let peer = self.peer_address.then(|| peer_address(connected)).flatten();
        let scheme = uri.scheme_str().filter(|_| self.scheme);
        let own = [
            host.map(|host| KeyValue::new(names::SERVER_ADDRESS, host)),
            port.map(|port| KeyValue::new(names::SERVER_PORT, i64::from(port))),
            peer.map(|peer| KeyValue::new(names::NETWORK_PEER_ADDRESS, peer)),
            scheme.map(|scheme| KeyValue::new(names::URL_SCHEME, Arc::from(scheme))),
        ];
        let fixed = self.fixed.iter().filter(|attribute| !is_ours(attribute.key.as_str())).cloned();
        let all: BTreeMap<_, _> =
            fixed.chain(own.into_iter().flatten()).map(|KeyValue { key, value, .. }| (key, value)).collect();
        all.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect()
    }
}

/// The attributes of `http.client.open_connections`.
pub(crate) fn open(lasting: &[KeyValue], condition: Condition) -> Vec<KeyValue> {
    let state = if condition.active { names::CONNECTION_ACTIVE } else { names::CONNECTION_IDLE };
    with(lasting, [version(condition.http2), KeyValue::new(names::HTTP_CONNECTION_STATE, state)])
}

/// The attributes of `http.client.connection.duration`.
pub(crate) fn closed(lasting: &[KeyValue], http2: bool) -> Vec<KeyValue> {
    with(lasting, [version(http2)])
}

fn version(http2: bool) -> KeyValue {
    KeyValue::new(names::NETWORK_PROTOCOL_VERSION, if http2 { "2" } else { "1.1" })
}

/// Sorted by name: the SDK would have to sort them at each call otherwise.
fn with<const N: usize>(lasting: &[KeyValue], more: [KeyValue; N]) -> Vec<KeyValue> {
    let mut all: Vec<_> = lasting.iter().cloned().chain(more).collect();
    all.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    all
}

/// Host and port that the client asked for: the host in lower case, an IPv6 address without its brackets, the port by
/// the scheme where none is written.
pub(crate) fn server(uri: &Uri) -> (Option<Arc<str>>, Option<u16>) {
    let host = uri.host().map(|host| {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        bare.to_ascii_lowercase().into()
    });
    let port = uri.port_u16().or_else(|| match uri.scheme_str()? {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    });
    (host, port)
}

fn peer_address(connected: &Connected) -> Option<Arc<str>> {
    let mut extras = Extensions::new();
    connected.get_extras(&mut extras);
    if let Some(info) = extras.get::<ConnectionInfo>() {
        return Some(match info.peer()? {
            Address::Path(path) => path.display().to_string().into(),
            address => address.ip()?.to_string().into(),
        });
    }
    let peer = extras.get::<HttpInfo>()?.remote_addr();
    Some(peer.ip().to_canonical().to_string().into())
}

/// The names that the caller's attributes cannot have, even on a connection that goes without.
fn is_ours(name: &str) -> bool {
    matches!(
        name,
        names::HTTP_CONNECTION_STATE
            | names::NETWORK_PEER_ADDRESS
            | names::NETWORK_PROTOCOL_VERSION
            | names::SERVER_ADDRESS
            | names::SERVER_PORT
            | names::URL_SCHEME
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::path::Path;

    use telemetry_core::Transport;

    use super::*;

    fn text(attributes: &[KeyValue]) -> Vec<String> {
        attributes.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
    }

    fn peer(info: ConnectionInfo) -> Option<String> {
        peer_address(&Connected::new().extra(info)).map(|peer| peer.to_string())
    }

    #[test]
    fn hc_14_host_and_port_come_from_the_uri() {
        let rows = [
            ("http://Shop.Example/cart", Some("shop.example"), Some(80)),
            ("https://shop.example", Some("shop.example"), Some(443)),
            ("https://user:word@shop.example:8443/", Some("shop.example"), Some(8443)),
            ("wss://shop.example", Some("shop.example"), Some(443)),
            ("ws://shop.example", Some("shop.example"), Some(80)),
            ("gopher://shop.example", Some("shop.example"), None),
            ("http://[2001:DB8::7]:81/", Some("2001:db8::7"), Some(81)),
            ("shop.example:99", Some("shop.example"), Some(99)),
            ("/cart", None, None),
        ];
        for (uri, host, port) in rows {
            let (found, found_port) = server(&uri.parse().unwrap());
            assert_eq!((found.as_deref(), found_port), (host, port), "{uri}");
        }
    }

    #[test]
    fn hc_12_hc_13_attributes_by_name_with_those_asked_for() {
        let uri = "https://shop.example".parse().unwrap();
        let plain = Selection::default().lasting(&uri, &Connected::new());
        let idle = Condition { http2: true, active: false };
        let server = ["server.address=shop.example", "server.port=443"];
        let version = "network.protocol.version=2";
        assert_eq!(text(&open(&plain, idle)), ["http.connection.state=idle", version, server[0], server[1]]);
        assert_eq!(text(&closed(&plain, true)), [version, server[0], server[1]]);
        assert_eq!(text(&closed(&plain, false))[0], "network.protocol.version=1.1");

        let fixed = [("zone", "1"), ("lane", "1"), ("lane", "2"), ("url.scheme", "x"), ("http.connection.state", "x")];
        let fixed = fixed.map(|(name, value)| KeyValue::new(name, value)).to_vec();
        let selection = Selection { fixed: fixed.clone(), ..Selection::default() };
        let lasting = selection.lasting(&uri, &Connected::new());
        assert_eq!(text(&lasting), ["lane=2", server[0], server[1], "zone=1"]);

        let peer = ConnectionInfo::new(Transport::Tcp).with_peer(SocketAddr::from(([192, 0, 2, 7], 443)));
        let selection = Selection { fixed, peer_address: true, scheme: true };
        let lasting = selection.lasting(&uri, &Connected::new().extra(peer));
        let peer = "network.peer.address=192.0.2.7";
        assert_eq!(text(&lasting), ["lane=2", peer, server[0], server[1], "url.scheme=https", "zone=1"]);
    }

    #[test]
    fn hc_12_the_peer_is_an_ip_address_or_a_path() {
        let mapped: SocketAddr = "[::ffff:192.0.2.7]:443".parse().unwrap();
        assert_eq!(peer(ConnectionInfo::new(Transport::Tcp).with_peer(mapped)).as_deref(), Some("192.0.2.7"));
        let socket = ConnectionInfo::new(Transport::Unix).with_peer(Path::new("/run/shop.sock"));
        assert_eq!(peer(socket).as_deref(), Some("/run/shop.sock"));
        assert_eq!(peer(ConnectionInfo::new(Transport::Unix)), None);
        assert_eq!(peer_address(&Connected::new()), None);
    }
}
