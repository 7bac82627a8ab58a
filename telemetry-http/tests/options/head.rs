//! What the head of a request says, and how far it is believed.

use http::Version;
use telemetry_core::{ConnectionInfo, TlsInfo, Transport};

use super::*;

#[test]
fn hs_37_hostile_hosts_and_paths_make_no_series() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    for i in 0..300 {
        let request = Request::get(format!("/{i}")).header("host", format!("{i}.example"));
        send(&layer, request.body(Full::default()).unwrap());
    }
    for metric in ALL {
        assert_eq!(metrics.snapshot().points(metric).len(), 1, "{metric}");
    }
}

#[test]
fn hs_09_hs_11_version_and_scheme_of_an_encrypted_connection() {
    let metrics = InMemoryMetrics::new();
    let mut request = get();
    *request.version_mut() = Version::HTTP_2;
    request.extensions_mut().insert(ConnectionInfo::new(Transport::Tcp).with_tls(TlsInfo::new()));
    send(&server(&metrics), request);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("url.scheme", "https"), ("network.protocol.version", "2")]), 1);
    assert_eq!(attributes(&snapshot, ACTIVE), ["http.request.method=GET", "url.scheme=https"]);
}

fn with_headers(headers: &[(&'static str, &str)]) -> Request<Upload> {
    let mut request = Request::get("/users/42");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::default()).unwrap()
}

#[test]
fn hs_11_a_proxy_is_believed_only_if_it_is_trusted() {
    for (header, value) in [("forwarded", "for=192.0.2.7;proto=https"), ("x-forwarded-proto", "HTTPS, http")] {
        let (trusting, wary) = (InMemoryMetrics::new(), InMemoryMetrics::new());
        send(&server(&trusting).with_forwarded_headers(), with_headers(&[(header, value)]));
        send(&server(&wary), with_headers(&[(header, value)]));
        for metric in ALL {
            assert_eq!(values(&trusting.snapshot(), metric, "url.scheme"), [Some("https".to_owned())]);
            assert_eq!(values(&wary.snapshot(), metric, "url.scheme"), [Some("http".to_owned())]);
        }
    }
}

#[test]
fn hs_11_what_a_proxy_does_not_say_the_connection_does() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_forwarded_headers();
    for proto in ["", "gopher", "https\"", "ftp, https"] {
        let mut request = with_headers(&[("x-forwarded-proto", proto)]);
        request.extensions_mut().insert(ConnectionInfo::new(Transport::Tcp).with_tls(TlsInfo::new()));
        send(&layer, request);
    }
    assert_eq!(values(&metrics.snapshot(), DURATION, "url.scheme"), [Some("https".to_owned())]);
}

#[test]
fn hs_12_hs_13_hs_38_the_server_that_was_asked_for() {
    type Case = (&'static [(&'static str, &'static str)], Option<&'static str>, Option<&'static str>);
    let cases: [Case; 6] = [
        (&[("host", "Shop.example:8080")], Some("shop.example"), Some("8080")),
        (&[("host", "shop.example")], Some("shop.example"), None),
        (&[("host", "[::1]:80")], Some("::1"), Some("80")),
        (&[("host", "shop.example:0x50")], None, None),
        (&[], None, None),
        (&[("host", "inner"), ("x-forwarded-host", "outer:1")], Some("inner"), None),
    ];
    for (headers, address, port) in cases {
        let metrics = InMemoryMetrics::new();
        send(&server(&metrics).with_server_address(), with_headers(headers));
        for metric in ALL {
            assert_eq!(
                values(&metrics.snapshot(), metric, "server.address"),
                [address.map(str::to_owned)],
                "{headers:?}"
            );
            assert_eq!(values(&metrics.snapshot(), metric, "server.port"), [port.map(str::to_owned)], "{headers:?}");
        }
    }
    let metrics = InMemoryMetrics::new();
    let trusting = server(&metrics).with_server_address().with_forwarded_headers();
    send(&trusting, with_headers(&[("host", "inner"), ("x-forwarded-host", "outer:1")]));
    assert_eq!(values(&metrics.snapshot(), ACTIVE, "server.address"), [Some("outer".to_owned())]);
}

#[test]
fn hs_17_who_is_no_person_is_marked_if_that_is_asked_for() {
    let metrics = InMemoryMetrics::new();
    let plain = InMemoryMetrics::new();
    for agent in ["Googlebot/2.1", "kube-probe/1.29", "curl/8.5.0"] {
        send(&server(&metrics).with_synthetic_type(), with_headers(&[("user-agent", agent)]));
        send(&server(&plain), with_headers(&[("user-agent", agent)]));
    }
    let name = "user_agent.synthetic.type";
    assert_eq!(values(&metrics.snapshot(), DURATION, name), [None, Some("bot".to_owned()), Some("test".to_owned())]);
    assert_eq!(values(&metrics.snapshot(), ACTIVE, name), [None], "it is no attribute of active requests");
    assert_eq!(values(&plain.snapshot(), DURATION, name), [None]);
}

#[test]
fn hs_09_versions_have_the_names_of_the_conventions() {
    let metrics = InMemoryMetrics::new();
    let versions = [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];
    for version in versions {
        let mut request = get();
        *request.version_mut() = version;
        send(&server(&metrics), request);
    }
    let names = ["0.9", "1.0", "1.1", "2", "3"].map(|name| Some(name.to_owned()));
    assert_eq!(values(&metrics.snapshot(), DURATION, "network.protocol.version"), names);
    assert_eq!(values(&metrics.snapshot(), DURATION, "network.protocol.name"), [const { None }; 5]);
}
