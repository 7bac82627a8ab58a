//! Requests of several threads, with collections meanwhile, and every one of them is in what is exported.

mod collector;
mod threads;

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::task::{Context, Waker};

use bytes::Bytes;
use collector::{Collector, Totals};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use opentelemetry_sdk::metrics::Temporality;
use telemetry_core::MeterOptions;
use telemetry_http::{RequestBody, RequestMetricsLayer};
use threads::{THREADS, drive, now};
use tower::{Layer, Service, ServiceExt, service_fn};

type Body = Full<Bytes>;

const COLLECTIONS: u64 = 20;
const HELD: u64 = 3;

const DURATION: &str = "http.server.request.duration";
const ACTIVE: &str = "http.server.active_requests";
const REQUEST_SIZE: &str = "http.server.request.body.size";
const RESPONSE_SIZE: &str = "http.server.response.body.size";

fn main() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        run(temporality);
        println!("{temporality:?}: everything is there");
    }
}

fn run(temporality: Temporality) {
    let collector = Collector::new(temporality);
    let options = MeterOptions::default().with_meter_provider(collector.provider.clone());
    let service = RequestMetricsLayer::custom(options).layer(service_fn(serve));
    let work = || now(round(&service));
    let mut rounds = 0;

    // Before the first collection, and then with some meanwhile.
    rounds += drive(work, 0, || ());
    check(&collector.collect(), rounds);
    for _ in 0..3 {
        let mut least = rounds;
        rounds += drive(work, COLLECTIONS, || {
            let totals = collector.collect();
            let seen = totals.count(REQUEST_SIZE, &[("http.request.method", "POST")]);
            assert!(seen >= least, "{seen} after {least}");
            // Those of several methods would be of several moments.
            let active = totals.sum(ACTIVE, &[("http.request.method", "GET")]);
            assert!((0.0..=THREADS as f64).contains(&active), "{active} requests are active");
            least = seen;
        });
        check(&collector.collect(), rounds);
        assert!(least <= rounds, "{least} of {rounds}");
    }

    let held: Vec<_> = (0..HELD).map(|_| start(service.clone(), "/waits")).collect();
    assert_eq!(collector.collect().sum(ACTIVE, &[]), HELD as f64);
    drop(held);
    let unanswered = |totals: &Totals| totals.count(DURATION, &[("http.response.status_code", "")]);
    assert_eq!(unanswered(&collector.collect()), rounds + HELD);
    (0..HELD).for_each(|_| now(get(&service, "/")));

    // The last ones are collected when the service is gone.
    rounds += drive(work, 0, || ());
    drop(service);
    let totals = collector.shutdown();
    assert_eq!(unanswered(&totals), rounds + HELD);
    assert_eq!(totals.count(DURATION, &[]), 5 * rounds + 2 * HELD);
    assert_eq!(totals.sum(RESPONSE_SIZE, &[]), (12 * rounds + 5 * HELD) as f64);
    assert_eq!(totals.sum(REQUEST_SIZE, &[]), (7 * rounds) as f64);
    assert_eq!(totals.sum(ACTIVE, &[]), 0.0);
}

/// What this many rounds come to, as [`round`] tells.
fn check(totals: &Totals, rounds: u64) {
    let ended = |status, error| [("http.response.status_code", status), ("error.type", error)];
    assert_eq!(totals.count(DURATION, &ended("200", "")), 2 * rounds);
    assert_eq!(totals.count(DURATION, &ended("500", "500")), rounds);
    assert_eq!(totals.count(DURATION, &ended("200", "cancelled")), rounds);
    assert_eq!(totals.count(DURATION, &ended("", "cancelled")), rounds);
    assert_eq!(totals.count(DURATION, &[]), 5 * rounds);
    assert!(totals.sum(DURATION, &[]) > 0.0);
    assert_eq!(totals.count(REQUEST_SIZE, &[]), 5 * rounds);
    assert_eq!(totals.sum(REQUEST_SIZE, &[]), (7 * rounds) as f64);
    assert_eq!(totals.count(RESPONSE_SIZE, &[]), 4 * rounds);
    assert_eq!(totals.sum(RESPONSE_SIZE, &[]), (12 * rounds) as f64);
    assert_eq!(totals.sum(ACTIVE, &[]), 0.0);
}

/// Five requests that end in five ways.
async fn round<S>(service: &S)
where
    S: Service<Request<Body>, Response: Answer, Error = Infallible> + Clone,
{
    get(service, "/").await;
    get(service, "/fails").await;
    let upload = Request::post("/").body(Body::from("goodbye")).unwrap();
    assert_eq!(service.clone().oneshot(upload).await.unwrap().bytes().await, "goodbye");
    drop(start(service.clone(), "/waits"));
    drop(service.clone().oneshot(Request::get("/").body(Body::default()).unwrap()).await);
}

async fn get<S>(service: &S, path: &str)
where
    S: Service<Request<Body>, Response: Answer, Error = Infallible> + Clone,
{
    let request = Request::get(path).body(Body::default()).unwrap();
    service.clone().oneshot(request).await.unwrap().bytes().await;
}

/// A request that is under way: the future has been polled once.
fn start<S>(service: S, path: &str) -> impl Future
where
    S: Service<Request<Body>, Error = Infallible>,
{
    let mut future = Box::pin(service.oneshot(Request::get(path).body(Body::default()).unwrap()));
    assert!(pin!(&mut future).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    future
}

async fn serve(request: Request<RequestBody<Body>>) -> Result<Response<Body>, Infallible> {
    let body = match request.uri().path() {
        "/waits" => pending().await,
        "/fails" => {
            let mut response = Response::new(Body::default());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return Ok(response);
        }
        _ if request.method() == "POST" => request.into_body().collect().await.unwrap().to_bytes(),
        _ => Bytes::from("hello"),
    };
    Ok(Response::new(Body::from(body)))
}

/// A response of whatever type the layer makes.
trait Answer {
    async fn bytes(self) -> Bytes;
}

impl<B: http_body_util::BodyExt<Error = Infallible>> Answer for Response<B> {
    async fn bytes(self) -> Bytes {
        self.into_body().collect().await.unwrap().to_bytes()
    }
}
