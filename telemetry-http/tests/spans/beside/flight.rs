//! A request that does what its plan says, one step at a time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use fastrand::Rng;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame};
use telemetry_http::{HttpRoute, RequestLabels, UrlTemplate};
use tower::Service as _;

use super::{Answer, Body, BoxError, Bytes, Client, body};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    PanicsInCall,
    Panics,
    Fails,
    Answers,
}

/// What comes after the data of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    End,
    Trailers,
    Error,
    Panic,
    /// Nothing more is ever ready.
    Nothing,
}

/// How the route becomes known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Routed {
    Never,
    AtTheStart,
    ByTheResponse,
    ByTheHandler,
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) method: &'static str,
    pub(super) routed: Routed,
    pub(super) service: Service,
    pub(super) waits: usize,
    pub(super) status: u16,
    pub(super) frames: usize,
    pub(super) tells_end: bool,
    pub(super) last: Last,
    /// After how many polls the future is dropped, if it lives that long.
    pub(super) future_polls: usize,
    pub(super) body_polls: usize,
}

/// More polls than any plan has.
pub(super) const ALL: usize = 100;

/// A request that is answered and read to its end.
pub(super) const PLAIN: Plan = Plan {
    method: "GET",
    routed: Routed::Never,
    service: Service::Answers,
    waits: 1,
    status: 200,
    frames: 2,
    tells_end: false,
    last: Last::End,
    future_polls: ALL,
    body_polls: ALL,
};

const ROUTE: &str = "/users/{id}";

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

impl Plan {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let polls = |rng: &mut Rng| pick(rng, &[0, 1, 2, ALL, ALL, ALL, ALL]);
        Self {
            method: pick(rng, &["GET", "HEAD", "CONNECT", "PURGE"]),
            routed: pick(rng, &[Routed::Never, Routed::AtTheStart, Routed::ByTheResponse, Routed::ByTheHandler]),
            service: match rng.usize(..12) {
                0 => Service::PanicsInCall,
                1 => Service::Panics,
                2 => Service::Fails,
                _ => Service::Answers,
            },
            waits: rng.usize(..3),
            status: pick(rng, &[101, 200, 200, 204, 304, 404, 500]),
            frames: rng.usize(..3),
            tells_end: rng.bool(),
            last: pick(rng, &[Last::End, Last::End, Last::Trailers, Last::Error, Last::Panic, Last::Nothing]),
            future_polls: polls(rng),
            body_polls: polls(rng),
        }
    }

    fn request(self: &Arc<Self>) -> Request<Body> {
        let mut request = super::request();
        *request.method_mut() = self.method.parse().unwrap();
        let extensions = request.extensions_mut();
        extensions.insert(Arc::clone(self));
        if self.routed == Routed::AtTheStart {
            extensions.insert(UrlTemplate::new(ROUTE));
        }
        request
    }
}

/// What a server's layer is told of the route at the start.
pub(super) fn route(parts: &http::request::Parts) -> Option<telemetry_core::opentelemetry::StringValue> {
    parts.extensions.get::<UrlTemplate>().map(|_| ROUTE.into())
}

/// The service behind the layers: it finds its plan in the request.
pub(super) fn scripted() -> Client {
    super::service(|request| serve(&request))
}

