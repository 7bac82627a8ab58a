use http::{HeaderValue, Request, Version};
use telemetry_core::opentelemetry::trace::{SpanKind, Status};
use telemetry_core::{ConnectionInfo, TlsInfo, Transport};

use crate::{Spans, both, hello, send, status};

fn peer() -> ConnectionInfo {
    let socket = |text: &str| text.parse::<std::net::SocketAddr>().unwrap();
    ConnectionInfo::new(Transport::Tcp).with_peer(socket("192.0.2.7:50712")).with_local(socket("192.0.2.1:443"))
}

fn request(uri: &str) -> http::request::Builder {
    Request::get(uri).header("host", "shop.example:8080").header("user-agent", "curl/8").extension(peer())
}

#[test]
fn sp_01_sp_20_to_sp_39_a_server_span_has_what_the_conventions_have_on() {
    both(|spans| {
        send(&spans.server().with_route(|_| Some("/users/{id}".into())), request("/users/42?color=blue"), hello);
        let span = spans.only();
        assert_eq!(span.span_kind, SpanKind::Server);
        assert_eq!((&*span.name, &span.status), ("GET /users/{id}", &Status::Unset));
        let expected = [
            "client.address=192.0.2.7",
            "http.request.method=GET",
            "http.response.status_code=200",
            "http.route=/users/{id}",
            "network.peer.address=192.0.2.7",
            "network.peer.port=50712",
            "network.protocol.version=1.1",
            "server.address=shop.example",
            "server.port=8080",
            "url.path=/users/42",
            "url.query=color=blue",
            "url.scheme=http",
            "user_agent.original=curl/8",
        ];
        assert_eq!(span.attributes(), expected);
        for number in ["http.response.status_code", "network.peer.port", "server.port"] {
            let value = span.attribute(number).unwrap();
            assert!(matches!(value, telemetry_core::opentelemetry::Value::I64(_)), "{number} is {value:?}");
        }
    });
}
