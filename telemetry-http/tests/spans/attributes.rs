//! What a server's span has of a request.

use http::{HeaderValue, Request, Version};
use telemetry_core::opentelemetry::Value;
use telemetry_core::testing::InMemorySpans;
use telemetry_core::{ConnectionInfo, TlsInfo, Transport};
use telemetry_http::RequestTraceLayer;
use tracing_subscriber::layer::Identity;

use crate::{Exporting, Spans, Way, assert_attributes, both, hello, send, status};

pub(crate) fn peer() -> ConnectionInfo {
    let socket = |text: &str| text.parse::<std::net::SocketAddr>().unwrap();
    ConnectionInfo::new(Transport::Tcp).with_peer(socket("192.0.2.7:50712")).with_local(socket("192.0.2.1:443"))
}

pub(crate) fn request(uri: &str) -> http::request::Builder {
    Request::get(uri).header("host", "shop.example:8080").header("user-agent", "curl/8").extension(peer())
}

/// What the span of a request says.
pub(crate) fn told(
    spans: &Spans,
    layer: &RequestTraceLayer,
    request: http::request::Builder,
    name: &str,
) -> Option<Value> {
    send(layer, request, hello);
    spans.only().attribute(name).cloned()
}

#[test]
fn sp_20_sp_23_sp_24_sp_25_sp_27_sp_28_sp_29_sp_31_sp_33_sp_34_sp_37_sp_39_what_is_on_by_default_and_nothing_else() {
    both(|spans| {
        send(&spans.server().with_route(|_| Some("/users/{id}".into())), request("/users/42?color=blue"), hello);
        let expected = [
            ("client.address", "192.0.2.7".into()),
            ("http.request.method", "GET".into()),
            ("http.response.status_code", 200.into()),
            ("http.route", "/users/{id}".into()),
            ("network.peer.address", "192.0.2.7".into()),
            ("network.peer.port", 50712.into()),
            ("network.protocol.version", "1.1".into()),
            ("server.address", "shop.example".into()),
            ("server.port", 8080.into()),
            ("url.path", "/users/42".into()),
            ("url.query", "color=blue".into()),
            ("url.scheme", "http".into()),
            ("user_agent.original", "curl/8".into()),
        ];
        assert_attributes(&spans.only(), expected);
    });
}

#[test]
fn sp_20_the_exporter_of_tracing_adds_its_own_by_default_and_none_of_ours_twice() {
    let options =
        |exporting: Exporting| exporting.with_location(true).with_threads(true).with_target(true).with_level(true);
    let spans = Spans::beside(Way::Tracing, InMemorySpans::new(), options, None::<Identity>);
    send(&spans.server(), request("/users/42"), status::<500>);
    let with_its_own = spans.only();
    drop(spans);
    let spans = Spans::new(Way::Tracing);
    send(&spans.server(), request("/users/42"), status::<500>);
    let plain = spans.only().attributes();
    let is_its_own = |name: &str| {
        ["code.", "thread.", "target=", "level=", "busy_ns=", "idle_ns="].iter().any(|own| name.starts_with(own))
    };
    let (its_own, ours): (Vec<_>, Vec<_>) = with_its_own.attributes().into_iter().partition(|name| is_its_own(name));
    assert_eq!(ours, plain);
    assert!(its_own.len() >= 6, "{its_own:?}");
}

#[test]
fn sp_20_what_is_not_known_is_absent() {
    both(|spans| {
        send(&spans.server(), Request::get("/"), status::<500>);
        let expected = [
            ("error.type", "500".into()),
            ("http.request.method", "GET".into()),
            ("http.response.status_code", 500.into()),
            ("network.protocol.version", "1.1".into()),
            ("url.path", "/".into()),
            ("url.scheme", "http".into()),
        ];
        assert_attributes(&spans.only(), expected);
    });
}

#[test]
fn sp_21_hs_01_hs_03_the_original_method_is_there_if_the_method_is_another() {
    both(|spans| {
        for method in ["get", "PURGE"] {
            send(&spans.server(), Request::builder().method(method).uri("/"), hello);
            let span = spans.only();
            assert_eq!(span.attribute("http.request.method"), Some(&"_OTHER".into()));
            assert_eq!(span.attribute("http.request.method_original"), Some(&method.into()));
        }
        for method in ["CONNECT", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"] {
            let uri = if method == "CONNECT" { "shop.example:443" } else { "/" };
            send(&spans.server(), Request::builder().method(method).uri(uri), hello);
            let span = spans.only();
            assert_eq!(span.attribute("http.request.method"), Some(&method.into()));
            assert_eq!(span.attribute("http.request.method_original"), None);
        }
        let layer = spans.server().with_known_methods(["PURGE"]);
        assert_eq!(told(spans, &layer, Request::get("/"), "http.request.method_original"), Some("GET".into()));
        let purge = Request::builder().method("PURGE").uri("/");
        assert_eq!(told(spans, &layer, purge, "http.request.method_original"), None);
    });
}

