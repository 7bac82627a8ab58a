/// What the builders of both layers have in common, once.
macro_rules! common_options {
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
                self.with(|own| own.attributes = attributes)
            }

            /// Adds attributes from the head of the response to the duration and to both body sizes. They win over those
            /// of the request. A second call replaces the first one's function.
            #[must_use]
            pub fn with_response_attributes(
                self,
                attributes: impl Fn(&response::Parts) -> Vec<KeyValue> + Send + Sync + 'static,
            ) -> Self {
                self.with(|own| own.response_attributes = ResponseAttributes(Some(Arc::new(attributes))))
            }

            /// Observes only the requests that the filter keeps.
            #[must_use]
            pub fn with_filter(self, filter: RequestFilter) -> Self {
                self.with(|own| own.filter = filter)
            }

            /// Replaces the methods that are reported by name; all others become `_OTHER`. Case counts. Wins over the
            /// variable `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` (names between commas), which wins over the
            /// conventions' list.
            #[must_use]
            pub fn with_known_methods<'a>(self, methods: impl IntoIterator<Item = &'a str>) -> Self {
                let methods = methods.into_iter().collect();
                self.with(|own| own.known_methods = Some(methods))
            }

            /// Decides which status is an error, in place of the conventions. Such a response has the status code as its
            /// `error.type`. The function is asked at once, for every status from 100 to 999.
            #[must_use]
            pub fn with_error_status(self, is_error: impl Fn(StatusCode) -> bool) -> Self {
                let errors = StatusErrors::of(is_error);
                self.with(|own| own.status_errors = errors)
            }

            /// Finds the `error.type` of errors of type `E`, the service's or the response body's. What it gives `None` for,
            /// and errors of other types, are classified as always. A second call replaces the first one's function.
            #[must_use]
            pub fn with_error_classifier<E: 'static>(
                self,
                classify: impl Fn(&E) -> Option<ErrorType> + Send + Sync + 'static,
            ) -> Self {
                self.with(|own| own.errors = ErrorClassifier::of(classify))
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

            fn with(self, change: impl FnOnce(&mut Options)) -> Self {
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

pub(crate) use common_options;
