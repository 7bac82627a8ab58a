mod end;

use std::any::type_name;
use std::mem::take;
use std::sync::{Arc, OnceLock};

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response};
use http_body::Body;
use telemetry_core::ErrorType;
use telemetry_core::opentelemetry::{KeyValue, StringValue};

use super::name::Name;
use super::shared::{Start, Started, TraceShared};
use super::span::{Entered, RequestSpan};
use super::{answer, exception, more};
use crate::bytes::ByteCount;
use crate::joint::Joint;
use crate::labels::RequestLabels;
use crate::lifecycle::{Emptied, Observer, Progress, Tracked};
use crate::route::HttpRoute;
use crate::side::Side;
use crate::spare::{Depot, Spare};

/// What the trace layers keep of a request on its way. What it points to is left to the next request.
#[derive(Debug)]
pub struct Traced {
    shared: Arc<TraceShared>,
    state: Box<State>,
}

#[derive(Debug)]
struct State {
    progress: Progress,
    start: Start,
    name: Name,
    /// There until the request has ended.
    span: Option<RequestSpan>,
    /// What the metrics of the request share with its span.
    joint: Option<Arc<Joint>>,
    /// The route, if it was told since the start.
    route: Option<StringValue>,
    /// Attributes that have become known since the start. It keeps its memory.
    others: Vec<KeyValue>,
    /// What the handler may still say.
    labels: Option<RequestLabels>,
    request_bytes: ByteCount,
    /// What an error said of itself, if that may be shown.
    message: Option<String>,
}

static DEPOT: Depot<Box<State>> = Depot::new();

thread_local! {
    static SPARE: Spare<Box<State>> = const { Spare::new(&DEPOT) };
}

impl Traced {
    /// Owns a span that has started.
    pub(super) fn start<B: Body>(
        shared: &Arc<TraceShared>,
        Started { span, name, rest }: Started,
        (start, joint): (Start, Option<Arc<Joint>>),
        parts: &mut Parts,
        body: &B,
    ) -> (Tracked<Self>, ByteCount) {
        let is_counted = shared.options.body_sizes && !body.is_end_stream();
        let (request_bytes, bytes) = if is_counted { ByteCount::pair() } else { <_>::default() };
        let shared_labels = joint.as_ref().map(|joint| &joint.labels);
        let labels = match shared.options.common.labels {
            true => Some(RequestLabels::give(shared_labels, &mut parts.extensions)),
            // A layer of the metrics around this one may have given the request some.
            false => shared_labels.and_then(OnceLock::get).cloned(),
        };
        let mut state = Spare::take(&SPARE);
        let mut others = state.as_mut().map(|spare| take(&mut spare.others)).unwrap_or_default();
        if let Some(rest) = rest {
            rest.visit(true, |attribute| others.push(attribute));
        }
        let new = State {
            progress: Progress::new(&parts.method),
            start,
            name,
            span: Some(span),
            joint,
            route: None,
            others,
            labels,
            request_bytes,
            message: None,
        };
        let state = match state {
            Some(mut spare) => {
                *spare = new;
                spare
            }
            None => Box::new(new),
        };
        (Tracked::new(Self { shared: Arc::clone(shared), state }), bytes)
    }

    fn look_at_answer<B>(&mut self, response: &mut Response<B>) {
        let (options, state) = (&self.shared.options, &mut *self.state);
        let Some(span) = &state.span else { return };
        if let (Some(header), Some(span)) = (&options.trace_id_header, span.identity())
            && let Ok(id) = HeaderValue::try_from(span.trace_id().to_string())
        {
            response.headers_mut().insert(header.clone(), id);
        }
        if !span.is_recording() {
            return;
        }
        if options.common.side == Side::Client {
            answer::show(response, options.network_details, |attribute| state.others.push(attribute));
        } else if let Some(route) = response.extensions().get::<HttpRoute>() {
            state.route = Some(route.value());
        }
        options.response_headers.visit(response.headers(), |header| state.others.push(header));
        if options.common.response_attributes.0.is_some() {
            let attributes = options.common.response_attributes(response);
            more::of_caller(&attributes, |attribute| state.others.push(attribute));
        }
    }
}

impl Observer for Traced {
    type Slot<T> = Emptied<T>;
    type Scope<'a> = Option<Entered<'a>>;

    #[inline]
    fn enter(&mut self) -> (Self::Scope<'_>, &mut Progress) {
        let State { span, joint, progress, .. } = &mut *self.state;
        if let Some(joint) = joint {
            joint.step();
        }
        (span.as_ref().map(RequestSpan::enter), progress)
    }

    #[inline]
    fn progress(&mut self) -> &mut Progress {
        &mut self.state.progress
    }

    fn answered<B>(&mut self, response: &mut Response<B>) {
        if self.shared.looks_at_answer || !response.extensions().is_empty() {
            self.look_at_answer(response);
        }
    }

    fn trailers(&mut self, _: &HeaderMap) {}

    fn failed<E: 'static>(&mut self, error: &E) -> ErrorType {
        let options = &self.shared.options;
        if options.exceptions {
            let _scope = self.state.span.as_ref().map(RequestSpan::enter);
            self.state.message = exception::tell(options.common.side, error, type_name::<E>());
        }
        options.common.errors.classify(error)
    }

    #[inline(never)]
    fn end(mut self) {
        self.finish();
        Spare::leave(&SPARE, self.state);
    }
}
