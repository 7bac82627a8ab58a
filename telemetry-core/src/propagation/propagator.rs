use std::sync::Arc;

use http::HeaderMap;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::{Context, global};

use super::formats::Formats;
use super::global::{Global, ask};
use super::{HeaderExtractor, HeaderInjector};

/// How context gets from one process to the next in the headers of a request. A clone costs no more than a reference.
///
/// The [module](super#propagation) says what is accepted and what is sent.
///
/// ```
/// use http::HeaderMap;
/// use telemetry_core::opentelemetry::baggage::BaggageExt;
/// use telemetry_core::opentelemetry::{Context, KeyValue};
/// use telemetry_core::propagation::Propagator;
///
/// let context = Context::new().with_baggage([KeyValue::new("userId", "alice")]);
/// let mut headers = HeaderMap::new();
/// Propagator::w3c().inject(&context, &mut headers);
/// assert_eq!(headers["baggage"], "userId=alice");
/// ```
#[derive(Clone, Debug)]
pub struct Propagator(Source);

#[derive(Clone, Debug)]
enum Source {
    Formats(Formats),
    Given(Arc<dyn TextMapPropagator + Send + Sync>),
    Global(Arc<Global>),
}

/// A [`Source`] that knows what the global propagator is.
enum Way<'a> {
    Formats(Formats),
    Given(&'a (dyn TextMapPropagator + Send + Sync)),
    Ask,
}

impl Propagator {
    /// W3C Trace Context and W3C Baggage.
    #[must_use]
    pub const fn w3c() -> Self {
        Self::formats(Formats { trace_context: true, baggage: true })
    }

    /// Reads nothing and writes nothing.
    ///
    /// ```
    /// use telemetry_core::opentelemetry::propagation::TextMapPropagator;
    /// use telemetry_core::propagation::Propagator;
    ///
    /// assert_eq!(Propagator::none().fields().count(), 0);
    /// ```
    #[must_use]
    pub const fn none() -> Self {
        Self::formats(Formats { trace_context: false, baggage: false })
    }

    /// Any propagator, used as it is.
    ///
    /// ```
    /// use telemetry_core::propagation::{BaggagePropagator, Propagator};
    ///
    /// let baggage_alone = Propagator::new(BaggagePropagator::new());
    /// # let _ = baggage_alone;
    /// ```
    #[must_use]
    pub fn new(propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        Self(Source::Given(Arc::new(propagator)))
    }

    /// The one that the application has set for the process.
    ///
    /// It is looked at when this propagator, or the first of its clones, is first used, and not again: set it before
    /// requests arrive. When all its fields are among `traceparent`, `tracestate` and `baggage`, the code of this
    /// module does its work on every request, without the lock of the global one and with the rules of the
    /// [module](super#propagation); one of these names that does something else has to be given to
    /// [`new`](Self::new). Without fields, as long as nothing is set, there is no propagation. Any other one is asked
    /// on every request.
    ///
    /// ```
    /// use telemetry_core::opentelemetry::global;
    /// use telemetry_core::opentelemetry::propagation::TextMapPropagator;
    /// use telemetry_core::propagation::{Propagator, TraceContextPropagator};
    ///
    /// global::set_text_map_propagator(TraceContextPropagator::new());
    /// let propagator = Propagator::global();
    /// assert_eq!(propagator.fields().collect::<Vec<_>>(), ["traceparent", "tracestate"]);
    /// ```
    #[must_use]
    pub fn global() -> Self {
        Self(Source::Global(Arc::default()))
    }

    pub(super) const fn formats(formats: Formats) -> Self {
        Self(Source::Formats(formats))
    }

    /// Makes this propagator the process's global one, which [`global`](Self::global) and other libraries use.
    /// One that is made by `global` is that already.
    ///
    /// ```
    /// use telemetry_core::propagation::Propagator;
    ///
    /// Propagator::from_env().set_global();
    /// ```
    pub fn set_global(self) {
        if !matches!(self.0, Source::Global(_)) {
            global::set_text_map_propagator(self);
        }
    }

    /// The context that `headers` carry: an empty one if they carry none, whatever the current context is.
    ///
    /// Allocates nothing when none of the headers is there.
    #[must_use]
    pub fn extract(&self, headers: &HeaderMap) -> Context {
        match self.way() {
            Way::Formats(formats) => formats.extract_from(headers),
            Way::Given(given) => given.extract_with_context(&Context::new(), &HeaderExtractor(headers)),
            Way::Ask => ask(|global| global.extract_with_context(&Context::new(), &HeaderExtractor(headers)))
                .unwrap_or_default(),
        }
    }

    /// Writes `cx` into `headers`, in the place of what they carry.
    pub fn inject(&self, cx: &Context, headers: &mut HeaderMap) {
        match self.way() {
            Way::Formats(formats) => formats.inject_into(cx, headers),
            Way::Given(given) => given.inject_context(cx, &mut HeaderInjector(headers)),
            Way::Ask => ask(|global| global.inject_context(cx, &mut HeaderInjector(headers))).unwrap_or_default(),
        }
    }

    fn way(&self) -> Way<'_> {
        match &self.0 {
            Source::Formats(formats) => Way::Formats(*formats),
            Source::Given(given) => Way::Given(&**given),
            Source::Global(global) => global.formats().map_or(Way::Ask, Way::Formats),
        }
    }
}

/// For carriers that are no [`HeaderMap`], and to be composed with others. Extraction adds to the context it is given;
/// the trait's own `extract` and `inject` use the current one, and have to be called by the trait's name.
impl TextMapPropagator for Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        match self.way() {
            Way::Formats(formats) => formats.inject_context(cx, injector),
            Way::Given(given) => given.inject_context(cx, injector),
            Way::Ask => ask(|global| global.inject_context(cx, injector)).unwrap_or_default(),
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        match self.way() {
            Way::Formats(formats) => formats.extract_with_context(cx, extractor),
            Way::Given(given) => given.extract_with_context(cx, extractor),
            Way::Ask => ask(|global| global.extract_with_context(cx, extractor)).unwrap_or_else(|| cx.clone()),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        match &self.0 {
            Source::Formats(formats) => formats.fields(),
            Source::Given(given) => given.fields(),
            Source::Global(global) => global.fields(),
        }
    }
}
