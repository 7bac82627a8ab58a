use std::fmt;
use std::sync::Arc;

use http::{StatusCode, response};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::{AttributesFactory, MeterOptions};

use crate::error::ErrorClassifier;
use crate::filter::RequestFilter;
use crate::instruments::Choice;
use crate::method::KnownMethods;
use crate::route::RouteSource;
use crate::side::Side;

/// All that the builders of both layers set.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) side: Side,
    pub(crate) meter: MeterOptions,
    pub(crate) choice: Choice,
    pub(crate) filter: RequestFilter,
    pub(crate) attributes: AttributesFactory,
    pub(crate) response_attributes: ResponseAttributes,
    pub(crate) labels: bool,
    pub(crate) route: RouteSource,
    pub(crate) known_methods: Option<KnownMethods>,
    pub(crate) trust_forwarded: bool,
    pub(crate) scheme: bool,
    pub(crate) server_address: bool,
    pub(crate) synthetic_type: bool,
    pub(crate) status_errors: StatusErrors,
    pub(crate) errors: ErrorClassifier,
    pub(crate) series_limit: usize,
    pub(crate) grpc: bool,
    pub(crate) known_grpc_methods: Vec<String>,
}

/// As many series as the SDK takes for a metric, if nobody tells it otherwise.
const SERIES_LIMIT: usize = 2000;

impl Options {
    /// What the conventions have on by default, and all metrics.
    pub(crate) fn new(side: Side) -> Self {
        Self {
            side,
            meter: MeterOptions::default(),
            choice: Choice::default(),
            filter: RequestFilter::default(),
            attributes: AttributesFactory::default(),
            response_attributes: ResponseAttributes::default(),
            labels: false,
            route: RouteSource::default(),
            known_methods: None,
            trust_forwarded: false,
            scheme: side == Side::Server,
            server_address: side == Side::Client,
            synthetic_type: false,
            status_errors: StatusErrors::default(),
            errors: ErrorClassifier::default(),
            series_limit: SERIES_LIMIT,
            grpc: false,
            known_grpc_methods: Vec::new(),
        }
    }

    /// Whether there is more to find out of a request than its head tells.
    #[inline]
    pub(crate) fn asks_further(&self) -> bool {
        self.grpc || self.labels || self.attributes.needs_extensions() || matches!(self.route, RouteSource::Function(_))
    }

    /// Whether there is more to find out of a response than its status and its body tell.
    pub(crate) fn asks_answer(&self) -> bool {
        self.side == Side::Client || self.choice.head_duration || self.response_attributes.0.is_some()
    }

    /// Whether a head has parts that not all layers look at.
    #[inline]
    pub(crate) fn looks_closer(&self) -> bool {
        self.server_address || self.synthetic_type
    }

    pub(crate) fn is_error(&self, status: StatusCode) -> bool {
        self.status_errors.get(status).unwrap_or_else(|| self.side.is_error(status))
    }
}

type FromResponse = dyn Fn(&response::Parts) -> Vec<KeyValue> + Send + Sync;

/// The caller's attributes from the head of the response.
#[derive(Clone, Default)]
pub(crate) struct ResponseAttributes(pub(crate) Option<Arc<FromResponse>>);

impl fmt::Debug for ResponseAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "function" } else { "none" })
    }
}

/// The caller's idea of which status is an error. The caller is asked for all of them when the layer is made: a request
/// ends where nothing may panic.
#[derive(Clone, Default)]
pub(crate) struct StatusErrors(Option<Arc<[bool]>>);

impl StatusErrors {
    pub(crate) fn of(is_error: impl Fn(StatusCode) -> bool) -> Self {
        let all = (FIRST_STATUS..1000).filter_map(|code| StatusCode::from_u16(code).ok());
        Self(Some(all.map(is_error).collect()))
    }

    fn get(&self, status: StatusCode) -> Option<bool> {
        self.0.as_ref()?.get(usize::from(status.as_u16() - FIRST_STATUS)).copied()
    }
}

const FIRST_STATUS: u16 = 100;

impl fmt::Debug for StatusErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "given" } else { "conventions" })
    }
}