#[test]
fn sp_23_sp_24_path_and_query_are_those_of_the_target() {
    both(|spans| {
        let layer = spans.server();
        let at = |uri: &str| {
            send(&layer, Request::get(uri), hello);
            let span = spans.only();
            (span.attribute("url.path").cloned(), span.attribute("url.query").cloned())
        };
        assert_eq!(at("http://shop.example"), (Some("/".into()), None));
        assert_eq!(at("/a%20b/?"), (Some("/a%20b/".into()), Some("".into())));
        assert_eq!(at("/a?b=c?d&e"), (Some("/a".into()), Some("b=c?d&e".into())));
        send(&layer, request("/a?b"), hello);
        assert_eq!(spans.only().attribute("url.full"), None);
    });
}

#[test]
fn sp_25_hs_11_the_scheme_is_that_of_the_connection_or_of_a_proxy_that_is_believed() {
    both(|spans| {
        let scheme = |layer: &RequestTraceLayer, request| told(spans, layer, request, "url.scheme");
        let (doubting, believing) = (spans.server(), spans.server().with_forwarded_headers());
        assert_eq!(scheme(&doubting, Request::get("/")), Some("http".into()));
        assert_eq!(scheme(&doubting, Request::get("https://shop.example/")), Some("https".into()));
        let tls = ConnectionInfo::new(Transport::Tcp).with_tls(TlsInfo::new());
        assert_eq!(scheme(&doubting, Request::get("/").extension(tls)), Some("https".into()));
        let told = || Request::get("/").header("x-forwarded-proto", "HTTPS, http");
        assert_eq!(scheme(&doubting, told()), Some("http".into()));
        assert_eq!(scheme(&believing, told()), Some("https".into()));
        let other = Request::get("/").header("forwarded", "proto=gopher");
        assert_eq!(scheme(&believing, other), Some("http".into()));
    });
}

#[test]
fn sp_27_sp_28_hs_12_the_server_is_the_host_that_was_asked_for() {
    both(|spans| {
        let server = |layer: &RequestTraceLayer, request: http::request::Builder| {
            send(layer, request, hello);
            let span = spans.only();
            (span.attribute("server.address").map(ToString::to_string), span.attribute("server.port").cloned())
        };
        let known = |address: &str, port: Option<i64>| (Some(address.to_owned()), port.map(Value::from));
        let (doubting, believing) = (spans.server(), spans.server().with_forwarded_headers());
        let host = |host: &str| Request::get("/").header("host", host);
        assert_eq!(server(&doubting, host("Shop.Example")), known("shop.example", None));
        assert_eq!(server(&doubting, host("[::1]:80")), known("::1", Some(80)));
        assert_eq!(server(&doubting, host("[2001:DB8::7]")), known("2001:db8::7", None));
        let full = || Request::get("http://target.example:81/").header("host", "shop.example");
        assert_eq!(server(&doubting, full()), known("target.example", Some(81)));
        let proxied = || full().header("forwarded", "host=\"outer.example:8443\"");
        assert_eq!(server(&doubting, proxied()), known("target.example", Some(81)));
        assert_eq!(server(&believing, proxied()), known("outer.example", Some(8443)));
        let older = || host("inner.example").header("x-forwarded-host", "outer.example");
        assert_eq!(server(&doubting, older()), known("inner.example", None));
        assert_eq!(server(&believing, older()), known("outer.example", None));
        for odd in ["a b", "user:pw@shop.example", "shop.example:http", "[::1", "", "*"] {
            assert_eq!(server(&doubting, host(odd)), (None, None), "{odd}");
        }
        assert_eq!(server(&doubting, host("a.example").header("host", "b.example")), (None, None));
    });
}

#[test]
fn sp_32_sp_33_hs_09_hs_10_the_version_is_that_of_the_message_and_the_name_absent() {
    both(|spans| {
        for (version, shown) in [
            (Version::HTTP_09, "0.9"),
            (Version::HTTP_10, "1.0"),
            (Version::HTTP_11, "1.1"),
            (Version::HTTP_2, "2"),
            (Version::HTTP_3, "3"),
        ] {
            send(&spans.server(), Request::get("/").version(version), hello);
            let span = spans.only();
            assert_eq!(span.attribute("network.protocol.version"), Some(&shown.into()));
            assert_eq!(span.attribute("network.protocol.name"), None);
        }
    });
}

#[test]
fn sp_39_the_user_agent_is_the_first_line() {
    both(|spans| {
        let agent = |request| told(spans, &spans.server(), request, "user_agent.original");
        let two = Request::get("/").header("user-agent", "curl/8").header("user-agent", "other");
        assert_eq!(agent(two), Some("curl/8".into()));
        let foreign = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        assert_eq!(agent(Request::get("/").header("user-agent", foreign)), Some("caf\u{fffd}".into()));
    });
}
