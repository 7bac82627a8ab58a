//! What a client sends, and the service that answers it.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use anyhow::{Context as _, Result, bail, ensure};
use axum::extract::MatchedPath;
use bytes::{Buf, Bytes};
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};

use super::system::Sender;

/// The body of every response.
pub const RESPONSE: &[u8] = b"hello";

/// What all requests of a run are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// `GET /users/42` without a body.
    Get,
    /// `POST /users/42` with a few bytes, which the service reads.
    Upload,
}

impl Workload {
    /// All workloads.
    pub const ALL: [Self; 2] = [Self::Get, Self::Upload];

    /// The name in arguments and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Upload => "upload",
        }
    }

    /// The workload of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|workload| workload.name() == name) {
            Some(workload) => Ok(workload),
            None => bail!("there is no workload {name:?}"),
        }
    }

    /// The bytes of the request's body.
    #[must_use]
    pub fn body(self) -> &'static [u8] {
        match self {
            Self::Get => b"",
            Self::Upload => b"name=ferris",
        }
    }

    pub(super) fn request(self, path: &MatchedPath) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::from(Bytes::from_static(self.body())));
        *request.uri_mut() = Uri::from_static("/users/42");
        request.headers_mut().insert(HOST, HeaderValue::from_static("example.com"));
        request.extensions_mut().insert(path.clone());
        if self == Self::Upload {
            *request.method_mut() = Method::POST;
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("11"));
        }
        request
    }

    /// Sends one request, and reads the response to its end.
    ///
    /// # Panics
    ///
    /// As [`exchange`].
    #[inline]
    pub fn send<S, B>(self, service: &mut S, path: &MatchedPath)
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
        B: Body<Error = Infallible>,
    {
        exchange(service, self.request(path));
    }
}

/// Sends `request`, and reads the response to its end.
///
/// # Panics
///
/// When the response is another one than [`answer`] gives.
#[inline]
pub fn exchange<S, B>(service: &mut S, request: Request<Full<Bytes>>)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
    exchange_bytes(service, request, RESPONSE.len());
}

/// Sends `request`, and reads the response to its end, which is after so many bytes.
///
/// # Panics
///
/// When there are more or fewer, and when the status is not 200.
#[inline]
pub fn exchange_bytes<S, Q, B>(service: &mut S, request: Request<Q>, expected: usize)
where
    S: Service<Request<Q>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
    let Ok(response) = now(service.call(request));
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    while let Some(Ok(frame)) = now(body.frame()) {
        bytes += frame.data_ref().map_or(0, Buf::remaining);
    }
    assert_eq!(bytes, expected);
}

/// Sends clones of `request` through `service`.
pub fn sender<S, B>(request: &Request<Full<Bytes>>, mut service: S) -> Sender
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible> + Send + 'static,
    B: Body<Error = Infallible>,
{
    let request = request.clone();
    Box::new(move |requests| (0..requests).for_each(|_| exchange(&mut service, request.clone())))
}

/// The service inside of every system. It reads the request's body, if there is one, and answers at once.
///
/// # Errors
///
/// None.
pub async fn answer<B: Body<Error = Infallible>>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    read_to_end(request.into_body()).await;
    Ok(Response::new(Full::from(Bytes::from_static(RESPONSE))))
}

/// Reads `body` as hyper does, which asks no more once the end is known.
#[inline]
pub async fn read_to_end<B: Body>(body: B) {
    let mut body = pin!(body);
    while !body.is_end_stream() {
        if body.frame().await.is_none() {
            break;
        }
    }
}

/// What a future gives that is ready at once, as everything in these benches is.
///
/// # Panics
///
/// When it is pending.
#[inline]
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a future of a bench is pending"),
    }
}

/// axum's own for `/users/{id}`. Only a router can make one, so one is asked for it.
///
/// # Errors
///
/// When the router does not give it.
pub fn matched_path() -> Result<MatchedPath> {
    matched_paths([("/users/{id}", "/users/42".to_owned())])?.pop().context("the router gave no path")
}

/// axum's own for each of these templates, which the path beside it matches.
///
/// # Errors
///
/// When the router does not give them all.
pub fn matched_paths(templates: impl IntoIterator<Item = (impl AsRef<str>, String)>) -> Result<Vec<MatchedPath>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let handler = move |path: MatchedPath| {
        let sent = sender.send(path);
        async move { if sent.is_ok() { StatusCode::OK } else { StatusCode::GONE } }
    };
    let handler = axum::routing::get(handler);
    let (mut router, mut paths) = (axum::Router::new(), Vec::new());
    for (template, path) in templates {
        router = router.route(template.as_ref(), handler.clone());
        paths.push(path);
    }
    for path in &paths {
        let Ok(_) = now(router.clone().oneshot(Request::get(path).body(axum::body::Body::empty())?));
    }
    let matched: Vec<_> = receiver.try_iter().collect();
    ensure!(matched.len() == paths.len(), "the router gave {} paths of {}", matched.len(), paths.len());
    Ok(matched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_it_claims() {
        let path = matched_path().unwrap();
        for workload in Workload::ALL {
            let request = workload.request(&path);
            assert_eq!(request.extensions().get::<MatchedPath>().unwrap().as_str(), "/users/{id}");
            let announced = request.headers().get(CONTENT_LENGTH).map_or("0", |length| length.to_str().unwrap());
            assert_eq!(announced, workload.body().len().to_string());
            assert_eq!(Workload::named(workload.name()).unwrap(), workload);
        }
    }
}
