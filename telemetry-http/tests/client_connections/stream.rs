//! The stream itself, without a client.

use std::convert::Infallible;
use std::future::ready;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use telemetry_core::testing::poll_once;
use telemetry_http::MeteredConnection;
use tower::Service;

use super::*;

/// Keeps what is done with it, and answers with something that can be told apart.
#[derive(Debug, Default)]
struct Log {
    calls: Vec<&'static str>,
    is_vectored: bool,
    /// Where to look what the connection is while a write is on its way.
    metrics: Option<Arc<InMemoryMetrics>>,
    states: Vec<(f64, f64)>,
}

impl Log {
    fn write(&mut self, call: &'static str) {
        self.calls.push(call);
        self.states.extend(self.metrics.as_ref().map(|metrics| states(&metrics.snapshot())));
    }
}

impl Connection for Log {
    fn connected(&self) -> Connected {
        Connected::new().proxy(true).extra("from the stream")
    }
}

impl Read for Log {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        self.calls.push("read");
        buf.put_slice(b"hello");
        Poll::Ready(Ok(()))
    }
}

impl Write for Log {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.write("write");
        Poll::Ready(Ok(buf.len().min(3)))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write("write_vectored");
        Poll::Ready(Ok(bufs.len()))
    }

    fn is_write_vectored(&self) -> bool {
        self.is_vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.push("flush");
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.push("shutdown");
        Poll::Pending
    }
}

fn connect(layer: &ClientConnectionLayer, log: Log) -> MeteredConnection<Log> {
    let mut log = Some(log);
    let connector = tower::service_fn(move |_: Uri| ready(Ok::<_, Infallible>(log.take().unwrap())));
    match poll_once(pin!(layer.layer(connector).call("http://shop.example/".parse().unwrap()))) {
        Poll::Ready(Ok(stream)) => stream,
        other => panic!("it is ready at once: {other:?}"),
    }
}

fn write(stream: &mut MeteredConnection<Log>, bytes: &[u8]) {
    let written = Pin::new(stream).poll_write(&mut Context::from_waker(Waker::noop()), bytes);
    assert!(matches!(written, Poll::Ready(Ok(_))));
}

#[test]
fn hc_05_the_stream_is_invisible() {
    let metrics = InMemoryMetrics::new();
    let mut cx = Context::from_waker(Waker::noop());
    for is_vectored in [false, true] {
        let mut stream = connect(&layer(&metrics), Log { is_vectored, ..Log::default() });
        assert_eq!(stream.is_write_vectored(), is_vectored);

        let mut bytes = [0; 8];
        let mut buf = ReadBuf::new(&mut bytes);
        assert!(matches!(Pin::new(&mut stream).poll_read(&mut cx, buf.unfilled()), Poll::Ready(Ok(()))));
        assert_eq!(buf.filled(), b"hello");
        assert!(matches!(Pin::new(&mut stream).poll_write(&mut cx, b"hello"), Poll::Ready(Ok(3))));
        let bufs = [IoSlice::new(b"a"), IoSlice::new(b"b")];
        assert!(matches!(Pin::new(&mut stream).poll_write_vectored(&mut cx, &bufs), Poll::Ready(Ok(2))));
        let Poll::Ready(Err(error)) = Pin::new(&mut stream).poll_flush(&mut cx) else { panic!("an error passes") };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(Pin::new(&mut stream).poll_shutdown(&mut cx).is_pending());
        assert_eq!(stream.get_ref().calls, ["read", "write", "write_vectored", "flush", "shutdown"]);

        let connected = stream.connected();
        assert!(connected.is_proxied() && !connected.is_negotiated_h2());
        let mut extras = http::Extensions::new();
        connected.get_extras(&mut extras);
        assert_eq!(extras.get(), Some(&"from the stream"));
        assert!(extras.get::<ConnectionHandle>().is_some());

        assert!(format!("{stream:?}").contains("MeteredConnection"));
        stream.get_mut().calls.clear();
        assert!(stream.into_inner().calls.is_empty());
        assert_eq!(states(&metrics.snapshot()), (0.0, 0.0));
    }
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 2);
}

