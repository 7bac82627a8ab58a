//! How a receiver serves.

use std::convert::Infallible;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::mode::{self, Mode, Raw};
use crate::receiver::{Protocol, Seen, State};

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

pub(crate) async fn accept(socket: TcpSocket, state: Arc<State>, tls: Option<TlsAcceptor>, ready: SyncSender<()>) {
    if matches!(*state.mode.borrow(), Mode::Away) {
        ready.send(()).unwrap();
    }
    let _ = state.mode.subscribe().wait_for(|mode| !matches!(mode, Mode::Away)).await;
    let listener = socket.listen(1024).unwrap();
    // Nobody waits for this one who did not wait before.
    let _ = ready.try_send(());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        state.connections.fetch_add(1, Ordering::SeqCst);
        let mut generation = state.generation.subscribe();
        state.open.send_modify(|open| *open += 1);
        let (state, tls) = (Arc::clone(&state), tls.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = connection(stream, Arc::clone(&state), tls) => {}
                _ = generation.changed() => {}
            }
            state.open.send_modify(|open| *open -= 1);
        });
    }
}

async fn connection(stream: TcpStream, state: Arc<State>, tls: Option<TlsAcceptor>) {
    let mode = state.mode.borrow().clone();
    match (mode, tls) {
        (Mode::Raw(raw), _) => serve_raw(stream, raw).await,
        (_, Some(tls)) => {
            if let Ok(stream) = tls.accept(stream).await {
                speak(stream, state).await;
            }
        }
        (_, None) => speak(stream, state).await,
    }
}

async fn serve_raw(mut stream: TcpStream, raw: Raw) {
    let mut some = [0; 512];
    match raw {
        Raw::CloseAtOnce => {}
        Raw::Reset => {
            let _ = stream.read(&mut some[..16]).await;
            stream.set_zero_linger().unwrap();
        }
        Raw::Garbage => {
            let _ = stream.read(&mut some).await;
            let _ = stream.write_all(&[0xff; 64]).await;
            // Until the other side has had enough.
            while matches!(stream.read(&mut some).await, Ok(read) if read > 0) {}
        }
        Raw::NeverReads => std::future::pending().await,
        Raw::OldHttp => {
            let _ = stream.read(&mut some).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npage").await;
            while matches!(stream.read(&mut some).await, Ok(read) if read > 0) {}
        }
    }
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, state: Arc<State>) {
    let protocol = state.protocol;
    let service = service_fn(move |request| respond(request, Arc::clone(&state)));
    let stream = TokioIo::new(stream);
    let _ = match protocol {
        Protocol::Http => http1::Builder::new().serve_connection(stream, service).await,
        Protocol::Grpc => http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await,
    };
}

async fn respond(request: Request<Incoming>, state: Arc<State>) -> Result<Answer, hyper::Error> {
    let mode = state.mode.borrow().clone();
    if matches!(mode, Mode::Hasty) {
        return Ok(plain(413, HeaderMap::new(), Vec::new()));
    }
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let (compressed, message) = message(state.protocol, &head.headers, &body);
    state.arrived(Seen {
        method: head.method.to_string(),
        path: head.uri.path_and_query().unwrap().to_string(),
        headers: head.headers,
        compressed,
        message,
        at: Instant::now(),
    });
    Ok(match mode {
        Mode::Late(Some(late)) => {
            tokio::time::sleep(late).await;
            accepted(state.protocol, 0)
        }
        Mode::Late(None) => std::future::pending().await,
        Mode::Rejecting(rejected) => accepted(state.protocol, rejected),
        Mode::Answer(answer) => plain(answer.status, answer.headers, answer.body),
        Mode::Status(status) => status.into_http(),
        Mode::NoTrailers => grpc(Full::new(framed(&mode::Response::rejecting(0))).boxed_unsync()),
        Mode::Dripping => {
            let mut response = plain(200, HeaderMap::new(), Vec::new());
            *response.body_mut() = Drip(Box::pin(tokio::time::sleep(Duration::ZERO))).boxed_unsync();
            response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
            response
        }
        Mode::Away | Mode::Fine | Mode::Hasty | Mode::Raw(_) => accepted(state.protocol, 0),
    })
}

/// Whether it was compressed, and what it was before.
fn message(protocol: Protocol, headers: &HeaderMap, body: &[u8]) -> (bool, Vec<u8>) {
    let (compressed, message) = match protocol {
        Protocol::Http => (headers.get("content-encoding").is_some_and(|value| value == "gzip"), body),
        Protocol::Grpc => (body[0] == 1, &body[5..]),
    };
    let mut plain = Vec::new();
    if compressed {
        GzDecoder::new(message).read_to_end(&mut plain).unwrap();
    } else {
        plain.extend_from_slice(message);
    }
    (compressed, plain)
}

fn accepted(protocol: Protocol, rejected: i64) -> Answer {
    let response = mode::Response::rejecting(rejected);
    match protocol {
        Protocol::Http => {
            let headers = [(http::header::CONTENT_TYPE, "application/x-protobuf".parse().unwrap())];
            plain(200, headers.into_iter().collect(), response)
        }
        Protocol::Grpc => {
            let trailers: HeaderMap = [("grpc-status".parse().unwrap(), "0".parse().unwrap())].into_iter().collect();
            grpc(Full::new(framed(&response)).with_trailers(async { Some(Ok(trailers)) }).boxed_unsync())
        }
    }
}

fn grpc(body: UnsyncBoxBody<Bytes, Infallible>) -> Answer {
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat().into()
}

fn plain(status: u16, headers: HeaderMap, body: Vec<u8>) -> Answer {
    let mut response = Response::new(Full::from(body).boxed_unsync());
    *response.status_mut() = status.try_into().unwrap();
    *response.headers_mut() = headers;
    response
}

/// A byte now and then, for ever.
struct Drip(std::pin::Pin<Box<tokio::time::Sleep>>);

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::ready!(self.0.as_mut().poll(cx));
        self.0.as_mut().reset(tokio::time::Instant::now() + Duration::from_millis(20));
        std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0])))))
    }
}
