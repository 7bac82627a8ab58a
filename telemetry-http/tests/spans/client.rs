//! What a client's span has of a request.

use http::{Request, Response, Version};
use telemetry_core::opentelemetry::Value;
use telemetry_http::{ClientTraceLayer, UrlTemplate};

use crate::attributes::peer;
use crate::{Body, assert_attributes, both, hello, send, status};

fn answer() -> Response<Body> {
    Response::builder().version(Version::HTTP_2).body("hello".into()).unwrap()
}

#[test]
fn sp_20_sp_22_sp_26_sp_27_sp_28_sp_29_sp_30_sp_33_what_is_on_by_default_and_nothing_else() {
    both(|spans| {
        let request = Request::get("http://shop.example/users/42?color=blue")
            .header("user-agent", "curl/8")
            .header("host", "proxy.example")
            .extension(peer());
        send(&spans.client(), request, answer);
        let expected = [
            ("http.request.method", "GET".into()),
            ("http.response.status_code", 200.into()),
            ("network.protocol.version", "2".into()),
            ("server.address", "shop.example".into()),
            ("server.port", 80.into()),
            ("url.full", "http://shop.example/users/42?color=blue".into()),
        ];
        assert_attributes(&spans.only(), expected);
        send(&spans.client(), Request::get("https://shop.example:8443/"), status::<503>);
        let expected = [
            ("error.type", "503".into()),
            ("http.request.method", "GET".into()),
            ("http.response.status_code", 503.into()),
            ("network.protocol.version", "1.1".into()),
            ("server.address", "shop.example".into()),
            ("server.port", 8443.into()),
            ("url.full", "https://shop.example:8443/".into()),
        ];
        assert_attributes(&spans.only(), expected);
    });
}

#[test]
fn sp_25_sp_26_sp_35_sp_36_sp_39_sp_40_what_is_on_demand() {
    both(|spans| {
        let layer = spans.client().with_scheme().with_user_agent().with_synthetic_type().with_network_details();
        let request = Request::get("https://shop.example/users/42")
            .header("user-agent", "Googlebot/2.1")
            .extension(UrlTemplate::new("/users/{id}"))
            .extension(peer());
        send(&layer, request, hello);
        let span = spans.only();
        let expected: [(&str, Value); 4] = [
            ("url.scheme", "https".into()),
            ("url.template", "/users/{id}".into()),
            ("user_agent.original", "Googlebot/2.1".into()),
            ("user_agent.synthetic.type", "bot".into()),
        ];
        for (name, value) in expected {
            assert_eq!(span.attribute(name), Some(&value), "{name}");
        }
        // What is known of a connection there is known of that of another request.
        for name in ["client.address", "client.port", "network.local.address", "network.transport"] {
            assert_eq!(span.attribute(name), None, "{name}");
        }
    });
}

#[test]
fn sp_21_hs_03_the_original_method_is_there_if_the_method_is_another() {
    both(|spans| {
        send(&spans.client(), Request::builder().method("PURGE").uri("http://shop.example/"), hello);
        let span = spans.only();
        assert_eq!(span.attribute("http.request.method"), Some(&"_OTHER".into()));
        assert_eq!(span.attribute("http.request.method_original"), Some(&"PURGE".into()));
    });
}

#[test]
fn sp_22_sp_27_sp_28_hc_14_the_target_tells_the_server_and_else_the_host_header() {
    both(|spans| {
        let at = |layer: &ClientTraceLayer, request: http::request::Builder| {
            send(layer, request, hello);
            let span = spans.only();
            ["url.full", "server.address", "server.port"].map(|name| span.attribute(name).cloned())
        };
        let told = |full: &'static str, address: &'static str, port: i64| {
            [Some(Value::from(full)), Some(address.into()), Some(port.into())]
        };
        let layer = spans.client();
        let at = |request| at(&layer, request);
        assert_eq!(at(Request::get("HTTP://Shop.Example")), told("http://Shop.Example/", "shop.example", 80));
        assert_eq!(at(Request::get("https://[::1]/a")), told("https://[::1]/a", "::1", 443));
        let origin = Request::get("/a?b").header("host", "shop.example:81");
        assert_eq!(at(origin), told("http://shop.example:81/a?b", "shop.example", 81));
        let connect = Request::builder().method("CONNECT").uri("shop.example:443");
        assert_eq!(at(connect), told("http://shop.example:443", "shop.example", 443));
        assert_eq!(at(Request::get("/a")), [None, None, None]);
        let proxied = Request::get("http://shop.example/").header("host", "proxy.example:3128");
        assert_eq!(at(proxied), told("http://shop.example/", "shop.example", 80));
    });
}

#[test]
fn sp_22_a_request_for_the_server_as_a_whole_has_a_url_without_a_path() {
    both(|spans| {
        let request = Request::options("*").header("host", "shop.example");
        send(&spans.client(), request, hello);
        assert_eq!(spans.only().attribute("url.full"), Some(&"http://shop.example".into()));
    });
}

#[test]
fn sp_26_a_function_of_the_callers_gives_the_template() {
    both(|spans| {
        let layer = spans.client().with_url_template(|_| Some("/users/{id}".into()));
        send(&layer, Request::get("http://shop.example/users/42"), hello);
        assert_eq!(spans.only().attribute("url.template"), Some(&"/users/{id}".into()));
    });
}

#[test]
fn sp_33_an_unanswered_request_has_no_version() {
    both(|spans| {
        let service = tower::service_fn(|_| async { Err::<Response<Body>, _>(std::io::Error::other("refused")) });
        let request = Request::get("http://shop.example/").body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
        let service = tower::Layer::layer(&spans.client(), service);
        assert!(crate::now(tower::ServiceExt::oneshot(service, request)).is_err());
        assert_eq!(spans.only().attribute("network.protocol.version"), None);
    });
}
