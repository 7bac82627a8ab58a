use std::sync::Arc;

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Context, Layer};

use super::line::Form;
use super::lookup::Lookup;
use super::subject::Subject;
use super::writer::MakeIdWriter;

/// A layer that formats events, and puts the ids of trace and span on every line. See the [module](super).
#[derive(Debug)]
pub struct TraceIds<L> {
    layer: L,
    lookup: Arc<Lookup>,
    context_activation: bool,
}

impl<S, N, E, W> TraceIds<fmt::Layer<S, N, E, MakeIdWriter<W>>>
where
    W: for<'writer> fmt::MakeWriter<'writer> + 'static,
{
    /// Around a layer that writes text, in whichever format: ` trace_id=… span_id=…` at the end of an event's first
    /// line.
    ///
    /// Set the layer's format and writer first.
    ///
    /// ```
    /// use telemetry_core::log::TraceIds;
    /// use tracing_subscriber::fmt;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let subscriber = tracing_subscriber::registry().with(TraceIds::text(fmt::layer().compact()));
    /// # drop(subscriber);
    /// ```
    #[must_use]
    pub fn text(layer: fmt::Layer<S, N, E, W>) -> Self {
        Self::new(layer, Form::Text)
    }

    /// Around a layer that writes each event as a JSON object: `"trace_id"` and `"span_id"` as its last members.
    ///
    /// An object that has a member of either name gets none: what the event itself says stands, and no name occurs
    /// twice. What is not an object, from the first byte to the last, is left as it is.
    ///
    /// Set the layer's format and writer first. `json()` is there with feature `json` of `tracing-subscriber`.
    ///
    /// ```
    /// use telemetry_core::log::TraceIds;
    /// use tracing_subscriber::fmt;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let subscriber = tracing_subscriber::registry().with(TraceIds::json(fmt::layer().json()));
    /// # drop(subscriber);
    /// ```
    #[must_use]
    pub fn json(layer: fmt::Layer<S, N, E, W>) -> Self {
        Self::new(layer, Form::Json)
    }

    fn new(layer: fmt::Layer<S, N, E, W>, form: Form) -> Self {
        let lookup = Arc::new(Lookup::default());
        let layer = layer.map_writer(|writer| MakeIdWriter::new(writer, form, Arc::clone(&lookup)));
        Self { layer, lookup, context_activation: true }
    }
}

impl<L> TraceIds<L> {
    /// Whether entering a span of `tracing` makes it the current one of OpenTelemetry. Say here what the
    /// [layer of tracing-opentelemetry](tracing_opentelemetry::OpenTelemetryLayer::with_context_activation) was told,
    /// if it was told anything.
    ///
    /// Where it does not, the entered span of `tracing` has precedence over the current OpenTelemetry context, as it
    /// has for the parent of a new span there. Ids exist once a span is started, so a line starts it: set a remote
    /// parent before the first line. What runs while a span is started, a sampler or the start of a span processor,
    /// must not log: its line would wait for the span, and the span for it.
    ///
    /// ```
    /// use telemetry_core::log::TraceIds;
    /// use tracing_subscriber::fmt;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let subscriber = tracing_subscriber::registry()
    ///     .with(tracing_opentelemetry::layer().with_context_activation(false))
    ///     .with(TraceIds::text(fmt::layer()).with_context_activation(false));
    /// # drop(subscriber);
    /// ```
    #[must_use]
    pub fn with_context_activation(mut self, context_activation: bool) -> Self {
        self.context_activation = context_activation;
        self
    }
}

impl<S: Subscriber, L: Layer<S>> Layer<S> for TraceIds<L> {
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.lookup.register(dispatch);
        self.layer.on_register_dispatch(dispatch);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.layer.on_layer(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.layer.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        self.layer.enabled(metadata, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.layer.max_level_hint()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // Its ids do not exist before it is started, which is too early here: its parent may yet be set.
        Subject::Nothing.during(|| self.layer.on_new_span(attributes, id, context));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.layer.on_record(id, values, context);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        self.layer.on_follows_from(id, follows, context);
    }

    fn event_enabled(&self, event: &Event<'_>, context: Context<'_, S>) -> bool {
        self.layer.event_enabled(event, context)
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let entered = || if self.context_activation { None } else { context.current_span().id().cloned() };
        Subject::event(event, entered).during(|| self.layer.on_event(event, context.clone()));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        Subject::span(id).during(|| self.layer.on_enter(id, context));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        Subject::span(id).during(|| self.layer.on_exit(id, context));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        Subject::span(&id).during(|| self.layer.on_close(id, context));
    }

    fn on_id_change(&self, old: &Id, new: &Id, context: Context<'_, S>) {
        self.layer.on_id_change(old, new, context);
    }
}
