//! Requests by hand: who drives decides when a future or a body is polled, and when it is dropped.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use axum::body::Body;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt;
use telemetry_benches::request::{matched_path, now};
use tower::{BoxError, Service};

/// How long a body makes its reader wait, where that has to show.
pub const WAIT: Duration = Duration::from_millis(20);

/// What a service answers with.
pub type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Failure>> + Send>>;

/// The error of a service that gives no response.
#[derive(Debug)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// The service inside of a system, which does as a probe says. It takes whatever body a layer makes of a request's.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(Request<Body>) -> Answer + Send + Sync>);

impl Handler {
    /// A service that does this.
    pub fn new<F>(answer: impl Fn(Request<Body>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response<Body>, Failure>> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(answer(request))))
    }

    /// An empty response with this status.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self::new(move |_| async move {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            Ok(response)
        })
    }

    /// A body of these chunks, whose length nobody knows before.
    #[must_use]
    pub fn chunks(chunks: &'static [&'static [u8]]) -> Self {
        Self::new(move |_| async move { Ok(Response::new(scripted(chunks))) })
    }

    /// No response ever.
    #[must_use]
    pub fn pending() -> Self {
        Self::new(|_| std::future::pending())
    }

    /// An error whose text is the request's path.
    #[must_use]
    pub fn failing() -> Self {
        Self::new(|request| async move { Err(Failure(format!("cannot serve {}", request.uri().path()))) })
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

impl<B> Service<Request<B>> for Handler
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Failure;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        (self.0)(request.map(Body::new))
    }
}

/// A system's service, of whatever type.
pub struct Client(Box<dyn FnMut(Request<Body>) -> Answer>);

impl Client {
    /// Sends to `service`.
    pub fn new<S, B>(mut service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Failure> + 'static,
        S::Future: Send + 'static,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Box::new(move |request| {
            let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
            debug_assert!(ready.is_ready(), "a handler is always ready");
            let answer = service.call(request);
            Box::pin(async move { answer.await.map(|response| response.map(Body::new)) })
        }))
    }

    /// Calls the service. Nothing is polled.
    pub fn call(&mut self, request: Request<Body>) -> Answer {
        (self.0)(request)
    }

    /// The head of the response.
    ///
    /// # Errors
    ///
    /// When it is not there at once.
    pub fn head(&mut self, request: Request<Body>) -> Result<Response<Body>> {
        match poll(&mut self.call(request)) {
            Poll::Ready(response) => Ok(response?),
            Poll::Pending => Err(anyhow!("there is no response yet")),
        }
    }

    /// Sends a request, reads the response to its end, and gives the number of its bytes.
    ///
    /// # Errors
    ///
    /// As [`head`](Self::head), and when the body fails.
    pub fn exchange(&mut self, request: Request<Body>) -> Result<usize> {
        let mut body = self.head(request)?.into_body();
        let mut bytes = 0;
        while let Some(more) = frame(&mut body)? {
            bytes += more;
        }
        Ok(bytes)
    }

    /// The same for a service that may fail.
    pub fn attempt(&mut self, request: Request<Body>) {
        // Whether it fails is the handler's business, what is recorded is the probe's.
        let _ = self.exchange(request);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

/// Polls once.
pub fn poll(answer: &mut Answer) -> Poll<Result<Response<Body>, Failure>> {
    answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// The bytes of the next frame, if there is one.
///
/// # Errors
///
/// When the body fails.
pub fn frame(body: &mut Body) -> Result<Option<usize>> {
    let Some(frame) = now(body.frame()) else { return Ok(None) };
    Ok(Some(frame?.data_ref().map_or(0, Bytes::len)))
}

/// Reads a body of two chunks to its end, and waits between them. `halfway` is called after the wait.
///
/// # Errors
///
/// When the body has another number of chunks.
pub fn slowly<T>(mut body: Body, halfway: impl FnOnce() -> Result<T>) -> Result<T> {
    frame(&mut body)?.context("no first chunk")?;
    sleep(WAIT);
    let seen = halfway()?;
    frame(&mut body)?.context("no second chunk")?;
    ensure!(frame(&mut body)?.is_none(), "a third chunk");
    Ok(seen)
}

/// A body of these chunks, whose length nobody knows before.
pub fn scripted(chunks: &[&'static [u8]]) -> Body {
    Body::new(Scripted(chunks.iter().copied().map(Bytes::from_static).collect()))
}

struct Scripted(VecDeque<Bytes>);

impl HttpBody for Scripted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }
}

/// How many bytes a request has. A handler that calls it has read them all.
///
/// # Errors
///
/// When the body fails.
pub async fn read(request: Request<Body>) -> Result<usize, Failure> {
    let mut body = pin!(request.into_body());
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure(error.to_string()))?;
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    Ok(bytes)
}

/// `GET /users/42`, of which axum's router knows the route.
///
/// # Errors
///
/// When the router does not.
pub fn routed() -> Result<Request<Body>> {
    let mut request = unrouted("/users/42")?;
    request.extensions_mut().insert(matched_path()?);
    Ok(request)
}

/// A `GET` of a path that no router knows.
///
/// # Errors
///
/// When it is no path.
pub fn unrouted(path: &str) -> Result<Request<Body>> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse::<Uri>()?;
    request.headers_mut().insert(HOST, HeaderValue::from_static("example.com"));
    Ok(request)
}
