/// What the builders of all layers have in common, once.
macro_rules! common_options {
    ($layer:ident, $options:ty) => {
        impl $layer {
            /// Observes only the requests that the filter keeps.
            #[must_use]
            pub fn with_filter(self, filter: RequestFilter) -> Self {
                self.with(|own| own.common.filter = filter)
            }

            /// Replaces the methods that are reported by name; all others become `_OTHER`. Case counts. Wins over the
            /// variable `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` (names between commas), which wins over the
            /// conventions' list.
            #[must_use]
            pub fn with_known_methods<'a>(self, methods: impl IntoIterator<Item = &'a str>) -> Self {
                let methods = methods.into_iter().collect();
                self.with(|own| own.common.known_methods = Some(methods))
            }

            /// Decides which status is an error, in place of the conventions. Such a response has the status code as its
            /// `error.type`. The function is asked at once, for every status from 100 to 999.
            #[must_use]
            pub fn with_error_status(self, is_error: impl Fn(StatusCode) -> bool) -> Self {
                let errors = StatusErrors::of(is_error);
                self.with(|own| own.common.status_errors = errors)
            }

            /// Finds the `error.type` of errors of type `E`, the service's or the response body's. What it gives `None` for,
            /// and errors of other types, are classified as always. A second call replaces the first one's function.
            #[must_use]
            pub fn with_error_classifier<E: 'static>(
                self,
                classify: impl Fn(&E) -> Option<ErrorType> + Send + Sync + 'static,
            ) -> Self {
                self.with(|own| own.common.errors = ErrorClassifier::of(classify))
            }

            fn with(self, change: impl FnOnce(&mut $options)) -> Self {
                Self { shared: self.shared.with(change) }
            }
        }

        impl Default for $layer {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

/// What the builders of both metrics layers have in common, once.
macro_rules! metrics_options {
    ($layer:ident, $side:expr) => {
        impl $layer {
            /// Takes the instruments from the global meter provider.
            #[must_use]
            pub fn new() -> Self {
                Self { shared: Shared::new($side) }
            }

            /// Takes the instruments from the given meter.
            #[must_use]
            pub fn with_meter(meter: Meter) -> Self {
                Self::custom(MeterOptions::default().with_meter(meter))
            }

            /// Takes meter, metric prefix and fixed attributes from `options`.
            #[must_use]
            pub fn custom(options: MeterOptions) -> Self {
                Self::new().with(|own| own.meter = options)
            }

            /// Adds the caller's attributes to the duration and to both body sizes, fixed ones or from the extensions of
            /// the request when it arrives. The active requests carry the attributes of [`MeterOptions`] alone.
            ///
            /// They win over [`MeterOptions::attributes`] of the same name. The names that the layer may set itself are
            /// left out, and so are values that are not a number. A second call replaces what the first one gave.
            #[must_use]
            pub fn with_attributes(self, attributes: impl Into<AttributesFactory>) -> Self {
                let attributes = attributes.into();
                self.with(|own| own.common.attributes = attributes)
            }

            /// Adds attributes from the head of the response to the duration and to both body sizes. They win over those
            /// of the request. A second call replaces the first one's function.
            #[must_use]
            pub fn with_response_attributes(
                self,
                attributes: impl Fn(&response::Parts) -> Vec<KeyValue> + Send + Sync + 'static,
            ) -> Self {
                self.with(|own| own.common.response_attributes = ResponseAttributes(Some(Arc::new(attributes))))
            }

            /// Replaces the bucket bounds of the durations, in seconds. Bounds that are not finite or do not ascend are an
            /// error in the log, and the default ones stay.
            #[must_use]
            pub fn with_duration_boundaries(self, seconds: impl Into<Vec<f64>>) -> Self {
                let seconds = Boundaries::new(seconds.into());
                self.with(|own| own.choice.seconds = seconds)
            }

            /// Replaces the bucket bounds of the body sizes, in bytes. Bounds that are not finite or do not ascend are an
            /// error in the log, and the default ones stay.
            #[must_use]
            pub fn with_body_size_boundaries(self, bytes: impl Into<Vec<f64>>) -> Self {
                let bytes = Boundaries::new(bytes.into());
                self.with(|own| own.choice.bytes = bytes)
            }

            /// Sets how many series a metric of this layer may have: 2000 unless told otherwise, and never more than 2^20.
            /// What comes past that is counted together in one series with `otel.metric.overflow`, which the log says
            /// once.
            ///
            /// The SDK has a limit of its own for each metric, 2000 as well: to raise both, give the meter provider a
            /// view with another `cardinality_limit`.
            #[must_use]
            pub fn with_series_limit(self, limit: usize) -> Self {
                self.with(|own| own.series_limit = limit)
            }

            /// Adds the duration of gRPC calls: `rpc.server.call.duration` or `rpc.client.call.duration`, beside the
            /// HTTP metrics of the same requests. See [the crate's page](crate#grpc).
            ///
            /// A request is a call if its `Content-Type` is that of gRPC over HTTP/2. The bounds of
            /// [`with_duration_boundaries`](Self::with_duration_boundaries) and the caller's attributes hold for it as
            /// well, and [`with_series_limit`](Self::with_series_limit) for both its series and its methods.
            #[must_use]
            pub fn with_grpc(self) -> Self {
                self.with(|own| own.grpc = true)
            }

            /// Offers the durations of requests in sampled spans to the exemplars of this store, instead of those of the
            /// global one. The exporter has to read the same store.
            #[cfg(feature = "trace")]
            #[must_use]
            pub fn with_exemplars(self, store: telemetry_core::exemplar::ExemplarStore) -> Self {
                self.with(|own| own.exemplars = Some(store))
            }

            /// Leaves out the duration of requests.
            #[must_use]
            pub fn without_request_duration(self) -> Self {
                self.without($side.metrics().duration)
            }

            /// Leaves out the active requests.
            #[must_use]
            pub fn without_active_requests(self) -> Self {
                self.without($side.metrics().active)
            }

            /// Leaves out the body size of requests.
            #[must_use]
            pub fn without_request_body_size(self) -> Self {
                self.without($side.metrics().request_size)
            }

            /// Leaves out the body size of responses.
            #[must_use]
            pub fn without_response_body_size(self) -> Self {
                self.without($side.metrics().response_size)
            }

            fn without(self, metric: &Metric) -> Self {
                self.with(|own| own.choice.off.push(metric.name))
            }
        }
    };
}

/// What the builders of both server layers have in common, once.
macro_rules! server_options {
    ($layer:ident) => {
        impl $layer {
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
                self.with(|own| own.common.route = RouteSource::Function(Arc::new(route)))
            }

            /// Gives each request [`RequestLabels`](crate::RequestLabels) in its extensions, for the handler to add attributes
            /// and the route while it runs. This allocates for each request.
            #[must_use]
            pub fn with_labels(self) -> Self {
                self.with(|own| own.common.labels = true)
            }

            /// Believes what `Forwarded`, `X-Forwarded-Proto` and `X-Forwarded-Host` say of the scheme and host that the client
            /// used, and for spans what `Forwarded` and `X-Forwarded-For` say of its address. Only for a service that no
            /// client reaches except through a proxy which sets them: a client can write what it likes there.
            #[must_use]
            pub fn with_forwarded_headers(self) -> Self {
                self.with(|own| own.common.trust_forwarded = true)
            }

            /// Adds `user_agent.synthetic.type`, `bot` or `test`, to requests whose `User-Agent` says that no person sent them.
            #[must_use]
            pub fn with_synthetic_type(self) -> Self {
                self.with(|own| own.common.synthetic_type = true)
            }
        }
    };
}

/// What the builders of both client layers have in common, once.
#[cfg(feature = "client")]
macro_rules! client_options {
    ($layer:ident) => {
        impl $layer {
            /// Takes `url.template` from a function of the request's head, instead of from a
            /// [`UrlTemplate`](crate::UrlTemplate) in its extensions. It must return a template from a small set, never the path.
            /// A `&'static str` or an `Arc<str>` costs no allocation.
            #[must_use]
            pub fn with_url_template(
                self,
                template: impl Fn(&Parts) -> Option<StringValue> + Send + Sync + 'static,
            ) -> Self {
                self.with(|own| own.common.route = RouteSource::Function(Arc::new(template)))
            }
        }
    };
}

#[cfg(feature = "client")]
pub(crate) use client_options;
pub(crate) use {common_options, metrics_options, server_options};
