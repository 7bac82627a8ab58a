//! Ten thousand requests that end in every way, several at a time and in a random order: each is recorded once, and the
//! metrics agree with a model of them at any moment. HS-39 to HS-46, HC-17.
//!
//! The seed is in the message of a failure; `RANDOM_ENDINGS_SEED` brings it back.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod flight;
mod ledger;
mod model;
mod plan;
mod script;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use fastrand::Rng;
use http::Request;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_core::{AttributesFactory, MeterOptions};
use telemetry_http::{RequestMetricsLayer, ResponseFuture};
use tower::{Layer, Service, service_fn};

use flight::{Flight, Route, Serve, Tenant, serve};
use ledger::Ledger;
use plan::Profile;
use script::Upload;

const REQUESTS: u64 = 10_000;
const AT_ONCE: usize = 24;

trait Client: Service<Request<Upload>, Future = ResponseFuture<Serve>> + Clone + Send {}

impl<S: Service<Request<Upload>, Future = ResponseFuture<Serve>> + Clone + Send> Client for S {}

/// Runs a test with a seed, which a failure tells.
fn seeded(test: impl FnOnce(u64)) {
    let given = std::env::var("RANDOM_ENDINGS_SEED").ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(seed))) {
        let text = panic.downcast_ref::<String>().map_or("", |text| text);
        panic!("RANDOM_ENDINGS_SEED={seed}: {text}");
    }
}

/// Sends requests from one thread, and compares at random moments and at the end.
fn drive(mut service: impl Client, metrics: &InMemoryMetrics, profile: Profile, seed: u64) {
    let rng = &mut Rng::with_seed(seed);
    let (mut ledger, mut flights, mut begun) = (Ledger::default(), Vec::new(), 0);
    while begun < REQUESTS || !flights.is_empty() {
        if begun < REQUESTS && flights.len() < AT_ONCE && rng.bool() {
            begun += 1;
            flights.extend(Flight::begin(&mut service, rng, profile, &mut ledger));
        } else if !flights.is_empty() {
            let flight: Flight = flights.swap_remove(rng.usize(..flights.len()));
            flights.extend(flight.step(&mut ledger));
        }
        // The first one comes after a while: until then nothing waits.
        if begun > 500 && rng.usize(..500) == 0 {
            ledger.compare(&profile, &metrics.snapshot());
        }
    }
    assert_eq!(ledger.ended, REQUESTS);
    ledger.compare(&profile, &metrics.snapshot());
}

fn options(metrics: &InMemoryMetrics) -> MeterOptions {
    MeterOptions::default().with_meter_provider(metrics.provider())
}

fn server(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    let route = |head: &http::request::Parts| head.extensions.get::<Route>().map(|route| route.0.into());
    RequestMetricsLayer::custom(options(metrics)).with_route(route)
}

#[test]
fn hs_39_hs_41_server_requests_are_recorded_once_however_they_end() {
    seeded(|seed| {
        let metrics = InMemoryMetrics::new();
        drive(server(&metrics).layer(service_fn(serve)), &metrics, plan::SERVER, seed);
    });
}

#[test]
fn hs_39_hs_41_so_are_those_of_a_layer_that_asks_the_caller_for_attributes() {
    seeded(|seed| {
        let metrics = InMemoryMetrics::new();
        let tenant = AttributesFactory::from_fn(|extensions| {
            extensions.get::<Tenant>().map(|tenant| KeyValue::new("shop.tenant", tenant.0)).into_iter().collect()
        });
        let layer = server(&metrics)
            .with_labels()
            .with_attributes(tenant)
            .with_response_attributes(|head| {
                head.headers.get("x-kind").map(|_| KeyValue::new("shop.kind", "page")).into_iter().collect()
            })
            .with_response_head_duration();
        drive(layer.layer(service_fn(serve)), &metrics, plan::SERVER_THAT_ASKS, seed);
    });
}

#[cfg(feature = "client")]
#[test]
fn hc_17_client_requests_are_recorded_once_however_they_end() {
    seeded(|seed| {
        let metrics = InMemoryMetrics::new();
        let layer = telemetry_http::ClientMetricsLayer::custom(options(&metrics));
        drive(layer.layer(service_fn(serve)), &metrics, plan::CLIENT, seed);
    });
}

/// Takes flights out of a common pool, so that they move between threads at each step.
fn fly(mut service: impl Client, pool: &Mutex<Vec<Flight>>, begun: &AtomicU64, seed: u64) -> Ledger {
    let rng = &mut Rng::with_seed(seed);
    let mut ledger = Ledger::default();
    loop {
        let begins = rng.bool() && begun.fetch_add(1, Ordering::Relaxed) < REQUESTS;
        let flight = if begins {
            Flight::begin(&mut service, rng, plan::SERVER, &mut ledger)
        } else {
            let taken = {
                let mut pool = pool.lock().unwrap();
                let len = pool.len();
                if len == 0 { None } else { Some(pool.swap_remove(rng.usize(..len))) }
            };
            if taken.is_none() && begun.load(Ordering::Relaxed) >= REQUESTS {
                return ledger;
            }
            taken.and_then(|flight| flight.step(&mut ledger))
        };
        pool.lock().unwrap().extend(flight);
    }
}

#[test]
fn hs_39_hs_41_requests_that_move_between_threads_are_recorded_once() {
    seeded(|seed| {
        let metrics = InMemoryMetrics::new();
        let service = server(&metrics).layer(service_fn(serve));
        let (pool, begun) = (Mutex::default(), AtomicU64::new(0));
        let ledger = thread::scope(|scope| {
            let fly = |thread| fly(service.clone(), &pool, &begun, seed.wrapping_add(thread));
            let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || fly(thread))).collect();
            let mut seen = 0;
            while threads.iter().any(|thread| !thread.is_finished()) {
                let now = metrics.snapshot().count("http.server.request.duration", &[]);
                assert!((seen..=begun.load(Ordering::Relaxed)).contains(&now), "{now} after {seen}");
                seen = now;
            }
            threads.into_iter().map(|thread| thread.join().unwrap()).fold(Ledger::default(), Ledger::merge)
        });
        assert_eq!(ledger.ended, REQUESTS);
        ledger.compare(&plan::SERVER, &metrics.snapshot());
    });
}
