//! What spans say of addresses.

use std::net::SocketAddr;
use std::path::Path;

use http::Request;
use telemetry_core::opentelemetry::Value;
use telemetry_core::{ConnectionInfo, Transport};
use telemetry_http::RequestTraceLayer;

use crate::attributes::{peer, request};
use crate::{Spans, both, hello, send};

const NAMES: [&str; 7] = [
    "client.address",
    "client.port",
    "network.local.address",
    "network.local.port",
    "network.peer.address",
    "network.peer.port",
    "network.transport",
];

/// Those that there are, as `name=value`.
fn network(spans: &Spans, layer: &RequestTraceLayer, request: http::request::Builder) -> Vec<String> {
    send(layer, request, hello);
    let span = spans.only();
    let text = |name: &&str| span.attribute(name).map(|value| format!("{name}={value}"));
    NAMES.iter().filter_map(text).collect()
}

fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn sp_34_sp_35_sp_36_sp_38_details_are_there_on_demand() {
    both(|spans| {
        let default = ["client.address=192.0.2.7", "network.peer.address=192.0.2.7", "network.peer.port=50712"];
        assert_eq!(network(spans, &spans.server(), request("/")), default);
        send(&spans.server().with_network_details(), request("/"), hello);
        let span = spans.only();
        let expected: [(&str, Value); 7] = [
            ("client.address", "192.0.2.7".into()),
            ("client.port", 50712.into()),
            ("network.local.address", "192.0.2.1".into()),
            ("network.local.port", 443.into()),
            ("network.peer.address", "192.0.2.7".into()),
            ("network.peer.port", 50712.into()),
            ("network.transport", "tcp".into()),
        ];
        for (name, value) in expected {
            assert_eq!(span.attribute(name), Some(&value));
        }
        assert_eq!(network(spans, &spans.server().with_network_details(), Request::get("/")), [""; 0]);
    });
}

#[test]
fn sp_34_sp_37_hs_14_the_peer_is_an_ip_address_without_its_port_and_never_a_name() {
    both(|spans| {
        let peer = |text: &str| {
            let info = ConnectionInfo::new(Transport::Tcp).with_peer(socket(text));
            network(spans, &spans.server(), Request::get("/").extension(info))
        };
        let expected = |ip: &str, port: u16| {
            [format!("client.address={ip}"), format!("network.peer.address={ip}"), format!("network.peer.port={port}")]
        };
        assert_eq!(peer("[2001:db8::7]:4711"), expected("2001:db8::7", 4711));
        assert_eq!(peer("[::ffff:192.0.2.7]:4711"), expected("192.0.2.7", 4711));
        assert_eq!(peer("127.0.0.1:1"), expected("127.0.0.1", 1));
    });
}

#[test]
fn sp_34_sp_36_a_unix_socket_is_a_path_without_a_port() {
    both(|spans| {
        let info =
            ConnectionInfo::new(Transport::Unix).with_peer(Path::new("/run/shop.sock")).with_local(Path::new("/run/l"));
        let request = || Request::get("/").extension(info.clone());
        let expected = [
            "client.address=/run/shop.sock",
            "network.local.address=/run/l",
            "network.peer.address=/run/shop.sock",
            "network.transport=unix",
        ];
        assert_eq!(network(spans, &spans.server().with_network_details(), request()), expected);
        let nameless = Request::get("/").extension(ConnectionInfo::new(Transport::Unix));
        assert_eq!(network(spans, &spans.server().with_network_details(), nameless), ["network.transport=unix"]);
    });
}

#[test]
fn sp_36_http_3_goes_over_quic() {
    both(|spans| {
        let quic = Request::get("/").extension(ConnectionInfo::new(Transport::Quic));
        assert_eq!(network(spans, &spans.server().with_network_details(), quic), ["network.transport=quic"]);
    });
}

#[test]
fn sp_37_sp_38_the_client_is_who_a_proxy_tells_if_it_is_believed() {
    both(|spans| {
        let (doubting, believing) = (spans.server(), spans.server().with_forwarded_headers());
        let details = || believing.clone().with_network_details();
        let with = |name: &'static str, value: &str| Request::get("/").extension(peer()).header(name, value);
        let proxied = || with("x-forwarded-for", "198.51.100.9, 203.0.113.5");
        let peer = ["network.peer.address=192.0.2.7", "network.peer.port=50712"];
        assert_eq!(network(spans, &doubting, proxied())[0], "client.address=192.0.2.7");
        let shown = network(spans, &believing, proxied());
        assert_eq!((&*shown[0], &shown[1..]), ("client.address=198.51.100.9", &peer.map(str::to_owned)[..]));
        let shown = network(spans, &details(), with("forwarded", "for=\"[2001:db8::9]:4711\""));
        assert_eq!(shown[..2], ["client.address=2001:db8::9", "client.port=4711"]);
        let lying = with("forwarded", "for=\"198.51.100.9:4711\"");
        let shown = network(spans, &doubting.clone().with_network_details(), lying);
        assert_eq!(shown[..2], ["client.address=192.0.2.7", "client.port=50712"]);
        // The port of the proxy is not that of the client.
        assert!(!network(spans, &details(), proxied()).iter().any(|shown| shown.starts_with("client.port")));
        for hidden in ["unknown", "_secret", "shop.example", "192.0.2.300", "\"", "\u{7f}\u{7f}"] {
            let Ok(value) = http::HeaderValue::from_bytes(hidden.as_bytes()) else { continue };
            let request = Request::get("/").extension(crate::attributes::peer()).header("x-forwarded-for", value);
            assert_eq!(network(spans, &believing, request), peer, "{hidden}");
        }
        assert_eq!(network(spans, &details(), request("/"))[1], "client.port=50712");
    });
}
