use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use telemetry_core::Address;
use telemetry_core::testing::{ScriptedStream, Snapshot};
use telemetry_net::{Listener, MeteredListener};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::common::{ACTIVE, DURATION, Metered};
use crate::script::{Script, Step, block_on, poll_and_see};
use crate::{ERRORS, REJECTED};

/// Rejected, open, ended.
fn counts(snapshot: &Snapshot) -> (f64, f64, u64) {
    (snapshot.sum(REJECTED, &[]), snapshot.sum(ACTIVE, &[]), snapshot.count(DURATION, &[]))
}

async fn tcp(metered: &Metered) -> (MeteredListener<TcpListener>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (metered.layer.listen(listener), address)
}

#[tokio::test(flavor = "current_thread")]
async fn nt_32_what_is_beyond_the_limit_is_closed_and_counted() {
    let metered = Metered::new();
    let (listener, address) = tcp(&metered).await;
    let mut listener = listener.with_max_connections(2);
    let mut clients = Vec::new();
    let mut open = Vec::new();
    for _ in 0..2 {
        let (accepted, client) = tokio::join!(listener.accept(), TcpStream::connect(address));
        open.push(accepted.0);
        clients.push(client.unwrap());
    }
    let mut third = TcpStream::connect(address).await.unwrap();
    let accept = async {
        let (stream, peer) = listener.accept().await;
        (stream, peer)
    };
    let see_the_end = async {
        assert_eq!(third.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(counts(&metered.metrics.snapshot()), (1.0, 2.0, 0));
        drop(open.pop());
        let fourth = TcpStream::connect(address).await.unwrap();
        assert_eq!(counts(&metered.metrics.snapshot()).2, 1);
        fourth
    };
    let both = async { tokio::join!(accept, see_the_end) };
    let ((fourth, peer), client) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(counts(&metered.metrics.snapshot()), (1.0, 2.0, 1));
    drop((fourth, open));
    assert_eq!(counts(&metered.metrics.snapshot()), (1.0, 0.0, 3));
    assert!(!metered.metrics.snapshot().names().contains(&ERRORS));
}

#[test]
fn nt_32_a_place_is_free_when_its_connection_has_ended() {
    let metered = Metered::new();
    let mut listener = metered.layer.listen(Script::new([Step::Accept])).with_max_connections(1);
    let first = block_on(listener.accept()).0;
    // An endless run of rejections lets others have their turn.
    let (poll, again) = poll_and_see(listener.accept());
    assert!(poll.is_pending() && again);
    let (poll, again) = poll_and_see(listener.try_accept());
    assert!(poll.is_pending() && again);
    assert_eq!(counts(&metered.metrics.snapshot()), (64.0, 1.0, 0));

    let plain = first.into_inner();
    let second = block_on(listener.accept()).0;
    assert!(poll_and_see(listener.accept()).0.is_pending());
    drop(second);
    let third = block_on(listener.try_accept()).unwrap().0;
    assert_eq!(counts(&metered.metrics.snapshot()), (96.0, 1.0, 2));
    drop((plain, third));
}

type Close = Box<dyn FnOnce()>;

/// A listener whose streams do something when they are closed; the last one is accepted first.
struct Closing(Vec<Close>);

struct OnClose(Option<Close>);

impl Drop for OnClose {
    fn drop(&mut self) {
        if let Some(close) = self.0.take() {
            close();
        }
    }
}

impl Listener for Closing {
    type Io = OnClose;
    type Address = ();

    fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<(OnClose, ())>> {
        self.0.pop().map_or(Poll::Pending, |close| Poll::Ready(Ok((OnClose(Some(close)), ()))))
    }

    fn local_address(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn known_address((): &()) -> Option<Address> {
        None
    }
}

#[test]
fn nt_32_who_sees_the_end_of_a_connection_may_have_its_place() {
    let metered = Metered::new();
    let listener: Rc<RefCell<Option<MeteredListener<Closing>>>> = Rc::default();
    let accept = |listener: &RefCell<Option<MeteredListener<Closing>>>| {
        poll_and_see(listener.borrow_mut().as_mut().unwrap().accept()).0
    };
    let (at_close, next) = (Rc::clone(&listener), Rc::new(Cell::new(None)));
    let seen = Rc::clone(&next);
    let closes: [Close; 2] = [Box::new(|| ()), Box::new(move || seen.set(Some(accept(&at_close).is_ready())))];
    *listener.borrow_mut() = Some(metered.layer.listen(Closing(closes.into())).with_max_connections(1));
    let first = accept(&listener);
    assert!(first.is_ready());
    drop(first);
    assert_eq!(next.get(), Some(true));
    assert_eq!(counts(&metered.metrics.snapshot()), (0.0, 0.0, 2));
    listener.take();
}

#[test]
fn nt_32_each_listener_has_a_limit_of_its_own() {
    let metered = Metered::new();
    let mut one = metered.layer.listen(Script::new([Step::Accept])).with_max_connections(1);
    let mut two = metered.layer.listen(Script::new([Step::Accept])).with_max_connections(0);
    let mut free = metered.layer.listen(Script::new([Step::Accept]));
    let streams: Vec<_> = (0..3).map(|_| block_on(free.accept())).collect();
    assert!(poll_and_see(two.accept()).0.is_pending());
    let stream = block_on(one.accept());
    assert_eq!(counts(&metered.metrics.snapshot()), (32.0, 4.0, 0));
    drop((streams, stream));
}

#[tokio::test(flavor = "current_thread")]
async fn nt_75_a_limit_of_the_callers_own() {
    let metered = Metered::new();
    metered.layer.reject(ScriptedStream::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (accepted, client) = tokio::join!(listener.accept(), TcpStream::connect(listener.local_addr().unwrap()));
    metered.layer.reject(accepted.unwrap().0);
    assert_eq!(client.unwrap().read(&mut [0]).await.unwrap(), 0);

    let snapshot = metered.metrics.snapshot();
    assert_eq!(snapshot.names(), [REJECTED]);
    assert_eq!(snapshot.sum(REJECTED, &[]), 2.0);
    assert_eq!(snapshot.sum(REJECTED, &[("network.transport", "tcp"), ("network.type", "ipv4")]), 1.0);
}
