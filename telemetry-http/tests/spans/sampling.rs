//! What a sampler is shown.

use http::Request;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::trace::SpanKind;
use telemetry_core::opentelemetry_sdk::trace::Sampler as Decision;

use crate::attributes::request;
use crate::sampler::Sampler;
use crate::{Spans, Way, exchange, hello, send, traceparent};

/// What the conventions want a sampler to see of a server's request.
const WANTED: [&str; 8] = [
    "client.address=192.0.2.7",
    "http.request.method=GET",
    "server.address=shop.example",
    "server.port=8080",
    "url.path=/users/42",
    "url.query=color=blue",
    "url.scheme=http",
    "user_agent.original=curl/8",
];

/// What a server's span of `tracing` has only with full sampling.
const EXPENSIVE: [&str; 3] = [WANTED[0], WANTED[6], WANTED[7]];

/// What the end of the request tells.
const LATE: &str = "http.response.status_code";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Parent {
    None,
    Sampled,
    Unsampled,
}

impl Parent {
    const ALL: [Self; 3] = [Self::None, Self::Sampled, Self::Unsampled];

    fn of(self, request: http::request::Builder) -> http::request::Builder {
        match self {
            Self::None => request,
            Self::Sampled => request.header("traceparent", traceparent(true)),
            Self::Unsampled => request.header("traceparent", traceparent(false)),
        }
    }
}

/// All ways, parents and extents of sampling.
fn all(test: impl Fn(&Spans, &Sampler, Parent, bool)) {
    for way in Way::ALL {
        for parent in Parent::ALL {
            for is_full in [false, true] {
                println!("{way:?} {parent:?} full: {is_full}");
                // One that samples all finds that out: what is exported has to be complete.
                let sampler = Sampler::of(Decision::AlwaysOn);
                test(&Spans::sampled(way, sampler.clone()), &sampler, parent, is_full);
            }
        }
    }
}

fn wanted_of_server(way: Way, parent: Parent, is_full: bool) -> Vec<&'static str> {
    let is_shown = |name: &&str| match way {
        Way::Api => parent != Parent::Unsampled || is_full,
        Way::Tracing => is_full || !EXPENSIVE.contains(name),
    };
    WANTED.into_iter().filter(is_shown).collect()
}

#[test]
fn sp_50_a_sampler_sees_what_it_may_go_by_of_a_server_s_request() {
    all(|spans, sampler, parent, is_full| {
        let layer = if is_full { spans.server().with_sampler_attributes() } else { spans.server() };
        send(&layer, parent.of(request("/users/42?color=blue")), hello);
        let shown = sampler.only();
        let wanted = wanted_of_server(spans.way, parent, is_full);
        let seen: Vec<_> = shown.attributes.iter().map(String::as_str).filter(|name| WANTED.contains(name)).collect();
        assert_eq!(seen, wanted);
        assert_eq!((shown.kind, shown.has_parent), (SpanKind::Server, parent != Parent::None));
        assert!(!shown.attributes.iter().any(|attribute| attribute.starts_with(LATE)));
        let exported = spans.only().attributes();
        assert!(WANTED.into_iter().all(|wanted| exported.iter().any(|attribute| attribute == wanted)), "{exported:?}");
        if wanted.is_empty() {
            assert_eq!(shown.attributes, [""; 0]);
        }
    });
}

#[test]
fn sp_50_sampler_attributes_shows_all_that_is_known_at_the_start() {
    all(|spans, sampler, parent, is_full| {
        if !is_full {
            return;
        }
        send(&spans.server().with_sampler_attributes(), parent.of(request("/users/42?color=blue")), hello);
        let mut exported = spans.only().attributes();
        exported.retain(|attribute| !attribute.starts_with(LATE));
        assert!(exported.contains(&"network.peer.address=192.0.2.7".to_owned()), "{exported:?}");
        assert_eq!(sampler.only().attributes, exported);
    });
}

#[test]
fn sp_50_a_sampler_sees_what_it_may_go_by_of_a_client_s_request() {
    const WANTED: [&str; 4] = [
        "http.request.method=GET",
        "server.address=shop.example",
        "server.port=80",
        "url.full=http://shop.example/users/42",
    ];
    all(|spans, sampler, parent, is_full| {
        let outer = Outside::new(parent);
        let layer = if is_full { spans.client().with_sampler_attributes() } else { spans.client() };
        outer.send(|| send(&layer, Request::get("http://shop.example/users/42"), hello));
        let shown = sampler.only();
        let is_shown = spans.way == Way::Tracing || parent != Parent::Unsampled || is_full;
        assert_eq!(shown.attributes, if is_shown { &WANTED[..] } else { &[] });
        assert_eq!((shown.kind, shown.has_parent), (SpanKind::Client, parent != Parent::None));
        let exported = spans.only().attributes();
        assert!(WANTED.into_iter().all(|wanted| exported.iter().any(|attribute| attribute == wanted)), "{exported:?}");
    });
}

/// A context around a client, as another process's headers name it.
struct Outside(telemetry_core::opentelemetry::Context);

impl Outside {
    fn new(parent: Parent) -> Self {
        let request = parent.of(Request::get("/")).body(()).unwrap();
        Self(telemetry_core::propagation::Propagator::w3c().extract(request.headers()))
    }

    fn send(self, send: impl FnOnce()) {
        let _current = self.0.attach();
        send();
    }
}

#[test]
fn sp_50_a_route_is_shown_if_it_is_known_at_the_start() {
    all(|spans, sampler, parent, is_full| {
        let layer = spans.server().with_route(|_| Some("/users/{id}".into()));
        send(&if is_full { layer.with_sampler_attributes() } else { layer }, parent.of(request("/users/42")), hello);
        let shown = sampler.only();
        assert_eq!(shown.name, "GET /users/{id}");
        let is_shown = spans.way == Way::Tracing || parent != Parent::Unsampled || is_full;
        assert_eq!(shown.attributes.contains(&"http.route=/users/{id}".to_owned()), is_shown);
        assert_eq!(spans.only().attribute("http.route"), Some(&"/users/{id}".into()));
    });
}

#[test]
fn sp_50_captured_headers_and_the_caller_s_attributes_are_shown() {
    all(|spans, sampler, parent, is_full| {
        let layer = spans
            .server()
            .with_request_headers([http::header::HOST])
            .with_network_details()
            .with_attributes([KeyValue::new("shop.region", "eu")]);
        send(&if is_full { layer.with_sampler_attributes() } else { layer }, parent.of(request("/")), hello);
        let is_shown = spans.way == Way::Tracing || parent != Parent::Unsampled || is_full;
        let shown = sampler.only().attributes;
        let exported = spans.only().attributes();
        for name in ["http.request.header.host", "network.transport=tcp", "client.port=50712", "shop.region=eu"] {
            assert_eq!(shown.iter().any(|attribute| attribute.starts_with(name)), is_shown, "{name}");
            assert!(exported.iter().any(|attribute| attribute.starts_with(name)), "{name}");
        }
    });
}

#[test]
fn sp_50_a_link_is_shown_instead_of_a_parent() {
    all(|spans, sampler, parent, is_full| {
        let layer = spans.server().with_linked_parent();
        exchange(&if is_full { layer.with_sampler_attributes() } else { layer }, parent.of(request("/")), |_| hello());
        let shown = sampler.only();
        assert_eq!((shown.has_parent, shown.links), (false, usize::from(parent != Parent::None)));
        // Whose decision it was does not matter then.
        assert!(shown.attributes.contains(&"http.request.method=GET".to_owned()));
    });
}
