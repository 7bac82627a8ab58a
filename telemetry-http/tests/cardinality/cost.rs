//! What a request allocates because of the layer, before its tables are full and after.

use http::StatusCode;
use telemetry_core::testing::ScriptedBody;
use tower::service_fn;

use super::*;

const LIMIT: usize = 20;
const REQUESTS: u64 = 100;

/// Allocations of a hundred requests that are made beforehand.
fn allocations<S, B>(service: &mut S, request: impl Fn(u64) -> Request<NoBody>) -> u64
where
    S: Service<Request<NoBody>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Error = Infallible> + Unpin,
{
    let requests: Vec<_> = (0..REQUESTS).map(request).collect();
    allocation_counter::measure(|| requests.into_iter().for_each(|request| send(service, request))).count_total
}

#[test]
fn a_request_allocates_nothing_more_before_the_tables_are_full_and_after() {
    let metrics = InMemoryMetrics::new();
    let bare = allocations(&mut service_fn(answer), host);
    let mut service = server(&metrics, LIMIT).with_server_address().layer(service_fn(answer));
    send(&mut service, host(0));
    for reads in [false, true] {
        if reads {
            let _ = metrics.snapshot();
        }
        assert_eq!(allocations(&mut service, |_| host(0)), bare, "known");
        (0..100).for_each(|n| send(&mut service, host(n)));
        assert_eq!(allocations(&mut service, |_| host(0)), bare, "known, and the tables are full");
        assert_eq!(allocations(&mut service, |n| host(1000 + n)), bare, "unknown, and the tables are full");
    }
    assert!(metrics.snapshot().count(DURATION, OVERFLOW) > 0);
}

#[test]
fn the_time_of_the_head_costs_no_allocation() {
    let metrics = InMemoryMetrics::new();
    let bare = allocations(&mut service_fn(answer), host);
    let mut service = server(&metrics, LIMIT).with_response_head_duration().layer(service_fn(answer));
    send(&mut service, host(0));
    assert_eq!(allocations(&mut service, host), bare);
    assert_eq!(metrics.snapshot().count("http.server.response.head.duration", &[]), REQUESTS + 1);
}

#[test]
fn no_ending_costs_an_allocation() {
    /// What the service answers; absent if it is never asked.
    type Begin = fn() -> Option<Result<Response<ScriptedBody>, &'static str>>;
    let endings: [(&str, Begin); 6] = [
        ("dropped before it was polled", || None),
        ("failed", || Some(Err("user 42 not found"))),
        ("body dropped", || Some(Ok(Response::new(ScriptedBody::new())))),
        ("body not sent", || Some(Ok(Response::builder().status(304).body(ScriptedBody::new()).unwrap()))),
        ("tunnel", || Some(Ok(Response::builder().status(101).body(ScriptedBody::new()).unwrap()))),
        ("ended with the head", || Some(Ok(Response::new(ScriptedBody::new().telling_end())))),
    ];
    let metrics = InMemoryMetrics::new();
    for (name, begin) in endings {
        let mut service =
            server(&metrics, LIMIT).layer(service_fn(move |_: Request<_>| async move { begin().unwrap() }));
        let mut send = |request| {
            let future = service.call(request);
            if begin().is_some() {
                drop(now(future));
            }
        };
        send(host(0));
        for reads in [false, true] {
            if reads {
                let _ = metrics.snapshot();
            }
            let requests: Vec<_> = (0..REQUESTS).map(host).collect();
            let info = allocation_counter::measure(|| requests.into_iter().for_each(&mut send));
            assert_eq!(info.count_total, 0, "{name}");
        }
    }
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 6 * (2 * REQUESTS + 1));
}

#[test]
fn every_status_of_a_route_costs_nothing_once_it_is_known() {
    let metrics = InMemoryMetrics::new();
    let answer = |request: Request<_>| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = *request.extensions().get::<StatusCode>().unwrap();
        ready(Ok::<_, Infallible>(response))
    };
    let mut service = server(&metrics, 2000).layer(service_fn(answer));
    let request = |code: u64| {
        let mut request = host(0);
        request.extensions_mut().insert(StatusCode::from_u16(200 + (code % 400) as u16).unwrap());
        request
    };
    let mut send_all = || {
        let requests: Vec<_> = (0..400).map(request).collect();
        let send = |request| drop(now(service.call(request)));
        allocation_counter::measure(|| requests.into_iter().for_each(send)).count_total
    };
    assert!(send_all() > 0);
    assert_eq!(send_all(), 0);
    assert_eq!(series(&metrics.snapshot(), DURATION), 400);
}

#[cfg(feature = "client")]
#[test]
fn a_clients_request_allocates_nothing_more() {
    let metrics = InMemoryMetrics::new();
    let target = |n: u64| Request::get(format!("http://{}.example/users/{n}", n % 10)).body(NoBody::new()).unwrap();
    let options = MeterOptions::default().with_meter_provider(metrics.provider());
    let mut service = telemetry_http::ClientMetricsLayer::custom(options).layer(service_fn(answer));
    let bare = allocations(&mut service_fn(answer), target);
    (0..10).for_each(|n| send(&mut service, target(n)));
    assert_eq!(allocations(&mut service, target), bare);
    assert_eq!(series(&metrics.snapshot(), "http.client.request.duration"), 10);
}

#[test]
fn a_layer_that_is_gone_leaves_little_behind() {
    const LAYERS: u64 = 100;
    let metrics = InMemoryMetrics::new();
    let come_and_go = || send(&mut server(&metrics, 2000).layer(service_fn(answer)), host(0));
    for reads in [false, true] {
        if reads {
            let _ = metrics.snapshot();
        }
        (0..10).for_each(|_| come_and_go());
        let info = allocation_counter::measure(|| (0..LAYERS).for_each(|_| come_and_go()));
        // The hook that tells of collections: the SDK has no way to take it back.
        assert!(info.bytes_current < LAYERS as i64 * 3072, "{} bytes", info.bytes_current);
    }
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 2 * (10 + LAYERS));
}
