//! The requests of a connection, with hyper on both sides.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use common::Metered;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use telemetry_core::testing::{Snapshot, Value, poll_once};
use telemetry_core::{ConnectionInfo, TlsInfo, Transport};
use telemetry_net::{ConnectionHandle, ConnectionService};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tower::{Service, ServiceExt, service_fn};

const REQUESTS: &str = "transport.server.connection.requests";
const UPGRADED: &str = "transport.server.upgraded_connections";

/// How many connections were recorded, and how many requests these had together.
fn requests(snapshot: &Snapshot) -> (u64, f64) {
    (snapshot.count(REQUESTS, &[]), snapshot.sum(REQUESTS, &[]))
}

/// Upgrades if it is asked to, and says otherwise how many requests the connection has had.
async fn app(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let handle = request.extensions().get::<ConnectionHandle>().unwrap();
    assert_eq!(request.extensions().get::<ConnectionInfo>(), Some(&handle.info()));
    let response = Response::new(Full::from(handle.requests().to_string()));
    let tunnel = request.method() == Method::CONNECT;
    if tunnel || request.headers().contains_key("upgrade") {
        tokio::spawn(async move {
            let mut stream = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "hello");
        });
        let (mut parts, _) = response.into_parts();
        if !tunnel {
            parts.status = StatusCode::SWITCHING_PROTOCOLS;
            parts.headers.insert("upgrade", "shout".parse().unwrap());
            parts.headers.insert("connection", "upgrade".parse().unwrap());
        }
        return Ok(Response::from_parts(parts, Full::default()));
    }
    Ok(response)
}

/// A connection that is served in a task of its own.
fn serve(metered: &Metered, h2: bool) -> DuplexStream {
    let (server, client) = tokio::io::duplex(64 * 1024);
    let stream = metered.layer.meter(server);
    let service = TowerToHyperService::new(stream.connection().serve(service_fn(app)));
    let io = TokioIo::new(stream);
    if h2 {
        let http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        tokio::spawn(async move { http.serve_connection(io, service).await.unwrap() });
    } else {
        let http = hyper::server::conn::http1::Builder::new();
        tokio::spawn(async move { http.serve_connection(io, service).with_upgrades().await.unwrap() });
    }
    client
}

async fn closed(metered: &Metered) -> Snapshot {
    while metered.active() > 0.0 {
        tokio::task::yield_now().await;
    }
    metered.metrics.snapshot()
}

#[tokio::test(flavor = "current_thread")]
async fn requests_of_connections_that_are_kept_alive() {
    let metered = Metered::new();
    for (connection, ask) in [0_u64, 1, 5].into_iter().enumerate() {
        let client = serve(&metered, false);
        if ask > 0 {
            let (mut sender, client) = hyper::client::conn::http1::handshake(TokioIo::new(client)).await.unwrap();
            let client = tokio::spawn(client);
            for turn in 1..=ask {
                let response = sender.send_request(Request::new(Empty::<Bytes>::new())).await.unwrap();
                assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), turn.to_string());
                assert_eq!(requests(&metered.metrics.snapshot()).0, connection as u64); // when it ends, not before
            }
            drop(sender);
            client.await.unwrap().unwrap();
        } else {
            drop(client);
        }
        assert_eq!(requests(&closed(&metered).await).0, connection as u64 + 1);
    }
    let snapshot = closed(&metered).await;
    assert_eq!(requests(&snapshot), (3, 6.0));
    let Value::Histogram { bounds, .. } = &snapshot.points(REQUESTS)[0].value else { unreachable!() };
    assert_eq!(bounds[..3], [0.0, 1.0, 2.0]);
    assert!(!snapshot.names().contains(&UPGRADED), "{:?}", snapshot.names());
}

#[tokio::test(flavor = "current_thread")]
async fn requests_of_http_2_at_once() {
    let metered = Metered::new();
    let client = TokioIo::new(serve(&metered, true));
    let (sender, client) = hyper::client::conn::http2::handshake(TokioExecutor::new(), client).await.unwrap();
    let client = tokio::spawn(client);
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let mut sender = sender.clone();
            let request = Request::get("http://shop.example/").body(Empty::<Bytes>::new()).unwrap();
            tokio::spawn(
                async move { sender.send_request(request).await.unwrap().into_body().collect().await.unwrap() },
            )
        })
        .collect();
    for asked in asked {
        asked.await.unwrap();
    }
    drop(sender);
    client.await.unwrap().unwrap();
    assert_eq!(requests(&closed(&metered).await), (1, 20.0));
}

