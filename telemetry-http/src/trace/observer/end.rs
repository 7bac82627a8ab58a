//! How a span ends.

use std::mem::take;

use http::StatusCode;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::attribute as name;

use super::super::more;
use super::super::name::Name;
use super::super::span::RequestSpan;
use super::{State, Traced};

impl Traced {
    /// Ends the span, and leaves nothing behind that the next request would find.
    pub(super) fn finish(&mut self) {
        let Some(span) = self.state.span.take() else { return };
        let joint = self.state.joint.take();
        if !span.is_recording() {
            self.state.labels = None;
            return;
        }
        self.complete(&span);
        let start = self.state.start;
        let took = joint.map_or_else(|| start.instant.elapsed(), |joint| joint.end());
        span.end(start.time + took);
    }

    /// Adds what is known only now.
    fn complete(&mut self, span: &RequestSpan) {
        let (options, state) = (&self.shared.options, &mut *self.state);
        let status = state.progress.status;
        if let Some(status) = status {
            span.record(name::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()), &mut state.others);
        }
        let failure = state.progress.error(options.common.side);
        if let Some(error) = failure.or_else(|| options.common.status_error(status?)) {
            span.record(name::ERROR_TYPE, error.as_str(), &mut state.others);
            span.fail(state.message.take());
        }
        let mut route = state.route.take();
        if let Some(labels) = state.labels.take() {
            let (attributes, told) = labels.content();
            route = told.or(route);
            more::of_caller(&attributes, |attribute| more::put(&mut state.others, attribute));
        }
        if state.name.target().is_none() {
            self.route(span, route, status);
        }
        let state = &mut *self.state;
        if self.shared.options.body_sizes {
            state.show_sizes();
        }
        span.export(state.others.drain(..));
    }

    /// No route was known at the start. One that was cannot be replaced: the SDK would export both.
    fn route(&mut self, span: &RequestSpan, route: Option<StringValue>, status: Option<StatusCode>) {
        let state = &mut *self.state;
        if let Some(route) = route {
            let name = Name::of(state.name.method().as_str(), Some(route.as_str()));
            if !state.name.is_given() {
                span.rename(name.text());
            }
            span.record_text(name::HTTP_ROUTE, &route, &mut state.others);
        } else if let Some(status) = status {
            self.shared.missing_route.check(&self.shared.options.common, status);
        }
    }
}

impl State {
    fn show_sizes(&mut self) {
        let bytes = |name, bytes: u64| KeyValue::new(name, i64::try_from(bytes).unwrap_or(i64::MAX));
        self.others.push(bytes(name::HTTP_REQUEST_BODY_SIZE, take(&mut self.request_bytes).get()));
        if self.progress.status.is_some() {
            self.others.push(bytes(name::HTTP_RESPONSE_BODY_SIZE, self.progress.response_bytes));
        }
    }
}
