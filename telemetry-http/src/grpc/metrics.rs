use std::hash::{Hash, Hasher};
use std::sync::Arc;

use http::request::Parts;
use telemetry_core::ScopedMeter;
use telemetry_core::bound::{BoundHistogram, Interner, Local};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::Histogram;
use telemetry_core::semconv::{attribute as name, metric};

use super::GrpcStatus;
use super::call::{Call, Outcome};
use crate::attributes::{self, AttributeList};
use crate::metrics::{Metrics, overflow_attributes};
use crate::options::Options;
use crate::overflow::{OVERFLOW, OverflowNotice};
use crate::record::{Record, What, record_time};
use crate::series::NO_EXTRAS;
use crate::side::Side;

/// The metric of gRPC calls: the methods that are known, and the series.
#[derive(Debug)]
pub(crate) struct CallMetrics {
    options: Options,
    methods: Interner<Arc<str>>,
    /// The place of `_OTHER` among them.
    other: u32,
    series: Interner<CallSeries>,
    overflow: CallSeries,
    overflowed: OverflowNotice,
    duration: Histogram<f64>,
}

/// What is known of a call when it has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) call: Call,
    /// The name of a method that was not known when the call came.
    pub(crate) unproven: Option<&'a str>,
    pub(crate) outcome: Outcome,
    /// The place of the head of the request.
    pub(crate) head: u32,
    /// The place of the caller's attributes; absent if they found no room.
    pub(crate) extras: Option<u32>,
    pub(crate) seconds: f64,
}

/// Records a call that has ended.
pub(crate) fn record(metrics: &Local<Metrics>, ended: &Ended<'_>) {
    if let Some(calls) = &metrics.calls {
        record_time(metrics, What::Call, calls.series(metrics, ended), ended.seconds);
    }
}

/// What tells the series apart: places in tables, and how the call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    method: u32,
    /// A head with the server's address; [`ANY`] where that is not recorded.
    head: u32,
    extras: u32,
    outcome: Outcome,
}

/// In place of a head: all are alike.
const ANY: u32 = OVERFLOW - 1;

/// The key of the one series that takes what is past the limit.
const NO_KEY: Key = Key { method: OVERFLOW, head: OVERFLOW, extras: NO_EXTRAS, outcome: Outcome::Left };

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(u64::from(self.method) << 32 | u64::from(self.head));
        hasher.write_u64(u64::from(self.extras) << 32 | u64::from(self.outcome.number()));
    }
}

#[derive(Debug)]
struct CallSeries {
    key: Key,
    attributes: Box<[KeyValue]>,
    duration: BoundHistogram<f64>,
}

impl CallMetrics {
    pub(crate) fn new(options: &Options, meter: &ScopedMeter) -> Self {
        let metric = match options.common.side {
            Side::Server => &metric::RPC_SERVER_CALL_DURATION,
            Side::Client => &metric::RPC_CLIENT_CALL_DURATION,
        };
        let duration = meter.f64_histogram_with(metric, options.choice.seconds.of(metric));
        let methods = Interner::with_limit(options.series_limit.saturating_add(1));
        let other = insert(&methods, name::OTHER).unwrap_or(OVERFLOW);
        for known in &options.known_grpc_methods {
            let _no_room = insert(&methods, known.strip_prefix('/').unwrap_or(known));
        }
        Self {
            options: options.clone(),
            methods,
            other,
            series: Interner::with_limit(options.series_limit),
            overflow: CallSeries::new(NO_KEY, overflow_attributes(), &duration),
            overflowed: OverflowNotice::default(),
            duration,
        }
    }

