use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use hyper::rt::Write;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::super::stream::LimitedStream;

const LIMIT: Duration = Duration::from_millis(100);
/// Reached only in a test that fails.
const PATIENCE: Duration = Duration::from_secs(20);

async fn pair() -> (LimitedStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (LimitedStream::new(listener.accept().await.unwrap().0, LIMIT), client)
}

/// Writes until the client has to read first, and says how much that was.
async fn fill(stream: &mut LimitedStream) -> io::Result<usize> {
    let mut written = 0;
    poll_fn(|cx| {
        while let Poll::Ready(outcome) = Pin::new(&mut *stream).poll_write(cx, &[0; 1 << 16]) {
            written += outcome?;
        }
        Poll::Ready(Ok(written))
    })
    .await
}

async fn take(client: &mut TcpStream, mut length: usize) {
    let mut buffer = vec![0; 1 << 16];
    while length > 0 {
        client.readable().await.unwrap();
        length -= client.try_read(&mut buffer).unwrap_or(0);
    }
}

#[tokio::test]
async fn a_write_that_waits_for_too_long_fails() {
    let (mut stream, _client) = pair().await;
    let error = loop {
        let write = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, &[0; 1 << 16]));
        if let Err(error) = timeout(PATIENCE, write).await.expect("there is no limit") {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// Bytes that are taken now and then do not begin the time anew.
#[tokio::test]
async fn a_response_has_one_limit_in_all() {
    let (mut stream, mut client) = pair().await;
    let begin = Instant::now();
    let error = loop {
        assert!(begin.elapsed() < PATIENCE, "there is no limit");
        let written = match fill(&mut stream).await {
            Ok(written) => written,
            Err(error) => break error,
        };
        take(&mut client, written).await;
        // tokio lets a task that never yields neither read nor see the time.
        tokio::task::yield_now().await;
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(begin.elapsed() >= LIMIT);
}

#[tokio::test]
async fn each_response_has_the_whole_time() {
    let (mut stream, mut client) = pair().await;
    let written = fill(&mut stream).await.unwrap();
    take(&mut client, written).await;
    let flushed = Pin::new(&mut stream).poll_flush(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(flushed, Poll::Ready(Ok(()))));

    // The time itself is what is tested here: that of the first response is over.
    tokio::time::sleep(2 * LIMIT).await;
    fill(&mut stream).await.unwrap();
}
