//! How a span ends.

use std::mem::take;

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute as name;

use super::super::more;
use super::super::name::Name;
use super::super::span::RequestSpan;
use super::{State, Traced};

impl Traced {
    /// Ends the span, and leaves nothing behind that the next request would find.
    pub(super) fn finish(&mut self) {
        let Some(span) = self.state.span.take() else { return };
        if span.is_recording() {
            self.complete(&span);
        }
        let State { joint, start, others, .. } = &mut *self.state;
        let took = joint.take().map_or_else(|| start.instant.elapsed(), |joint| joint.end());
        others.clear();
        span.end(start.time + took);
    }

    /// Adds what is known only now.
    fn complete(&mut self, span: &RequestSpan) {
        let (options, state) = (&self.shared.options.common, &mut *self.state);
        let mut late = take(&mut state.late);
        let status = state.progress.status;
        late.status = status;
        let failure = state.progress.error(options.side);
        late.error = failure.or_else(|| options.status_error(status?));
        if let Some(labels) = state.labels.take() {
            let (attributes, route) = labels.content();
            late.route = route.or(late.route);
            more::of_caller(&attributes, |attribute| state.others.push(attribute));
        }
        match late.route.take() {
            // The SDK would export both.
            Some(_) if state.name.target.is_some() => {}
            Some(route) => {
                let name = Name::of(state.name.method.as_str(), Some(route.as_str()));
                if !state.name.is_given {
                    span.rename(name.text);
                }
                late.route = name.target;
            }
            None => {
                if let (Some(status), None) = (status, &state.name.target) {
                    self.shared.missing_route.check(options, status);
                }
            }
        }
        if self.shared.options.body_sizes {
            let bytes = |name, bytes: u64| KeyValue::new(name, i64::try_from(bytes).unwrap_or(i64::MAX));
            state.others.push(bytes(name::HTTP_REQUEST_BODY_SIZE, take(&mut state.request_bytes).get()));
            if status.is_some() {
                state.others.push(bytes(name::HTTP_RESPONSE_BODY_SIZE, state.progress.response_bytes));
            }
        }
        let failed = late.error.is_some();
        span.show(&late, &state.others);
        if failed {
            span.fail(state.message.take());
        }
    }
}