    /// The call that a request is, if it is one. With it comes the name of a method that is not known: on a server that
    /// may be anything, and on a client it is known at once.
    pub(crate) fn start<'a>(&self, parts: &'a Parts) -> Option<(Call, Option<&'a str>)> {
        if !super::is_grpc(&parts.headers) {
            return None;
        }
        let path = parts.uri.path();
        if let Some(method) = path.strip_prefix('/').and_then(|method| find(&self.methods, method)) {
            return Some((Call::to(method), None));
        }
        Some(match (super::method(path), self.options.common.side) {
            (Some(method), Side::Client) => (Call::to(self.know(method)), None),
            (unproven, _) => (Call::to(self.other), unproven),
        })
    }

    /// The place of the series of a call that has ended.
    fn series(&self, metrics: &Metrics, ended: &Ended<'_>) -> u32 {
        let method = match ended.unproven {
            None => ended.call.method(),
            Some(method) => self.prove(method, ended.outcome),
        };
        let head = if self.options.server_address { ended.head } else { ANY };
        let place = ended.extras.filter(|_| method != OVERFLOW && head != OVERFLOW).and_then(|extras| {
            let key = Key { method, head, extras, outcome: ended.outcome };
            let make = || self.new_series(metrics, key);
            self.series.find_or_insert(self.series.hash(key), |series| series.key == key, make)
        });
        place.unwrap_or_else(|| self.overflow())
    }

    pub(crate) fn record(&self, record: &Record) {
        let series = self.series.get(record.series).unwrap_or(&self.overflow);
        series.duration.record(record.seconds, &series.attributes);
    }

    /// The place of a method that nobody knew when the call came. Another call may have made it known meanwhile.
    fn prove(&self, method: &str, outcome: Outcome) -> u32 {
        let known = match outcome {
            Outcome::Status(status) if status.makes_method_known() => Some(self.know(method)),
            _ => find(&self.methods, method),
        };
        known.unwrap_or(self.other)
    }

    fn know(&self, method: &str) -> u32 {
        insert(&self.methods, method).unwrap_or_else(|| self.overflow())
    }

    #[cold]
    fn overflow(&self) -> u32 {
        self.overflowed.overflow("gRPC", &self.options)
    }

    fn new_series(&self, metrics: &Metrics, key: Key) -> CallSeries {
        let is_error = match self.options.common.side {
            Side::Server => GrpcStatus::is_server_error,
            Side::Client => GrpcStatus::is_client_error,
        };
        let (status, error) = match key.outcome {
            Outcome::Status(status) => (Some(status.name()), is_error(status).then(|| status.name())),
            Outcome::Failed(error) => (None, Some(error.as_str())),
            Outcome::Left => (None, None),
        };
        let method = self.methods.get(key.method).cloned();
        let own = [
            error.map(|error| KeyValue::new(name::ERROR_TYPE, error)),
            method.map(|method| KeyValue::new(name::RPC_METHOD, method)),
            status.map(|status| KeyValue::new(name::RPC_STATUS_CODE, status)),
            Some(KeyValue::new(name::RPC_SYSTEM_NAME, name::RPC_SYSTEM_GRPC)),
        ];
        let head = metrics.head_at(key.head);
        let own: AttributeList =
            own.into_iter().chain(attributes::server(head.and_then(|head| head.rare.as_ref()))).flatten().collect();
        let mut list = attributes::with_callers(own, &metrics.callers(key.extras));
        // A call that has ended without a status has none, whatever the caller says.
        list.retain(|attribute| status.is_some() || attribute.key.as_str() != name::RPC_STATUS_CODE);
        CallSeries::new(key, list.to_vec().into(), &self.duration)
    }
}

impl CallSeries {
    fn new(key: Key, attributes: Box<[KeyValue]>, duration: &Histogram<f64>) -> Self {
        Self { key, attributes, duration: BoundHistogram::new(duration.clone()) }
    }
}

fn find(methods: &Interner<Arc<str>>, method: &str) -> Option<u32> {
    methods.find(methods.hash(method), |known| **known == *method)
}

fn insert(methods: &Interner<Arc<str>>, method: &str) -> Option<u32> {
    methods.find_or_insert(methods.hash(method), |known| **known == *method, || method.into())
}

#[cfg(test)]
mod tests {
    use http::Request;
    use telemetry_core::MeterOptions;
    use telemetry_core::testing::InMemoryMetrics;

    use super::*;

    #[test]
    fn rpc_the_table_of_methods_is_bounded() {
        let metrics = InMemoryMetrics::new();
        let options = Options { series_limit: 2, ..Options::new(Side::Client) };
        let meter = MeterOptions::default().with_meter_provider(metrics.provider()).meter("test", "1");
        let calls = CallMetrics::new(&options, &meter);
        for i in 0..100 {
            let request = Request::post(format!("/shop.Cart/M{i}")).header("content-type", "application/grpc");
            assert!(calls.start(&request.body(()).unwrap().into_parts().0).is_some());
        }
        let known = calls.methods.iter().filter(|method| method.starts_with("shop.Cart/")).count();
        assert_eq!((known, calls.methods.iter().count()), (2, 3), "and one for all others");
    }
}
