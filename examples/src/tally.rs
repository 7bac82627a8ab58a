//! What a service counts by itself, for whoever doubts its metrics: plain numbers, and nothing of OpenTelemetry.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use hyper::header::CONTENT_LENGTH;
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;

/// Counts connections and requests, and the bytes of both bodies as they pass.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Numbers>);

#[derive(Debug, Default)]
struct Numbers {
    connections: AtomicU64,
    begun: AtomicU64,
    /// By [`Ending`].
    ended: [AtomicU64; 4],
    received: AtomicU64,
    sent: AtomicU64,
}

/// How a request ends if all that is left of it is dropped now.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Unanswered,
    CutOff,
    Failed,
    Answered,
}

/// The numbers at one moment. When nothing is under way, the four endings add up to the requests that have begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Connections that were accepted.
    pub connections: u64,
    /// Requests that came.
    pub begun: u64,
    /// Those that ended before the head of a response was there.
    pub unanswered: u64,
    /// Those whose response body was dropped before its end.
    pub cut_off: u64,
    /// Those whose response body failed.
    pub failed: u64,
    /// Those whose response was given out to its end.
    pub answered: u64,
    /// Bytes of the requests' bodies.
    pub received: u64,
    /// Bytes of the responses' bodies.
    pub sent: u64,
}

impl Tally {
    /// Counts a connection.
    pub fn connection(&self) {
        add(&self.0.connections, 1);
    }

    /// Counts a request that `service` answers. It has ended when the response body, or else the future, has been
    /// dropped with all that is inside.
    ///
    /// # Errors
    ///
    /// Those of the service.
    pub async fn request<A, B, F, E>(
        self,
        request: Request<A>,
        service: impl FnOnce(Request<Upload<A>>) -> F,
    ) -> Result<Response<Download<B>>, E>
    where
        F: Future<Output = Result<Response<B>, E>>,
        B: Body,
    {
        let mut open = Open::new(self.clone());
        let is_head = request.method() == Method::HEAD;
        let response = service(request.map(|inner| Upload { inner, tally: self })).await?;
        let left = if response.body().is_end_stream() { Some(0) } else { announced(&response, is_head) };
        open.ending = Ending::CutOff;
        open.passed(left);
        Ok(response.map(|inner| Download { inner, left, open }))
    }

    /// The numbers of now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let of = |number: &AtomicU64| number.load(Ordering::SeqCst);
        let [unanswered, cut_off, failed, answered] = self.0.ended.each_ref().map(of);
        let (received, sent) = (of(&self.0.received), of(&self.0.sent));
        // Last: what has ended must have begun.
        let (connections, begun) = (of(&self.0.connections), of(&self.0.begun));
        Counts { connections, begun, unanswered, cut_off, failed, answered, received, sent }
    }
}

fn add(number: &AtomicU64, value: u64) {
    number.fetch_add(value, Ordering::SeqCst);
}

/// How many bytes the client waits for, if that is known: a server may drop the body after them.
fn announced<B: Body>(response: &Response<B>, is_head: bool) -> Option<u64> {
    if is_head || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Some(0);
    }
    let header = || response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(header)
}

/// A request on its way.
#[derive(Debug)]
struct Open {
    tally: Tally,
    ending: Ending,
}

impl Open {
    fn new(tally: Tally) -> Self {
        add(&tally.0.begun, 1);
        Self { tally, ending: Ending::Unanswered }
    }

    /// The client has not got all of it as long as something is left.
    fn passed(&mut self, left: Option<u64>) {
        if left == Some(0) {
            self.ending = Ending::Answered;
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        add(&self.tally.0.ended[self.ending as usize], 1);
    }
}

/// A request's body, with its bytes counted.
#[derive(Debug)]
pub struct Upload<B> {
    inner: B,
    tally: Tally,
}

/// A response's body, with its bytes counted and its end watched.
#[derive(Debug)]
pub struct Download<B> {
    inner: B,
    left: Option<u64>,
    // Behind `inner`: a request that is counted as ended has been dropped by everything inside.
    open: Open,
}

impl<B: Body + Unpin> Body for Upload<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            add(&self.tally.0.received, length(frame));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Body + Unpin> Body for Download<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            None => self.open.ending = Ending::Answered,
            Some(Err(_)) => self.open.ending = Ending::Failed,
            Some(Ok(frame)) => {
                let bytes = length(frame);
                add(&self.open.tally.0.sent, bytes);
                let is_last = frame.is_trailers() || self.inner.is_end_stream();
                self.left = if is_last { Some(0) } else { self.left.map(|left| left.saturating_sub(bytes)) };
                let left = self.left;
                self.open.passed(left);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn length<D: Buf>(frame: &Frame<D>) -> u64 {
    frame.data_ref().map_or(0, |data| data.remaining() as u64)
}
