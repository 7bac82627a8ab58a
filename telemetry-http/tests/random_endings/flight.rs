//! One request through the layer, and its model beside it.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use fastrand::Rng;
use http::{Request, Response};
use http_body::Body;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::{ConnectionInfo, TlsInfo, Transport};
use telemetry_http::{RequestBody, RequestLabels, ResponseBody, ResponseFuture, UrlTemplate};
use tower::Service;

use crate::ledger::Ledger;
use crate::model::Model;
use crate::plan::{Outcome, Plan, Profile};
use crate::script::{BoxError, Download, Upload};

/// The service behind the layer: it finds its plan in the request.
pub(crate) fn serve(request: Request<RequestBody<Upload>>) -> Serve {
    let (head, upload) = request.into_parts();
    let plan = Arc::clone(head.extensions.get::<Arc<Plan>>().unwrap());
    if let (Some(labels), Some(label)) = (head.extensions.get::<RequestLabels>(), plan.label) {
        labels.add(KeyValue::new("shop.plan", label));
    }
    if plan.panics_in_call {
        resume_unwind(Box::new("scripted"));
    }
    Serve { waits: plan.waits.clone(), plan, upload: Some(upload) }
}

pub(crate) struct Serve {
    plan: Arc<Plan>,
    waits: VecDeque<usize>,
    upload: Option<RequestBody<Upload>>,
}

impl Future for Serve {
    type Output = Result<Response<Download>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(reads) = self.waits.pop_front() {
            let upload = self.upload.as_mut().unwrap();
            (0..reads).for_each(|_| drop(Pin::new(&mut *upload).poll_frame(cx)));
            return Poll::Pending;
        }
        Poll::Ready(match &self.plan.outcome {
            Outcome::Panic => resume_unwind(Box::new("scripted")),
            Outcome::Fail(failure) => Err(failure.error()),
            Outcome::Answer(answer) => {
                let mut head = Response::builder().status(answer.status).version(answer.version);
                if let Some(bytes) = answer.content_length {
                    head = head.header("content-length", bytes);
                }
                if let Some(kind) = answer.kind {
                    head = head.header("x-kind", kind);
                }
                let (own, reads_on) = (Upload(answer.body.clone()), answer.reads_on);
                let upload = self.upload.take().filter(|_| reads_on);
                Ok(head.body(Download { own, upload }).unwrap())
            }
        })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Tenant(pub(crate) &'static str);

#[derive(Clone, Debug)]
pub(crate) struct Route(pub(crate) &'static str);

fn request(plan: &Arc<Plan>) -> Request<Upload> {
    let request = Request::builder().method(plan.method).uri(plan.uri).version(plan.version);
    let mut request = request.body(Upload(plan.upload.clone())).unwrap();
    let connection = ConnectionInfo::new(Transport::Tcp);
    let extensions = request.extensions_mut();
    extensions.insert(if plan.tls { connection.with_tls(TlsInfo::new()) } else { connection });
    extensions.insert(Arc::clone(plan));
    if let Some(tenant) = plan.tenant {
        extensions.insert(Tenant(tenant));
    }
    if let Some(route) = plan.route {
        extensions.insert(Route(route));
        extensions.insert(UrlTemplate::new(route));
    }
    request
}

/// A request under way.
pub(crate) struct Flight {
    plan: Arc<Plan>,
    model: Model,
    polls: usize,
    state: State,
}

enum State {
    Future(Pin<Box<ResponseFuture<Serve>>>),
    Body(Pin<Box<ResponseBody<Download>>>),
    /// Has panicked or ended, and is dropped with the next step.
    Over(#[expect(dead_code, reason = "only to be dropped")] Box<dyn Send>),
}

impl Flight {
    /// Calls the service; absent if that panics.
    pub(crate) fn begin<S>(service: &mut S, rng: &mut Rng, profile: Profile, ledger: &mut Ledger) -> Option<Self>
    where
        S: Service<Request<Upload>, Future = ResponseFuture<Serve>>,
    {
        let plan = Arc::new(Plan::draw(rng, &profile));
        let mut model = Model::new(profile, Arc::clone(&plan));
        ledger.begin(&model);
        let result = catch_unwind(AssertUnwindSafe(|| service.call(request(&plan))));
        let ended = model.call();
        ledger.end(&model, ended);
        let state = State::Future(Box::pin(result.ok()?));
        Some(Self { plan, model, polls: 0, state })
    }

    /// One poll, or the drop. Says whether the request is still there.
    pub(crate) fn step(mut self, ledger: &mut Ledger) -> Option<Self> {
        let cx = &mut Context::from_waker(Waker::noop());
        let polls = self.polls;
        self.polls += 1;
        let ended;
        self.state = match self.state {
            State::Future(mut future) if polls < self.plan.future_polls => {
                let result = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
                ended = self.model.poll_future();
                match result {
                    Ok(Poll::Pending) => State::Future(future),
                    Ok(Poll::Ready(Ok(response))) => {
                        self.polls = 0;
                        State::Body(Box::pin(response.into_body()))
                    }
                    Ok(Poll::Ready(Err(_))) | Err(_) => State::Over(Box::new(future)),
                }
            }
            State::Body(mut body) if polls < self.plan.body_polls => {
                let result = catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(cx)));
                ended = self.model.poll_body();
                match result {
                    Ok(Poll::Pending | Poll::Ready(Some(Ok(_)))) => State::Body(body),
                    Ok(Poll::Ready(None | Some(Err(_)))) | Err(_) => State::Over(Box::new(body)),
                }
            }
            unwanted => {
                drop(unwanted);
                let ended = self.model.drop();
                ledger.end(&self.model, ended);
                return None;
            }
        };
        ledger.end(&self.model, ended);
        Some(self)
    }
}
