//! A different value with each request, in every place where one can be.

use std::thread;

use http::StatusCode;
use telemetry_core::AttributesFactory;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_http::RequestLabels;
use tower::service_fn;

use super::*;
use crate::log::logged;

/// Where the values are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Method,
    Host,
    ForwardedHost,
    Route,
    Status,
    RequestAttribute,
    ResponseAttribute,
    Label,
    LabelRoute,
    NotANumber,
    Everywhere,
}

/// The number of a request.
#[derive(Clone, Copy)]
struct Number(u64);

impl Place {
    const ALL: [Self; 11] = [
        Self::Method,
        Self::Host,
        Self::ForwardedHost,
        Self::Route,
        Self::Status,
        Self::RequestAttribute,
        Self::ResponseAttribute,
        Self::Label,
        Self::LabelRoute,
        Self::NotANumber,
        Self::Everywhere,
    ];

    fn is(self, place: Self) -> bool {
        self == place || self == Self::Everywhere
    }

    /// How many series there would be without a limit.
    fn series(self, values: u64) -> u64 {
        match self {
            Self::Method | Self::NotANumber => 1,
            // From 200 on, without 204 and 304, whose bodies may be left unread.
            Self::Status => values.min(798),
            _ => values,
        }
    }

    fn request(self, n: u64) -> Request<NoBody> {
        let method = if self.is(Self::Method) { format!("M{n}") } else { "GET".to_owned() };
        let uri = if self.is(Self::Route) { format!("/users/{n}") } else { "/".to_owned() };
        let mut request = Request::builder().method(&*method).uri(uri);
        if self.is(Self::Host) {
            request = request.header("host", format!("{n}.example"));
        }
        if self.is(Self::ForwardedHost) {
            request = request.header("forwarded", format!("host={n}.proxy.example"));
        }
        request.extension(Number(n)).body(NoBody::new()).unwrap()
    }

    fn status(self, n: u64) -> StatusCode {
        let code = if self.is(Self::Status) { 200 + n % 800 } else { 200 };
        let code = if matches!(code, 204 | 304) { 200 } else { code };
        StatusCode::from_u16(code as u16).unwrap()
    }

    fn layer(self, metrics: &InMemoryMetrics, limit: usize) -> RequestMetricsLayer {
        let layer = server(metrics, limit).with_server_address().with_forwarded_headers().with_labels();
        let from_request = AttributesFactory::from_fn(move |extensions| {
            let n = extensions.get::<Number>().filter(|_| self.is(Self::RequestAttribute));
            n.map(|n| KeyValue::new("shop.request", n.0 as i64)).into_iter().collect()
        });
        let layer = layer.with_attributes(from_request).with_response_attributes(move |head| {
            let n = head.extensions.get::<Number>().filter(|_| self.is(Self::ResponseAttribute));
            n.map(|n| KeyValue::new("shop.response", n.0 as i64)).into_iter().collect()
        });
        // What must not be done, and is.
        layer.with_route(|head| Some(head.uri.path().to_owned().into()))
    }

    fn answer(self, request: &Request<RequestBody<NoBody>>) -> Ready<Answer> {
        let number = *request.extensions().get::<Number>().unwrap();
        let labels = request.extensions().get::<RequestLabels>().unwrap();
        if self.is(Self::Label) {
            labels.add(KeyValue::new("shop.label", number.0 as i64));
        }
        if self.is(Self::NotANumber) {
            labels.add(KeyValue::new("shop.ratio", f64::NAN));
        }
        if self.is(Self::LabelRoute) {
            labels.set_route(format!("/{}", number.0));
        }
        let mut response = hello();
        response.extensions_mut().insert(number);
        *response.status_mut() = self.status(number.0);
        ready(Ok(response))
    }

    /// Sends `values` requests, and checks what became of them.
    fn flood(self, values: u64, limit: usize) {
        let metrics = InMemoryMetrics::new();
        let mut service = self.layer(&metrics, limit).layer(service_fn(move |request| self.answer(&request)));
        // Enough for every table to be as full as it gets.
        let first = 2 * limit as u64;
        let log = logged(|| {
            let filling = allocation_counter::measure(|| {
                (0..first).for_each(|n| send(&mut service, self.request(n)));
            });
            let most = most_bytes(limit);
            assert!(filling.bytes_max < most, "{self:?}: {} of {most} bytes", filling.bytes_max);
            // From here on all waits for the collection; the lists have their memory.
            let _ = metrics.snapshot();
            let full = allocation_counter::measure(|| {
                (first..values).for_each(|n| send(&mut service, self.request(n)));
            });
            assert_eq!(full.bytes_current, 0, "{self:?}: nothing is kept of what finds no room");
        });
        let overflows = self.series(values) > limit as u64;
        assert_eq!(log.matches("more series than their limit").count(), usize::from(overflows), "{self:?}: {log}");
        self.check(&metrics.snapshot(), values, limit);
    }

    fn check(self, snapshot: &Snapshot, values: u64, limit: usize) {
        let is_over = self.series(values) > limit as u64;
        for metric in [DURATION, RESPONSE_SIZE, "http.server.request.body.size"] {
            assert_eq!(snapshot.count(metric, &[]), values, "{self:?} {metric}");
            assert_eq!(snapshot.count(metric, OVERFLOW) > 0, is_over, "{self:?} {metric}");
            assert_eq!(series(snapshot, metric) as u64, self.series(values).min(limit as u64), "{self:?} {metric}");
        }
        assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 5.0 * values as f64, "{self:?}");
        assert!(snapshot.points(ACTIVE).len() <= limit + 1, "{self:?}");
        for point in snapshot.points(ACTIVE) {
            assert_eq!(point.value, telemetry_core::testing::Value::Number(0.0), "{self:?} {point:?}");
        }
    }
}

/// As much as `limit` series may take, with all tables and the SDK's maps for four metrics.
fn most_bytes(limit: usize) -> u64 {
    // Lists of records, and the cells of counts: there are fewer than four for each core.
    let cores = thread::available_parallelism().unwrap().get() as u64;
    let fixed = (1 << 20) + cores * (16 << 10);
    fixed + limit as u64 * ((6 << 10) + 512 * cores)
}

#[test]
fn hs_01_hs_15_hs_37_hs_41_values_without_end_are_counted_together() {
    for place in Place::ALL {
        place.flood(9000, 200);
    }
}

#[test]
fn hs_41_so_are_100_000_in_every_place_at_once() {
    Place::Everywhere.flood(55_000, 500);
    Place::Host.flood(45_000, 2000);
}

#[test]
#[ignore = "takes a minute: `cargo xtask ci --full` runs it"]
fn full_hs_41_so_are_a_million() {
    for place in Place::ALL {
        place.flood(100_000, 2000);
    }
    Place::Everywhere.flood(1_000_000, 2000);
}
