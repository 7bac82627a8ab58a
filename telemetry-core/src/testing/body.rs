use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body that does what a script says, one step a poll.
///
/// It ends after its last step. Whether [`Body::is_end_stream`] tells so beforehand can be chosen.
///
/// ```
/// use telemetry_core::testing::ScriptedBody;
///
/// let body = ScriptedBody::new().data("one").pending().data("two").error("broken");
/// # let _ = body;
/// ```
#[derive(Debug, Default)]
pub struct ScriptedBody {
    steps: VecDeque<Step>,
    tells_end: bool,
    size: Option<u64>,
}

#[derive(Debug)]
enum Step {
    Frame(Frame<Bytes>),
    Pending,
    Error(BoxError),
    Panic,
}

impl ScriptedBody {
    /// A body without steps, which ends when it is polled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives data.
    #[must_use]
    pub fn data(self, data: impl Into<Bytes>) -> Self {
        self.step(Step::Frame(Frame::data(data.into())))
    }

    /// Gives trailers.
    #[must_use]
    pub fn trailers(self, trailers: HeaderMap) -> Self {
        self.step(Step::Frame(Frame::trailers(trailers)))
    }

    /// Is pending once. The task is woken at once, so that a runtime polls it again.
    #[must_use]
    pub fn pending(self) -> Self {
        self.step(Step::Pending)
    }

    /// Fails.
    #[must_use]
    pub fn error(self, error: impl Into<BoxError>) -> Self {
        self.step(Step::Error(error.into()))
    }

    /// Panics.
    #[must_use]
    pub fn panic(self) -> Self {
        self.step(Step::Panic)
    }

    /// Makes [`Body::is_end_stream`] true as soon as the last step is done, as bodies of a known length do.
    #[must_use]
    pub fn telling_end(mut self) -> Self {
        self.tells_end = true;
        self
    }

    /// Makes [`Body::size_hint`] exact.
    #[must_use]
    pub fn with_exact_size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = BoxError;

    #[allow(clippy::panic)] // A test asks for it.
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        Poll::Ready(match this.steps.pop_front() {
            None => None,
            Some(Step::Frame(frame)) => {
                let passed = frame.data_ref().map_or(0, |data| data.len() as u64);
                this.size = this.size.map(|size| size.saturating_sub(passed));
                Some(Ok(frame))
            }
            Some(Step::Error(error)) => Some(Err(error)),
            Some(Step::Panic) => panic!("the scripted body panics here"),
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.tells_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.size.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
