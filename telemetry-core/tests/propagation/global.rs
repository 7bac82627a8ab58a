//! The propagator of the process. One test at a time has it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use telemetry_core::opentelemetry::propagation::text_map_propagator::FieldIter;
use telemetry_core::opentelemetry::propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator};
use telemetry_core::opentelemetry::trace::noop::NoopTextMapPropagator;
use telemetry_core::opentelemetry::trace::{TraceContextExt, TraceState};
use telemetry_core::opentelemetry::{Context, TraceFlags, global};
use telemetry_core::propagation::{BaggagePropagator, Propagator, TraceContextPropagator};

use crate::{TRACEPARENT, headers, in_context, span};

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());

    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    global::set_text_map_propagator(NoopTextMapPropagator::new());
    guard
}

/// Puts the given span into every context, and counts how often it is asked.
#[derive(Clone, Debug)]
struct Fixed {
    fields: Vec<String>,
    asked: Arc<AtomicUsize>,
}

impl Fixed {
    fn new(fields: &[&str]) -> Self {
        Self { fields: fields.iter().map(|field| (*field).to_owned()).collect(), asked: Arc::default() }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl TextMapPropagator for Fixed {
    fn inject_context(&self, _: &Context, injector: &mut dyn Injector) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        injector.set("x-fixed", "1".to_owned());
    }

    fn extract_with_context(&self, cx: &Context, _: &dyn Extractor) -> Context {
        self.asked.fetch_add(1, Ordering::Relaxed);
        cx.with_remote_span_context(span(TraceFlags::SAMPLED, TraceState::NONE))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

fn fields(propagator: &Propagator) -> Vec<&str> {
    propagator.fields().collect()
}

#[test]
fn cp_01_nothing_travels_as_long_as_nothing_is_set() {
    let _alone = alone();
    let propagator = Propagator::global();
    assert!(!propagator.extract(&headers(&[("traceparent", TRACEPARENT)])).has_active_span());
    let mut outgoing = HeaderMap::new();
    propagator.inject(&in_context(span(TraceFlags::SAMPLED, TraceState::NONE)), &mut outgoing);
    assert!(outgoing.is_empty());
    assert_eq!(fields(&propagator), [""; 0]);
}

#[test]
fn cp_01_the_global_propagator_is_looked_at_on_first_use_for_all_clones() {
    let _alone = alone();
    let made_before = Propagator::global();
    let clone = made_before.clone();
    Propagator::new(BaggagePropagator::new()).set_global();
    assert_eq!(fields(&clone), ["baggage"]);
    Propagator::w3c().set_global();
    assert_eq!(fields(&made_before), ["baggage"]);
    assert_eq!(fields(&Propagator::global()), ["traceparent", "tracestate", "baggage"]);
    Propagator::none().set_global();
    assert_eq!(fields(&Propagator::global()), [""; 0]);
}

/// The SDK would take this one: the version has to be exactly as long as it is.
#[test]
fn cp_01_cp_07_our_rules_hold_for_the_propagators_of_the_sdk() {
    use telemetry_core::opentelemetry::propagation::TextMapPropagator as _;

    let _alone = alone();
    let theirs = opentelemetry_sdk::propagation::TraceContextPropagator::new();
    let invalid = headers(&[("traceparent", TRACEPARENT.replace("00-4b", "0-4b"))]);
    let extractor = telemetry_core::propagation::HeaderExtractor(&invalid);
    assert!(theirs.extract_with_context(&Context::new(), &extractor).has_active_span());
    global::set_text_map_propagator(theirs);
    assert!(!Propagator::global().extract(&invalid).has_active_span());
    assert!(Propagator::global().extract(&headers(&[("traceparent", TRACEPARENT)])).has_active_span());
}

#[test]
fn cp_01_only_propagators_of_other_fields_are_asked() {
    let _alone = alone();
    let ours: [&[&str]; 6] = [
        &[],
        &["traceparent"],
        &["TraceParent", "tracestate"],
        &["tracestate", "traceparent"],
        &["baggage"],
        &["traceparent", "tracestate", "baggage"],
    ];
    let theirs: [&[&str]; 4] = [&["x-fixed"], &["traceparent", "x-fixed"], &["tracestate"], &["tracestate", "baggage"]];
    for (fields, is_asked) in ours.map(|fields| (fields, false)).into_iter().chain(theirs.map(|fields| (fields, true)))
    {
        let fixed = Fixed::new(fields);
        global::set_text_map_propagator(fixed.clone());
        let propagator = Propagator::global();
        let found = propagator.extract(&HeaderMap::new());
        assert_eq!((found.has_active_span(), fixed.asked()), (is_asked, usize::from(is_asked)), "{fields:?}");
        let mut outgoing = HeaderMap::new();
        propagator.inject(&Context::new(), &mut outgoing);
        assert_eq!((outgoing.len(), fixed.asked()), (usize::from(is_asked), 2 * usize::from(is_asked)), "{fields:?}");
        let through_trait = propagator.extract_with_context(&Context::new(), &std::collections::HashMap::new());
        assert_eq!(through_trait.has_active_span(), is_asked);
    }
}

#[test]
fn cp_01_one_that_asks_the_global_one_cannot_make_it_ask_itself() {
    let _alone = alone();
    global::set_text_map_propagator(Propagator::global());
    assert!(!Propagator::global().extract(&headers(&[("traceparent", TRACEPARENT)])).has_active_span());

    let fixed = Fixed::new(&["x-fixed"]);
    global::set_text_map_propagator(fixed.clone());
    let asks = Propagator::global();
    assert_eq!(fields(&asks), ["x-fixed"]);
    global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
        Box::new(asks.clone()),
        Box::new(fixed.clone()),
    ]));
    assert!(asks.extract(&HeaderMap::new()).has_active_span());
    assert_eq!(fixed.asked(), 1);
    asks.inject(&Context::new(), &mut HeaderMap::new());
    assert_eq!(fixed.asked(), 2);

    asks.clone().set_global();
    assert!(asks.extract(&HeaderMap::new()).has_active_span(), "it was the global one already");
}

#[test]
fn a_given_propagator_is_used_as_it_is() {
    let fixed = Fixed::new(&["traceparent"]);
    let propagator = Propagator::new(fixed.clone());
    assert!(propagator.extract(&HeaderMap::new()).has_active_span());
    propagator.inject(&Context::new(), &mut HeaderMap::new());
    assert_eq!((fixed.asked(), fields(&propagator)), (2, vec!["traceparent"]));
}

#[test]
fn fields_are_the_names_of_the_headers() {
    assert_eq!(TraceContextPropagator::new().fields().collect::<Vec<_>>(), ["traceparent", "tracestate"]);
    assert_eq!(BaggagePropagator::new().fields().collect::<Vec<_>>(), ["baggage"]);
}
