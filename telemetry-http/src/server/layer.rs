use std::sync::{Arc, OnceLock};

use http::request::Parts;
use telemetry_core::opentelemetry::StringValue;
use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::semconv::{Metric, metric};
use telemetry_core::{AttributesFactory, MeterOptions};
use tower_layer::Layer;

use crate::method::KnownMethods;
use crate::record::{Instruments, Recorder};
use crate::route::RouteSource;
use crate::server::RequestMetricsService;

/// Measures the requests of an HTTP service. See the [crate's page](crate) for what is recorded and when.
///
/// One layer may be put around any number of services, which then share its instruments. They are made when the first
/// request comes; a global meter provider has to be set before that.
///
/// ```
/// use telemetry_core::opentelemetry::KeyValue;
/// use telemetry_http::RequestMetricsLayer;
///
/// let layer = RequestMetricsLayer::new()
///     .with_attributes([KeyValue::new("shop.region", "eu")])
///     .without_request_body_size();
/// # let _ = layer;
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestMetricsLayer {
    shared: Arc<Shared>,
}

/// What a layer and its services share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    options: Options,
    recorder: OnceLock<Arc<Recorder>>,
}

impl Shared {
    /// Made when it is first asked for, which is when the first request comes.
    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        self.recorder.get_or_init(|| Arc::new(self.options.recorder()))
    }
}

#[derive(Clone, Debug, Default)]
struct Options {
    meter: MeterOptions,
    attributes: AttributesFactory,
    route: RouteSource,
    known_methods: Option<KnownMethods>,
    off: Vec<&'static str>,
}

impl RequestMetricsLayer {
    /// Takes the instruments from the global meter provider.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the instruments from the given meter.
    #[must_use]
    pub fn with_meter(meter: Meter) -> Self {
        Self::custom(MeterOptions::default().with_meter(meter))
    }

    /// Takes meter, metric prefix and fixed attributes from `options`.
    #[must_use]
    pub fn custom(options: MeterOptions) -> Self {
        Self::default().with(|own| own.meter = options)
    }

    /// Adds the caller's attributes to the duration and to both body sizes, fixed ones or from the extensions of the
    /// request when it arrives. `http.server.active_requests` carries the attributes of [`MeterOptions`] alone.
    ///
    /// They win over [`MeterOptions::attributes`] of the same name. The names that the layer may set itself are left
    /// out. A second call replaces what the first one gave.
    #[must_use]
    pub fn with_attributes(self, attributes: impl Into<AttributesFactory>) -> Self {
        let attributes = attributes.into();
        self.with(|own| own.attributes = attributes)
    }

    /// Takes `http.route` from a function of the request's head, instead of from axum. It must return a template from
    /// a small set, never the path. A `&'static str` or an `Arc<str>` costs no allocation.
    ///
    /// ```
    /// use telemetry_http::RequestMetricsLayer;
    ///
    /// let layer = RequestMetricsLayer::new().with_route(|request| match request.uri.path() {
    ///     "/" => Some("/".into()),
    ///     path if path.starts_with("/users/") => Some("/users/{id}".into()),
    ///     _ => None,
    /// });
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn with_route(self, route: impl Fn(&Parts) -> Option<StringValue> + Send + Sync + 'static) -> Self {
        self.with(|own| own.route = RouteSource::Function(Arc::new(route)))
    }

    /// Replaces the methods that are reported by name; all others become `_OTHER`. Case counts. Wins over the variable
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` (names between commas), which wins over the conventions' list.
    #[must_use]
    pub fn with_known_methods<'a>(self, methods: impl IntoIterator<Item = &'a str>) -> Self {
        let methods = methods.into_iter().collect();
        self.with(|own| own.known_methods = Some(methods))
    }

    /// Leaves out `http.server.request.duration`.
    #[must_use]
    pub fn without_request_duration(self) -> Self {
        self.without(&metric::HTTP_SERVER_REQUEST_DURATION)
    }

    /// Leaves out `http.server.active_requests`.
    #[must_use]
    pub fn without_active_requests(self) -> Self {
        self.without(&metric::HTTP_SERVER_ACTIVE_REQUESTS)
    }

    /// Leaves out `http.server.request.body.size`.
    #[must_use]
    pub fn without_request_body_size(self) -> Self {
        self.without(&metric::HTTP_SERVER_REQUEST_BODY_SIZE)
    }

    /// Leaves out `http.server.response.body.size`.
    #[must_use]
    pub fn without_response_body_size(self) -> Self {
        self.without(&metric::HTTP_SERVER_RESPONSE_BODY_SIZE)
    }

    fn without(self, metric: &Metric) -> Self {
        self.with(|own| own.off.push(metric.name))
    }

    /// Clones and services keep what they have: a change makes new instruments.
    fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.shared.options.clone();
        change(&mut options);
        Self { shared: Arc::new(Shared { options, recorder: OnceLock::new() }) }
    }
}

impl Options {
    fn recorder(&self) -> Recorder {
        let meter = self.meter.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let on = |metric: &'static Metric| Some(metric).filter(|metric| !self.off.contains(&metric.name));
        let instruments = Instruments {
            duration: on(&metric::HTTP_SERVER_REQUEST_DURATION).map(|metric| meter.f64_histogram(metric)),
            active: on(&metric::HTTP_SERVER_ACTIVE_REQUESTS).map(|metric| meter.i64_up_down_counter(metric)),
            request_size: on(&metric::HTTP_SERVER_REQUEST_BODY_SIZE).map(|metric| meter.u64_histogram(metric)),
            response_size: on(&metric::HTTP_SERVER_RESPONSE_BODY_SIZE).map(|metric| meter.u64_histogram(metric)),
        };
        let known_methods = self.known_methods.clone().unwrap_or_else(KnownMethods::from_env);
        let fixed = self.meter.attributes.clone();
        Recorder::new(instruments, fixed, self.attributes.clone(), self.route.clone(), known_methods)
    }
}

impl<S> Layer<S> for RequestMetricsLayer {
    type Service = RequestMetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestMetricsService::new(inner, Arc::clone(&self.shared))
    }
}