#[tokio::test(flavor = "current_thread")]
async fn nt_35_connections_that_were_upgraded() {
    let metered = Metered::new();
    let shout = Request::get("/").header("upgrade", "shout").header("connection", "upgrade");
    let tunnel = Request::connect("shop.example:80");
    for (request, recorded) in [(shout, 1), (tunnel, 2)] {
        let (mut sender, client) =
            hyper::client::conn::http1::handshake(TokioIo::new(serve(&metered, false))).await.unwrap();
        tokio::spawn(client.with_upgrades());
        assert_eq!(metered.metrics.snapshot().sum(UPGRADED, &[]), 0.0);
        let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(metered.metrics.snapshot().sum(UPGRADED, &[]), 1.0);

        let mut upgraded = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
        upgraded.write_all(b"hello").await.unwrap();
        assert_eq!(metered.metrics.snapshot().sum(UPGRADED, &[]), 1.0);
        drop(upgraded);
        let snapshot = closed(&metered).await;
        assert_eq!(snapshot.sum(UPGRADED, &[]), 0.0);
        assert_eq!(requests(&snapshot), (recorded, recorded as f64));
    }
}

/// Answers with a status, after a turn.
async fn answer(status: StatusCode) -> Result<Response<()>, &'static str> {
    tokio::task::yield_now().await;
    if status.is_server_error() {
        return Err("no answer");
    }
    let mut response = Response::new(());
    *response.status_mut() = status;
    Ok(response)
}

#[tokio::test(flavor = "current_thread")]
async fn nt_35_only_what_changes_the_protocol_is_an_upgrade() {
    use hyper::Version;

    let rows = [
        (Method::GET, Version::HTTP_11, 101, true),
        (Method::GET, Version::HTTP_11, 200, false),
        (Method::GET, Version::HTTP_11, 500, false),
        (Method::CONNECT, Version::HTTP_11, 200, true),
        (Method::CONNECT, Version::HTTP_10, 204, true),
        (Method::CONNECT, Version::HTTP_11, 407, false),
        (Method::CONNECT, Version::HTTP_11, 500, false),
        (Method::CONNECT, Version::HTTP_2, 200, false),
        (Method::GET, Version::HTTP_2, 101, false),
        (Method::CONNECT, Version::HTTP_3, 200, false),
    ];
    for (method, version, status, upgraded) in rows {
        let row = format!("{method} {version:?} {status}");
        let metered = Metered::new();
        let stream = metered.layer.meter(tokio::io::duplex(1).0);
        let status = StatusCode::from_u16(status).unwrap();
        let service = stream.connection().serve(service_fn(move |_: Request<()>| answer(status)));
        let request = Request::builder().method(method).version(version).body(()).unwrap();
        let result = service.oneshot(request).await;
        assert_eq!(
            result.as_ref().map(Response::status),
            (status != 500).then_some(status).ok_or(&"no answer"),
            "{row}"
        );
        let shown = metered.metrics.snapshot().sum(UPGRADED, &[]);
        assert_eq!(shown, f64::from(u8::from(upgraded)), "{row}");
        drop(stream);
        assert_eq!(requests(&metered.metrics.snapshot()), (1, 1.0), "{row}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn tls_that_becomes_known_later_is_in_later_requests() {
    let metered = Metered::new();
    let stream = metered.layer.meter(tokio::io::duplex(1).0);
    let ask = |service: ConnectionService<_>| async move { service.oneshot(Request::new(())).await.unwrap() };
    let service = stream.connection().serve(service_fn(async |request: Request<()>| {
        let info = request.extensions().get::<ConnectionInfo>().cloned();
        Ok::<_, Infallible>(Response::new(info))
    }));
    let plain = ConnectionInfo::new(Transport::Pipe);
    assert_eq!(ask(service.clone()).await.into_body(), Some(plain.clone()));
    let tls = TlsInfo::new().with_version("1.3");
    stream.connection().set_tls(tls.clone());
    assert_eq!(ask(service).await.into_body(), Some(plain.with_tls(tls)));
}

/// A service that is ready the second time.
#[derive(Debug, Default)]
struct Shy(bool);

impl Service<Request<()>> for Shy {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = std::future::Pending<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::pending()
    }
}

#[test]
fn a_service_is_asked_whether_it_is_ready_and_a_request_that_is_dropped_counts() {
    let metered = Metered::new();
    let stream = metered.layer.meter(tokio::io::duplex(1).0);
    let mut service = stream.connection().serve(Shy::default());
    assert!(poll_once(pin!(service.ready())).is_pending());
    assert!(poll_once(pin!(service.ready())).is_ready());
    drop(service.call(Request::new(())));
    assert_eq!(stream.connection().requests(), 1);
    assert!(service.get_ref().0 && service.get_mut().0);
    assert_eq!(service.connection().requests(), 1);
    assert!(service.into_inner().0);
}
