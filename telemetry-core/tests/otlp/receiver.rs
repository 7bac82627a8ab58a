//! A receiver of OTLP that does what it is told, on a thread of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::runtime;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::mode::Mode;
use crate::serve;

/// Longer than anything that is waited for, and short enough to see that it hangs.
pub(crate) const LONG: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Grpc,
}

impl Protocol {
    pub(crate) const BOTH: [Self; 2] = [Self::Http, Self::Grpc];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }
}

/// A request as it came, its message without compression and frame.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) compressed: bool,
    pub(crate) message: Vec<u8>,
    pub(crate) at: Instant,
}

pub(crate) struct State {
    pub(crate) protocol: Protocol,
    pub(crate) mode: watch::Sender<Mode>,
    /// Connections of another generation are cut.
    pub(crate) generation: watch::Sender<usize>,
    pub(crate) connections: AtomicUsize,
    pub(crate) open: watch::Sender<usize>,
    seen: Mutex<Vec<Seen>>,
    arrived: Condvar,
}

impl State {
    pub(crate) fn arrived(&self, seen: Seen) {
        self.seen.lock().unwrap().push(seen);
        self.arrived.notify_all();
    }
}

pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) fn new(protocol: Protocol, mode: Mode) -> Self {
        Self::with_tls(protocol, mode, None)
    }

    /// Not yet listening, if it is away: connections are refused, and nobody else gets the port.
    pub(crate) fn with_tls(protocol: Protocol, mode: Mode, tls: Option<TlsAcceptor>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let state = Arc::new(State {
            protocol,
            mode: watch::Sender::new(mode),
            generation: watch::Sender::new(0),
            connections: AtomicUsize::new(0),
            open: watch::Sender::new(0),
            seen: Mutex::default(),
            arrived: Condvar::new(),
        });
        let (stop, mut stopped) = watch::channel(false);
        let shared = Arc::clone(&state);
        let (ready, listening) = sync_channel(1);
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = serve::accept(socket, shared, tls, ready) => {}
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                }
            });
        });
        listening.recv().unwrap();
        Self { address, state, stop, thread: Some(thread) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.state.protocol
    }

    /// From the next request on; connections are cut.
    pub(crate) fn set(&self, mode: Mode) {
        self.state.mode.send_replace(mode);
        self.cut();
    }

    /// From the next request on, on the connections that there are.
    pub(crate) fn set_quietly(&self, mode: Mode) {
        self.state.mode.send_replace(mode);
    }

    /// Ends all connections, and waits for that.
    pub(crate) fn cut(&self) {
        self.state.generation.send_modify(|generation| *generation += 1);
        let begin = Instant::now();
        while *self.state.open.borrow() > 0 {
            assert!(begin.elapsed() < LONG, "connections stay");
            thread::yield_now();
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// Waits until what came is as it should be.
    pub(crate) fn wait_for(&self, enough: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let seen = self.state.seen.lock().unwrap();
        let (seen, late) = self.state.arrived.wait_timeout_while(seen, LONG, |seen| !enough(seen)).unwrap();
        assert!(!late.timed_out(), "{} requests, not those that were waited for", seen.len());
        seen.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        let _ = self.thread.take().unwrap().join();
    }
}
