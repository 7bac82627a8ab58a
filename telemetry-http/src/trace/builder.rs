/// What the builders of both trace layers have in common, once.
macro_rules! trace_options {
    ($layer:ident, $side:expr) => {
        impl $layer {
            /// Makes spans on the OpenTelemetry API, with the global tracer provider: for a service that exports its spans.
            #[must_use]
            pub fn new() -> Self {
                Self { shared: TraceShared::new($side, Way::Api(TracerSource::global())) }
            }

            /// Makes spans on the OpenTelemetry API, with the given tracer provider.
            #[must_use]
            pub fn with_tracer_provider<P>(provider: P) -> Self
            where
                P: TracerProvider + Send + Sync + 'static,
                P::Tracer: Send + Sync + 'static,
                <P::Tracer as Tracer>::Span: Send + Sync + 'static,
            {
                Self { shared: TraceShared::new($side, Way::Api(TracerSource::provider(provider))) }
            }

            /// Makes spans of `tracing`, of level `INFO` and target `telemetry_http`: for whoever reads spans with
            /// subscribers of `tracing`. The layer of `tracing-opentelemetry` exports them, and then they are the same as
            /// those of the OpenTelemetry API. A span that no subscriber wants costs next to nothing.
            #[must_use]
            pub fn tracing() -> Self {
                Self { shared: TraceShared::new($side, Way::Tracing) }
            }

            /// Reads and writes the context of other services in the headers with this propagator, instead of with the
            /// global one.
            #[must_use]
            pub fn with_propagator(self, propagator: Propagator) -> Self {
                self.with(|own| own.propagator = propagator)
            }

            /// Shows a sampler all attributes of every span: for one that goes by attributes and not by the parent.
            ///
            /// Without this a span of the OpenTelemetry API whose parent is not sampled is shown without attributes:
            /// samplers that go by the parent drop it, and it costs half as much then. And a server's span of `tracing`
            /// has no fields for `url.scheme`, `client.address` and `user_agent.original`. Whatever is exported has all of
            /// its attributes either way.
            #[must_use]
            pub fn with_sampler_attributes(self) -> Self {
                self.with(|own| own.sampler_attributes = true)
            }

            /// Adds the caller's attributes, fixed ones or from the extensions of the request when it arrives. A sampler
            /// sees them.
            ///
            /// The names that the layer may set itself are left out. A second call replaces what the first one gave.
            #[must_use]
            pub fn with_attributes(self, attributes: impl Into<AttributesFactory>) -> Self {
                let attributes = attributes.into();
                self.with(|own| own.common.attributes = attributes)
            }

            /// Adds attributes from the head of the response. They need names of their own: a span cannot replace an
            /// attribute that it has. A second call replaces the first one's function.
            #[must_use]
            pub fn with_response_attributes(
                self,
                attributes: impl Fn(&response::Parts) -> Vec<KeyValue> + Send + Sync + 'static,
            ) -> Self {
                self.with(|own| own.common.response_attributes = ResponseAttributes(Some(Arc::new(attributes))))
            }

            /// Names spans in another way than `{method} {route}`: with a text from a small set, never with the path. A
            /// `None` leaves the name as it is.
            #[must_use]
            pub fn with_span_name(self, name: impl Fn(&Parts) -> Option<StringValue> + Send + Sync + 'static) -> Self {
                self.with(|own| own.name = SpanName(Some(Arc::new(name))))
            }

            /// Shows headers of the request as `http.request.header.<name>`. A sampler sees them.
            ///
            /// Headers with secrets are shown as well if they are named here: none is otherwise. A value that is marked as
            /// sensitive is `REDACTED`. A second call replaces the first one's names.
            #[must_use]
            pub fn with_request_headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
                let headers = ShownHeaders::new("http.request.header", names);
                self.with(|own| own.request_headers = headers)
            }

            /// Shows headers of the response as `http.response.header.<name>`, like
            /// [`with_request_headers`](Self::with_request_headers).
            #[must_use]
            pub fn with_response_headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
                let headers = ShownHeaders::new("http.response.header", names);
                self.with(|own| own.response_headers = headers)
            }

            /// Replaces the keys whose values in a query are `REDACTED`. Case counts. Without keys nothing is redacted.
            #[must_use]
            pub fn with_redacted_query_keys<K: Into<String>>(self, keys: impl IntoIterator<Item = K>) -> Self {
                let keys = keys.into_iter().map(Into::into).collect();
                self.with(|own| own.redaction.keys = Some(keys))
            }

            /// Changes the path, the query or the whole URL before a span shows it, where something in it is not to be
            /// seen. A `None` leaves it as it is. Keys and passwords have been redacted before.
            #[must_use]
            pub fn with_url_scrubber(self, scrub: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
                self.with(|own| own.redaction.scrub = Some(Arc::new(scrub)))
            }

            /// Adds what the conventions leave off of the network: `network.transport`, `network.local.address` and
            /// `network.local.port`, and on a server `client.port`, as far as the request's
            /// [`ConnectionInfo`](telemetry_core::ConnectionInfo) tells, or for a client hyper-util's.
            #[must_use]
            pub fn with_network_details(self) -> Self {
                self.with(|own| own.network_details = true)
            }

            /// Adds `http.request.body.size` and `http.response.body.size`: the bytes that have passed the layer.
            #[must_use]
            pub fn with_body_sizes(self) -> Self {
                self.with(|own| own.body_sizes = true)
            }

            /// Tells of errors of the service, and of bodies, in the log: as an event of `tracing` with the
            /// conventions' name, `exception.type` and `exception.message`, which is also the description of the span's
            /// status. What a boxed error is says the message alone. Off by default, since the text of an error may hold what is not to be seen, as a URL of `reqwest`.
            #[must_use]
            pub fn with_exceptions(self) -> Self {
                self.with(|own| own.exceptions = true)
            }
        }
    };
}

pub(super) use trace_options;
