//! Where the layer can stand in axum's routers.

use axum::Router;
use axum::routing::get as on_get;
use http::StatusCode;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_http::RouteLayer;
use tower::Layer;
use tower_http::compression::CompressionLayer;

use crate::{RESPONSE_SIZE, assert_series, get, layer, send};

async fn hello() -> &'static str {
    "hello"
}

async fn lost() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "lost")
}

fn three_deep() -> Router {
    let items = Router::new().route("/items/{item}", on_get(hello)).route("/", on_get(hello));
    let orders = Router::new().nest("/{order}", items);
    let shop = Router::new().nest("/orders", orders).route("/files/{*path}", on_get(hello));
    Router::new().nest("/shop/{shop}", shop)
}

#[tokio::test]
async fn hs_15_the_template_is_whole_however_deep_the_router() {
    let metrics = InMemoryMetrics::new();
    let app = three_deep().layer(layer(&metrics));
    for path in ["/shop/1/orders/2/items/3", "/shop/4/orders/5/items/6", "/shop/1/orders/2", "/shop/1/files/a/b/c"] {
        assert_eq!(send(app.clone(), get(path)).await.0, 200, "{path}");
    }
    let snapshot = assert_series(
        &metrics,
        &[
            ("/shop/{shop}/files/{*path} 200 -", 1),
            ("/shop/{shop}/orders/{order} 200 -", 1),
            ("/shop/{shop}/orders/{order}/items/{item} 200 -", 2),
        ],
    );
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 4.0 * 5.0);
}

#[tokio::test]
async fn hs_15_a_fallback_is_no_route() {
    let metrics = InMemoryMetrics::new();
    let app = three_deep().fallback(lost).layer(layer(&metrics));
    for path in ["/", "/shop", "/shop/1/orders/2/items", "/items/1"] {
        assert_eq!(send(app.clone(), get(path)).await, (StatusCode::NOT_FOUND, "lost".into()), "{path}");
    }
    let snapshot = assert_series(&metrics, &[("- 404 -", 4)]);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 4.0 * 4.0);
}

#[tokio::test]
async fn hs_41_a_route_layer_leaves_the_fallback_out_and_a_layer_does_not() {
    let (all, matched) = (InMemoryMetrics::new(), InMemoryMetrics::new());
    let app = three_deep().fallback(lost).route_layer(layer(&matched)).layer(layer(&all));
    for path in ["/shop/1/orders/2", "/shop/2/orders/3", "/nowhere"] {
        send(app.clone(), get(path)).await;
    }
    let found = ("/shop/{shop}/orders/{order} 200 -", 2);
    assert_series(&all, &[("- 404 -", 1), found]);
    assert_series(&matched, &[found]);
}

#[tokio::test]
async fn routes_that_are_added_behind_the_layer_are_not_seen() {
    let metrics = InMemoryMetrics::new();
    let app = Router::new().route("/before", on_get(hello)).layer(layer(&metrics)).route("/behind", on_get(hello));
    for path in ["/before", "/behind"] {
        assert_eq!(send(app.clone(), get(path)).await.0, 200);
    }
    assert_series(&metrics, &[("/before 200 -", 1)]);
}

#[tokio::test]
async fn a_layer_of_the_nested_router_knows_the_prefix_and_sees_no_other_routes() {
    let metrics = InMemoryMetrics::new();
    let nested = Router::new().route("/{order}", on_get(hello)).layer(layer(&metrics));
    let app = Router::new().route("/users/{id}", on_get(hello)).nest("/orders", nested);
    for path in ["/orders/1", "/users/1"] {
        assert_eq!(send(app.clone(), get(path)).await.0, 200);
    }
    assert_series(&metrics, &[("/orders/{order} 200 -", 1)]);
}

#[tokio::test]
async fn hs_16_around_the_router_the_route_comes_through_other_layers() {
    let metrics = InMemoryMetrics::new();
    let router = three_deep().fallback(lost).route_layer(RouteLayer::new()).layer(CompressionLayer::new());
    let app = layer(&metrics).layer(router);
    for path in ["/shop/1/orders/2/items/3", "/shop/1/orders/2/items/4", "/nowhere"] {
        send(app.clone(), get(path)).await;
    }
    let snapshot = assert_series(&metrics, &[("- 404 -", 1), ("/shop/{shop}/orders/{order}/items/{item} 200 -", 2)]);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 2.0 * 5.0 + 4.0);
}
