//! Routes of axum.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt;
use telemetry_core::testing::FinishedSpan;
use telemetry_http::{RequestLabels, RouteLayer};
use tower::{Layer, ServiceExt};

use crate::{Spans, both, now};

fn router() -> Router {
    let inner = Router::new().route("/orders/{order}", get(|| async { "hello" })).route_layer(RouteLayer::new());
    Router::new()
        .route("/users/{id}", get(|| async { "hello" }))
        .route("/never/{id}", get(std::future::pending::<()>))
        .route(
            "/named/{id}",
            get(|labels: RequestLabels| async move {
                labels.set_route("/named");
                "hello"
            }),
        )
        .nest("/shop", inner)
        .route_layer(RouteLayer::new())
}

fn ask(spans: &Spans, service: Router, path: &str) -> FinishedSpan {
    let request = Request::get(path).body(Body::empty()).unwrap();
    now(async { service.oneshot(request).await.unwrap().collect().await.unwrap() });
    spans.only()
}

/// The same with the layer around the whole router.
fn around(spans: &Spans, layer: &telemetry_http::RequestTraceLayer, path: &str) -> FinishedSpan {
    let request = Request::get(path).body(Body::empty()).unwrap();
    now(async { layer.layer(router()).oneshot(request).await.unwrap().collect().await.unwrap() });
    spans.only()
}

#[test]
fn sp_04_sp_31_hs_15_a_layer_of_the_router_knows_the_route_at_the_start() {
    both(|spans| {
        let router = || {
            let inner = Router::new().route("/orders/{order}", get(|| async { "hello" }));
            let router = Router::new().route("/users/{id}", get(|| async { "hello" })).nest("/shop", inner);
            router.layer(spans.server())
        };
        for (path, route) in [("/users/42", "/users/{id}"), ("/shop/orders/7", "/shop/orders/{order}")] {
            let span = ask(spans, router(), path);
            assert_eq!((&*span.name, span.attribute("http.route")), (&*format!("GET {route}"), Some(&route.into())));
        }
        let span = ask(spans, router(), "/unknown/42");
        assert_eq!((&*span.name, span.attribute("http.route")), ("GET", None));
    });
}

#[test]
fn sp_05_sp_31_hs_16_a_layer_around_the_router_is_told_the_route() {
    both(|spans| {
        for (path, route) in [("/users/42", "/users/{id}"), ("/shop/orders/7", "/shop/orders/{order}")] {
            for layer in [spans.server(), spans.server().with_labels()] {
                let span = around(spans, &layer, path);
                assert_eq!(
                    (&*span.name, span.attribute("http.route")),
                    (&*format!("GET {route}"), Some(&route.into()))
                );
            }
        }
        let span = around(spans, &spans.server(), "/unknown/42");
        assert_eq!((&*span.name, span.attribute("http.route")), ("GET", None));
    });
}

#[test]
fn sp_05_sp_31_a_handler_names_the_route() {
    both(|spans| {
        let span = around(spans, &spans.server().with_labels(), "/named/42");
        assert_eq!(span.name, "GET /named");
    });
}

#[test]
fn sp_05_sp_31_a_request_that_never_ends_has_its_route_by_labels_alone() {
    both(|spans| {
        for (layer, name) in [(spans.server(), "GET"), (spans.server().with_labels(), "GET /never/{id}")] {
            let request = Request::get("/never/42").body(Body::empty()).unwrap();
            let mut future = Box::pin(layer.layer(router()).oneshot(request));
            assert!(telemetry_core::testing::poll_once(future.as_mut()).is_pending());
            drop(future);
            assert_eq!(spans.only().name, name);
        }
    });
}

#[test]
fn sp_34_sp_37_the_peer_is_the_one_that_axum_was_told() {
    both(|spans| {
        let peer: std::net::SocketAddr = "192.0.2.7:50712".parse().unwrap();
        let request = Request::get("/users/42").extension(axum::extract::ConnectInfo(peer));
        crate::send(&spans.server(), request, crate::hello);
        let span = spans.only();
        assert_eq!(span.attribute("client.address"), Some(&"192.0.2.7".into()));
        assert_eq!(span.attribute("network.peer.address"), Some(&"192.0.2.7".into()));
        assert_eq!(span.attribute("network.peer.port"), Some(&50712.into()));
    });
}