#[test]
fn hc_12_nothing_but_bytes_of_a_request_makes_a_connection_active() {
    let metrics = InMemoryMetrics::new();
    let mut stream = connect(&layer(&metrics), Log::default());
    let mut cx = Context::from_waker(Waker::noop());
    write(&mut stream, b"");
    assert!(Pin::new(&mut stream).poll_write_vectored(&mut cx, &[IoSlice::new(b"")]).is_ready());
    assert!(Pin::new(&mut stream).poll_flush(&mut cx).is_ready());
    let mut bytes = [0; 8];
    assert!(Pin::new(&mut stream).poll_read(&mut cx, ReadBuf::new(&mut bytes).unfilled()).is_ready());
    assert_eq!(states(&metrics.snapshot()), (0.0, 1.0));
    let bufs = [IoSlice::new(b""), IoSlice::new(b"GET ")];
    assert!(Pin::new(&mut stream).poll_write_vectored(&mut cx, &bufs).is_ready());
    assert_eq!(states(&metrics.snapshot()), (1.0, 0.0));
}

#[test]
fn hc_12_the_state_changes_before_the_bytes_go() {
    let metrics = Arc::new(InMemoryMetrics::new());
    let log = || Log { metrics: Some(Arc::clone(&metrics)), ..Log::default() };
    let (mut plain, mut vectored) = (connect(&layer(&metrics), log()), connect(&layer(&metrics), log()));
    write(&mut plain, b"GET ");
    let bufs = [IoSlice::new(b"GET ")];
    assert!(Pin::new(&mut vectored).poll_write_vectored(&mut Context::from_waker(Waker::noop()), &bufs).is_ready());
    assert_eq!(plain.get_ref().states, [(1.0, 1.0)]);
    assert_eq!(vectored.get_ref().states, [(2.0, 0.0)]);
}

#[test]
fn hc_12_the_preface_alone_means_http_2_and_at_the_start_alone() {
    let rows: [(&[&[u8]], _, _); 4] = [
        (&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"frames"], HTTP2, IDLE),
        (&[b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], HTTP2, IDLE),
        (&[b"PRI * HTTP/1.1\r\n"], HTTP1, ACTIVE),
        (&[b"POST / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], HTTP1, ACTIVE),
    ];
    for (writes, version, state) in rows {
        let metrics = InMemoryMetrics::new();
        let mut stream = connect(&layer(&metrics), Log::default());
        for bytes in writes {
            write(&mut stream, bytes);
        }
        assert_eq!(metrics.snapshot().sum(OPEN, &[version, state]), 1.0, "{writes:?}");
        assert_eq!(metrics.snapshot().sum(OPEN, &[]), 1.0, "{writes:?}");
        drop(stream);
        assert_eq!(metrics.snapshot().sum(OPEN, &[]), 0.0, "{writes:?}");
        assert_eq!(metrics.snapshot().count(DURATION, &[version]), 1, "{writes:?}");
    }
}

#[test]
fn a_request_on_a_connection_that_was_used_before_allocates_nothing_more() {
    let metrics = InMemoryMetrics::new();
    let mut stream = connect(&layer(&metrics), Log { calls: Vec::with_capacity(200), ..Log::default() });
    let handle = stream.handle();
    let mut request = || {
        write(&mut stream, b"GET / HTTP/1.1\r\n\r\n");
        drop(handle.clone().stream());
    };
    request();
    assert_eq!(allocation_counter::measure(|| (0..100).for_each(|_| request())).count_total, 0);
    assert_eq!(states(&metrics.snapshot()), (0.0, 1.0));
}

#[test]
fn handles_and_guards_go_between_threads() {
    fn sync<T: Send + Sync + 'static>() {}
    sync::<(ConnectionHandle, ActiveStream, MeteredConnection<Log>)>();
}
