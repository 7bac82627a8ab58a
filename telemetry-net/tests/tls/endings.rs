//! Handshakes that nobody waits for to the end.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use telemetry_core::ErrorType;
use telemetry_core::testing::poll_once;
use telemetry_net::{MeteredTlsAcceptor, MeteredTlsConnector};
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

use crate::certificates::{Authority, Client, Server};
use crate::rig::{ACTIVE, HANDSHAKES, Rig, in_time, name};

fn acceptors() -> [MeteredTlsAcceptor; 2] {
    let config = Authority::new().server(Server::default());
    let chosen = Arc::clone(&config);
    [MeteredTlsAcceptor::new(config), MeteredTlsAcceptor::from_fn(move |_| Some(Arc::clone(&chosen)))]
}

fn connector() -> MeteredTlsConnector {
    MeteredTlsConnector::new(Authority::new().client(Client::default()))
}

#[track_caller]
fn assert_going_on(rig: &Rig) {
    let snapshot = rig.metrics.snapshot();
    assert_eq!((snapshot.sum(ACTIVE, &[]), snapshot.sum(HANDSHAKES, &[])), (1.0, 1.0));
}

#[track_caller]
fn assert_errors(rig: &Rig, word: &str) {
    assert_eq!(rig.errors(word), [Some(word.to_owned()), Some(word.to_owned())]);
}

/// A peer that says nothing or too little for ever.
fn silent(rig: &Rig) -> (telemetry_net::MeteredStream<DuplexStream>, DuplexStream) {
    let (stream, peer) = duplex(4096);
    (rig.meter(stream), peer)
}

#[tokio::test(start_paused = true)]
async fn nt_72_a_handshake_may_take_only_so_long() {
    for acceptor in acceptors() {
        let rig = Rig::new();
        let (stream, mut peer) = silent(&rig);
        peer.write_all(&[22, 3]).await.unwrap();
        let acceptor = acceptor.with_timeout(Duration::from_secs(5));
        let mut accepting = pin!(acceptor.accept(stream));
        assert!(poll_once(accepting.as_mut()).is_pending());
        tokio::time::advance(Duration::from_millis(4900)).await;
        assert!(poll_once(accepting.as_mut()).is_pending());
        assert_going_on(&rig);
        let error = in_time(accepting.as_mut()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        // Even if somebody keeps what is left of the future.
        assert_errors(&rig, "timeout");
        assert!(poll_once(accepting).is_pending());
    }
    let rig = Rig::new();
    let (stream, _peer) = silent(&rig);
    let connecting = connector().with_timeout(Duration::from_secs(5)).connect(name(), stream);
    assert_eq!(in_time(connecting).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_errors(&rig, "timeout");
}

#[test]
fn nt_72_a_handshake_that_is_dropped_was_cancelled() {
    for polled in [false, true] {
        for acceptor in acceptors() {
            let rig = Rig::new();
            let (stream, _peer) = silent(&rig);
            let mut accepting = Box::pin(acceptor.accept(stream));
            if polled {
                assert!(poll_once(accepting.as_mut()).is_pending());
            }
            assert_going_on(&rig);
            drop(accepting);
            assert_errors(&rig, "cancelled");
        }
        let rig = Rig::new();
        let (stream, _peer) = silent(&rig);
        let mut connecting = Box::pin(connector().connect(name(), stream));
        if polled {
            assert!(poll_once(connecting.as_mut()).is_pending());
        }
        drop(connecting);
        assert_errors(&rig, "cancelled");
    }
}

#[test]
fn nt_72_whoever_cancels_a_handshake_may_say_why() {
    let rig = Rig::new();
    let (stream, _peer) = silent(&rig);
    stream.connection().set_error(ErrorType::Named("too_many"));
    let [acceptor, _] = acceptors();
    drop(acceptor.accept(stream));
    assert_eq!(rig.errors("named"), [Some("cancelled".into()), Some("too_many".into())]);
}

#[tokio::test]
async fn nt_72_a_panic_ends_handshake_and_connection() {
    let rig = Rig::new();
    let (stream, peer) = silent(&rig);
    let acceptor = MeteredTlsAcceptor::from_fn(|_| panic!("on purpose"));
    let accepting = tokio::spawn(acceptor.accept(stream));
    let client = Rig::new();
    let connecting = connector().connect(name(), client.meter(peer));
    let (accepted, connected) = in_time(async { tokio::join!(accepting, connecting) }).await;
    assert!(accepted.unwrap_err().is_panic());
    connected.unwrap_err();
    assert_errors(&rig, "panic");
    assert_errors(&client, "unexpected_eof");

    let rig = Rig::new();
    let (stream, _peer) = silent(&rig);
    let [acceptor, _] = acceptors();
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _accepting = acceptor.accept(stream);
        panic!("on purpose");
    }));
    panicked.unwrap_err();
    assert_errors(&rig, "panic");
}

/// The alert to a client that is gone already does not arrive. That is not what was wrong with it.
#[tokio::test]
async fn nt_72_the_first_error_is_the_handshakes() {
    for acceptor in acceptors() {
        let rig = Rig::new();
        let (stream, mut peer) = silent(&rig);
        peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        drop(peer);
        in_time(acceptor.accept(stream)).await.unwrap_err();
        assert_errors(&rig, "tls_not_tls");
    }
}