fn serve(request: &Request<Body>) -> Answer {
    let plan = Arc::clone(request.extensions().get::<Arc<Plan>>().unwrap());
    if plan.routed == Routed::ByTheHandler
        && let Some(labels) = request.extensions().get::<RequestLabels>()
    {
        labels.set_route(ROUTE);
    }
    if plan.service == Service::PanicsInCall {
        resume_unwind(Box::new("scripted"));
    }
    let mut waits = plan.waits;
    Box::pin(async move {
        std::future::poll_fn(|_| {
            waits = waits.saturating_sub(1);
            if waits == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        match plan.service {
            Service::PanicsInCall | Service::Panics => resume_unwind(Box::new("scripted")),
            Service::Fails => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
            Service::Answers => Ok(answer(&plan)),
        }
    })
}

fn answer(plan: &Plan) -> Response<Body> {
    let mut response = Response::builder().status(plan.status);
    if plan.routed == Routed::ByTheResponse {
        response = response.extension(HttpRoute::new(ROUTE));
    }
    response.body(body(Download { frames: plan.frames, tells_end: plan.tells_end, last: plan.last })).unwrap()
}

struct Download {
    frames: usize,
    tells_end: bool,
    last: Last,
}

impl http_body::Body for Download {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.frames > 0 {
            self.frames -= 1;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"hello")))));
        }
        match std::mem::replace(&mut self.last, Last::End) {
            Last::End => Poll::Ready(None),
            Last::Trailers => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Last::Error => Poll::Ready(Some(Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()))),
            Last::Panic => resume_unwind(Box::new("scripted")),
            Last::Nothing => {
                self.last = Last::Nothing;
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.tells_end && self.frames == 0 && self.last == Last::End
    }
}

/// A request under way.
pub(super) struct Flight {
    plan: Arc<Plan>,
    polls: usize,
    state: State,
}

enum State {
    Future(<Client as tower::Service<Request<Body>>>::Future),
    Body(Pin<Box<Body>>),
    /// Has panicked or ended, and is dropped with the next step.
    Over(#[expect(dead_code, reason = "only to be dropped")] Box<dyn Send>),
}

impl Flight {
    /// Calls the service; absent if that panics.
    pub(super) fn begin(client: &Client, plan: Plan) -> Option<Self> {
        let plan = Arc::new(plan);
        let future = catch_unwind(AssertUnwindSafe(|| client.clone().call(plan.request()))).ok()?;
        Some(Self { plan, polls: 0, state: State::Future(future) })
    }

    /// One poll, or the drop. Absent after that.
    pub(super) fn step(mut self) -> Option<Self> {
        let cx = &mut Context::from_waker(Waker::noop());
        let polls = self.polls;
        self.polls += 1;
        self.state = match self.state {
            State::Future(mut future) if polls < self.plan.future_polls => {
                match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                    Ok(Poll::Pending) => State::Future(future),
                    Ok(Poll::Ready(Ok(response))) => {
                        self.polls = 0;
                        State::Body(Box::pin(response.into_body()))
                    }
                    Ok(Poll::Ready(Err(_))) | Err(_) => State::Over(Box::new(future)),
                }
            }
            State::Body(mut body) if polls < self.plan.body_polls => {
                match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(cx))) {
                    Ok(Poll::Pending | Poll::Ready(Some(Ok(_)))) => State::Body(body),
                    Ok(Poll::Ready(None | Some(Err(_)))) | Err(_) => State::Over(Box::new(body)),
                }
            }
            _ => return None,
        };
        Some(self)
    }

    /// The whole of a request.
    pub(super) fn fly(client: &Client, plan: Plan) {
        let mut flight = Self::begin(client, plan);
        while let Some(flying) = flight {
            flight = flying.step();
        }
    }
}

/// One plan for each way in which a request can end.
pub(super) fn endings() -> Vec<Plan> {
    let service = |service| Plan { service, ..PLAIN };
    let last = |last| Plan { last, ..PLAIN };
    vec![
        PLAIN,
        Plan { tells_end: true, ..PLAIN },
        Plan { frames: 0, tells_end: true, ..PLAIN },
        Plan { status: 101, ..PLAIN },
        Plan { status: 500, ..PLAIN },
        Plan { method: "HEAD", body_polls: 0, ..PLAIN },
        Plan { waits: 3, future_polls: 0, ..PLAIN },
        Plan { waits: 3, future_polls: 2, ..PLAIN },
        Plan { body_polls: 0, ..PLAIN },
        Plan { body_polls: 1, ..PLAIN },
        service(Service::PanicsInCall),
        service(Service::Panics),
        service(Service::Fails),
        last(Last::Trailers),
        last(Last::Error),
        last(Last::Panic),
    ]
}
