//! Which methods are reported by name, and what clients that make them up can do.

use super::*;

/// The methods in the metric and how many calls each has.
fn methods(metrics: &InMemoryMetrics, metric: &str) -> Vec<(String, u64)> {
    let snapshot = metrics.snapshot();
    let mut names: Vec<_> = snapshot
        .points(metric)
        .iter()
        .map(|point| point.attributes.get("rpc.method").map_or("overflow".to_owned(), Clone::clone))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| (name.clone(), count(&snapshot, metric, &name))).collect()
}

fn count(snapshot: &Snapshot, metric: &str, method: &str) -> u64 {
    match method {
        "overflow" => snapshot.count(metric, &[("otel.metric.overflow", "true")]),
        method => snapshot.count(metric, &[("rpc.method", method)]),
    }
}

fn counted<const N: usize>(counts: [(&str, u64); N]) -> Vec<(String, u64)> {
    counts.map(|(name, count)| (name.to_owned(), count)).into()
}

#[test]
fn rpc_a_server_names_a_method_from_the_first_call_that_proves_it() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    exchange(&layer, add(), trailers("13"));
    exchange(&layer, add(), Response::new(ScriptedBody::new()));
    assert_eq!(methods(&metrics, SERVER), counted([("_OTHER", 2)]));
    // The call that proves it has the name itself.
    exchange(&layer, add(), trailers("5"));
    exchange(&layer, add(), trailers("13"));
    exchange(&layer, add(), Response::new(ScriptedBody::new().error("broken")));
    assert_eq!(methods(&metrics, SERVER), counted([("_OTHER", 2), ("shop.Cart/Add", 3)]));
}

#[test]
fn rpc_no_status_that_any_path_can_get_proves_a_method() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    for code in ["1", "2", "4", "7", "8", "12", "13", "14", "16", "99"] {
        exchange(&layer, add(), trailers(code));
        exchange(&layer, add(), trailers_only(code));
    }
    assert_eq!(methods(&metrics, SERVER), counted([("_OTHER", 20)]));
    let proofs = ["0", "3", "5", "6", "9", "10", "11", "15"];
    for code in proofs {
        exchange(&layer, call(&format!("shop.Cart/With{code}")), trailers(code));
    }
    assert_eq!(methods(&metrics, SERVER).len(), 1 + proofs.len());
}

#[test]
fn rpc_a_method_may_become_known_while_a_call_runs() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    let pending = Ok::<_, Infallible>(Response::new(ScriptedBody::new().pending()));
    let body = respond(&layer, add(), pending).unwrap().into_body();
    exchange(&layer, add(), trailers("0"));
    drop(body);
    assert_eq!(methods(&metrics, SERVER), counted([("shop.Cart/Add", 2)]));
    assert_eq!(metrics.snapshot().count(SERVER, &[("error.type", "cancelled")]), 1);
}

#[test]
fn rpc_methods_that_are_given_are_known_at_once() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_known_grpc_methods(["shop.Cart/Add", "/shop.Cart/List"]);
    for method in ["shop.Cart/Add", "shop.Cart/List", "shop.Cart/Drop"] {
        exchange(&layer, call(method), trailers("13"));
    }
    assert_eq!(methods(&metrics, SERVER), counted([("_OTHER", 1), ("shop.Cart/Add", 1), ("shop.Cart/List", 1)]));
}

#[test]
fn rpc_a_path_that_names_no_method_is_other_on_both_sides() {
    let (on_server, on_client) = (InMemoryMetrics::new(), InMemoryMetrics::new());
    for path in ["", "shop.Cart", "a/b/c", "shop.Cart/", "%2e/x", "_OTHER"] {
        exchange(&server(&on_server), call(path), trailers("0"));
        exchange(&client(&on_client), call(path), trailers("0"));
    }
    assert_eq!(methods(&on_server, SERVER), counted([("_OTHER", 6)]));
    assert_eq!(methods(&on_client, CLIENT), counted([("_OTHER", 6)]));
}

#[test]
fn rpc_a_client_names_every_method() {
    let metrics = InMemoryMetrics::new();
    let layer = client(&metrics);
    exchange(&layer, call("shop.Cart/Add"), trailers("13"));
    exchange(&layer, call("shop.Cart/List"), Response::new(ScriptedBody::new().pending()));
    assert_eq!(methods(&metrics, CLIENT), counted([("shop.Cart/Add", 1), ("shop.Cart/List", 1)]));
}

#[test]
fn rpc_ten_thousand_paths_that_are_made_up_are_few_series() {
    const PATHS: u64 = 10_000;
    // As tonic, a server that wants a password, one that is busy, and a proxy answer.
    let responses = || {
        let forbidden = Response::builder().status(StatusCode::FORBIDDEN).body(ScriptedBody::new()).unwrap();
        [trailers_only("12"), trailers_only("16"), trailers_only("8"), forbidden]
    };
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_series_limit(20);
    for i in 0..PATHS {
        let [a, b, c, d] = responses();
        let response = [a, b, c, d].into_iter().nth(i as usize % 4).unwrap();
        exchange(&layer, call(&format!("hacker.S{i}/M{i}")), response);
    }
    // There is room for methods that exist.
    exchange(&layer, add(), trailers("0"));
    assert_eq!(methods(&metrics, SERVER), counted([("_OTHER", PATHS), ("shop.Cart/Add", 1)]));
    assert_eq!(metrics.snapshot().points(SERVER).len(), 4 + 1);
}

#[test]
fn rpc_a_server_that_answers_every_path_well_is_bounded_by_the_series_limit() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_series_limit(3);
    for i in 0..1000 {
        exchange(&layer, call(&format!("hacker.S/M{i}")), trailers("0"));
    }
    let expected = [("hacker.S/M0", 1), ("hacker.S/M1", 1), ("hacker.S/M2", 1), ("overflow", 997)];
    assert_eq!(methods(&metrics, SERVER), counted(expected));
}

#[test]
fn rpc_a_client_with_more_methods_than_the_series_limit() {
    let metrics = InMemoryMetrics::new();
    let layer = client(&metrics).with_series_limit(2);
    for method in ["a.A/A", "a.A/B", "a.A/C", "a.A/D", "a.A/B"] {
        exchange(&layer, call(method), trailers("0"));
    }
    assert_eq!(methods(&metrics, CLIENT), counted([("a.A/A", 1), ("a.A/B", 2), ("overflow", 2)]));
}

#[test]
fn rpc_the_series_of_one_method_are_bounded() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_series_limit(3);
    for code in 0..=16 {
        exchange(&layer, add(), trailers(&code.to_string()));
    }
    assert_eq!(metrics.snapshot().points(SERVER).len(), 3 + 1);
    assert_eq!(methods(&metrics, SERVER), counted([("overflow", 14), ("shop.Cart/Add", 3)]));
}

#[test]
fn rpc_hosts_that_are_made_up_are_bounded_too() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_server_address().with_series_limit(4);
    for i in 0..100 {
        let mut request = add();
        *request.uri_mut() = format!("http://host-{i}.example/shop.Cart/Add").parse().unwrap();
        exchange(&layer, request, trailers("0"));
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.points(SERVER).len(), 4 + 1);
    assert_eq!(snapshot.count(SERVER, &[("otel.metric.overflow", "true")]), 96);
}
