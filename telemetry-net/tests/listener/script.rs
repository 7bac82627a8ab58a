//! A listener that does as it is told.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use telemetry_core::Address;
use telemetry_core::testing::ScriptedStream;
use telemetry_net::Listener;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) enum Step {
    Accept,
    Fail(i32),
    Wait,
}

/// Follows its steps, and then the last one again and again.
#[derive(Debug)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    address: SocketAddr,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::at("192.0.2.1:80", steps)
    }

    pub(crate) fn at(address: &str, steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), address: address.parse().unwrap() }
    }
}

pub(crate) const PEER: ([u8; 4], u16) = ([192, 0, 2, 7], 50712);

/// A stream that knows how often it was asked for its address.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) asked: AtomicUsize,
    _stream: ScriptedStream,
}

impl Listener for Script {
    type Io = Accepted;
    type Address = SocketAddr;

    fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<(Accepted, SocketAddr)>> {
        let step = if self.steps.len() > 1 { self.steps.pop_front() } else { None };
        match step.as_ref().or(self.steps.front()).unwrap_or(&Step::Wait) {
            Step::Accept => {
                let stream = Accepted { asked: AtomicUsize::new(0), _stream: ScriptedStream::new() };
                Poll::Ready(Ok((stream, PEER.into())))
            }
            Step::Fail(number) => Poll::Ready(Err(io::Error::from_raw_os_error(*number))),
            Step::Wait => Poll::Pending,
        }
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    fn known_address(address: &SocketAddr) -> Option<Address> {
        Some(Address::from(*address))
    }

    fn stream_address(stream: &Accepted) -> Option<Address> {
        stream.asked.fetch_add(1, Ordering::Relaxed);
        Some(Address::from(SocketAddr::from(([192, 0, 2, 2], 80))))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls a future once, and says whether it wants to be polled again at once.
pub(crate) fn poll_and_see<F: Future>(future: F) -> (Poll<F::Output>, bool) {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let poll = pin!(future).poll(&mut Context::from_waker(&waker));
    (poll, woken.0.load(Ordering::Relaxed) > 0)
}

/// Waits for a future without any runtime.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    let start = Instant::now();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => {
                assert!(start.elapsed() < LONG, "it takes too long");
                std::thread::park_timeout(LONG);
            }
        }
    }
}

/// Looks until something has come true.
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "it takes too long");
        std::thread::yield_now();
    }
}
