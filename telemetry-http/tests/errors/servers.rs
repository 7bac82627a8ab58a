//! Servers that do one thing wrong, on ports that the system chooses. They end with the runtime of their test.

use std::future::Future;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Every connection is given to `serve`.
pub(crate) async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            tokio::spawn(serve(listener.accept().await.unwrap().0));
        }
    });
    address
}

/// An address that nobody listens at, and that nobody else is given while the socket lives.
pub(crate) fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Answers each request with the bytes, then hangs up.
pub(crate) async fn answering(bytes: &'static [u8]) -> SocketAddr {
    server(move |mut stream| async move {
        request_head(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
        hang_up(stream).await;
    })
    .await
}

/// Resets the connection instead of answering.
pub(crate) async fn resetting() -> SocketAddr {
    server(|mut stream| async move {
        request_head(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await
}

/// Answers each request with the bytes, then says nothing any more.
pub(crate) async fn stalling(bytes: &'static [u8]) -> SocketAddr {
    server(move |mut stream| async move {
        request_head(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
        wait_for_end(&mut stream).await;
    })
    .await
}

/// Reads up to the empty line, or to the end.
pub(crate) async fn request_head(stream: &mut (impl AsyncRead + Unpin)) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
}

/// Reads until the client is gone.
pub(crate) async fn wait_for_end(stream: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}

/// Ends the stream in order: a socket that is closed with something unread in it resets the connection instead.
pub(crate) async fn hang_up(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let _ = stream.shutdown().await;
    wait_for_end(&mut stream).await;
}
