//! A sampler that keeps what it is shown.

use std::sync::{Arc, Mutex};

use telemetry_core::opentelemetry::trace::{Link, SpanKind, TraceContextExt};
use telemetry_core::opentelemetry::{Context, KeyValue, TraceId};
use telemetry_core::opentelemetry_sdk::trace::{Sampler as Decision, SamplingResult, ShouldSample};

/// What a sampler is shown of a span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    /// As `name=value`, by name.
    pub(crate) attributes: Vec<String>,
    pub(crate) links: usize,
    pub(crate) has_parent: bool,
}

/// Goes by the parent, or samples all.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    shown: Arc<Mutex<Vec<Shown>>>,
    decision: Decision,
}

impl Default for Sampler {
    fn default() -> Self {
        Self::of(Decision::ParentBased(Box::new(Decision::AlwaysOn)))
    }
}

impl Sampler {
    pub(crate) fn of(decision: Decision) -> Self {
        Self { shown: Arc::default(), decision }
    }

    /// What it was shown of the one span since it was last asked.
    pub(crate) fn only(&self) -> Shown {
        let [shown] = <[Shown; 1]>::try_from(std::mem::take(&mut *self.shown.lock().unwrap())).unwrap();
        shown
    }
}

impl ShouldSample for Sampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let mut shown: Vec<_> = attributes.iter().map(|shown| format!("{}={}", shown.key, shown.value)).collect();
        shown.sort();
        self.shown.lock().unwrap().push(Shown {
            name: name.to_owned(),
            kind: kind.clone(),
            attributes: shown,
            links: links.len(),
            has_parent: parent.is_some_and(|parent| parent.span().span_context().is_valid()),
        });
        self.decision.should_sample(parent, trace, name, kind, attributes, links)
    }
}
