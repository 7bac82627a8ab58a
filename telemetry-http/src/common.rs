use std::fmt;
use std::mem::swap;
use std::sync::Arc;

use http::{Response, StatusCode, response};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::{AttributesFactory, ErrorType};

use crate::error::ErrorClassifier;
use crate::filter::RequestFilter;
use crate::method::KnownMethods;
use crate::route::RouteSource;
use crate::side::Side;

/// What the builders of all layers set, those for metrics and those for spans.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) side: Side,
    pub(crate) filter: RequestFilter,
    pub(crate) attributes: AttributesFactory,
    pub(crate) response_attributes: ResponseAttributes,
    pub(crate) labels: bool,
    pub(crate) route: RouteSource,
    pub(crate) known_methods: Option<KnownMethods>,
    pub(crate) trust_forwarded: bool,
    pub(crate) synthetic_type: bool,
    pub(crate) status_errors: StatusErrors,
    pub(crate) errors: ErrorClassifier,
}

impl Common {
    pub(crate) fn new(side: Side) -> Self {
        Self {
            side,
            filter: RequestFilter::default(),
            attributes: AttributesFactory::default(),
            response_attributes: ResponseAttributes::default(),
            labels: false,
            route: RouteSource::default(),
            known_methods: None,
            trust_forwarded: false,
            synthetic_type: false,
            status_errors: StatusErrors::default(),
            errors: ErrorClassifier::default(),
        }
    }

    pub(crate) fn known_methods(&self) -> KnownMethods {
        self.known_methods.clone().unwrap_or_else(KnownMethods::from_env)
    }

    /// What a status says of a request that has ended otherwise well.
    pub(crate) fn status_error(&self, status: StatusCode) -> Option<ErrorType> {
        let is_error = self.status_errors.get(status).unwrap_or_else(|| self.side.is_error(status));
        is_error.then_some(ErrorType::Status(status))
    }
}

impl Common {
    /// The caller's attributes for a response. The function gets the head out of the response: it wants it in one piece,
    /// which costs less than to take each response apart.
    #[cold]
    pub(crate) fn response_attributes<B>(&self, response: &mut Response<B>) -> Vec<KeyValue> {
        let Some(attributes) = &self.response_attributes.0 else { return Vec::new() };
        let (mut head, ()) = Response::new(()).into_parts();
        (head.status, head.version) = (response.status(), response.version());
        swap(&mut head.headers, response.headers_mut());
        swap(&mut head.extensions, response.extensions_mut());
        let attributes = attributes(&head);
        swap(&mut head.headers, response.headers_mut());
        swap(&mut head.extensions, response.extensions_mut());
        attributes
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
