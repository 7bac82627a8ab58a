//! The connections of a real hyper client to a real hyper server on loopback.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Builder, Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, Snapshot, Value};
use telemetry_http::{ActiveStream, ClientConnectionLayer, ClientConnectionService, ConnectionHandle};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tower::Layer;

mod connect;
mod http1;
mod http2;
mod stream;

const OPEN: &str = "http.client.open_connections";
const DURATION: &str = "http.client.connection.duration";

const ACTIVE: (&str, &str) = ("http.connection.state", "active");
const IDLE: (&str, &str) = ("http.connection.state", "idle");
const HTTP1: (&str, &str) = ("network.protocol.version", "1.1");
const HTTP2: (&str, &str) = ("network.protocol.version", "2");

fn layer(metrics: &InMemoryMetrics) -> ClientConnectionLayer {
    ClientConnectionLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()))
}

type TestClient = Client<ClientConnectionService<HttpConnector>, Full<Bytes>>;

fn client(metrics: &InMemoryMetrics) -> TestClient {
    build(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(9), metrics)
}

fn build(builder: &Builder, metrics: &InMemoryMetrics) -> TestClient {
    builder.build(layer(metrics).layer(HttpConnector::new()))
}

/// Sends a request in the background.
fn send(client: &TestClient, uri: &Uri) -> JoinHandle<Result<Response<Incoming>, Error>> {
    tokio::spawn(client.get(uri.clone()))
}

/// What a metrics layer around the client does when the head arrives.
fn guard<B>(response: &Response<B>) -> ActiveStream {
    response.extensions().get::<ConnectionHandle>().expect("the layer put it there").stream()
}

async fn read(response: Response<Incoming>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

/// Reads the body to its end with a guard, as a metrics layer around the client does.
async fn finish(response: Response<Incoming>) {
    let guard = guard(&response);
    assert_eq!(read(response).await, "hello");
    drop(guard);
}

/// How many connections are active and how many are idle.
fn states(snapshot: &Snapshot) -> (f64, f64) {
    (snapshot.sum(OPEN, &[ACTIVE]), snapshot.sum(OPEN, &[IDLE]))
}

/// Polls until `is_there`, for ten seconds at most.
async fn until(metrics: &InMemoryMetrics, is_there: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let waiting = async {
        loop {
            let snapshot = metrics.snapshot();
            if is_there(&snapshot) {
                return snapshot;
            }
            tokio::task::yield_now().await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(10), waiting).await {
        Ok(snapshot) => snapshot,
        Err(_) => panic!("never came to it: {:#?}", metrics.snapshot()),
    }
}

/// Waits until all connections are gone; there have been so many. Every series is 0 by then.
async fn all_closed(metrics: &InMemoryMetrics, durations: u64) -> Snapshot {
    let snapshot = until(metrics, |snapshot| states(snapshot) == (0.0, 0.0)).await;
    for point in snapshot.points(OPEN) {
        assert_eq!(point.value, Value::Number(0.0), "{snapshot:#?}");
    }
    assert_eq!(snapshot.count(DURATION, &[]), durations, "{snapshot:#?}");
    snapshot
}

/// A request that waits at the server for the test to answer it.
struct Call {
    upgrade: OnUpgrade,
    answer: oneshot::Sender<Response<Full<Bytes>>>,
}

impl Call {
    fn answer(self) {
        self.answer.send(Response::new(Full::from("hello"))).expect("the server waits for it");
    }
}

/// Serves HTTP/1 and HTTP/2. Requests to `/now` are answered at once, all others by the test.
struct Server {
    address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
    accepted: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, calls) = mpsc::unbounded_channel();
        let accepted = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            // Aborts them all when the server is dropped.
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::Relaxed);
                let calls = sender.clone();
                connections.spawn(async move {
                    let server = auto::Builder::new(TokioExecutor::new());
                    let service = service_fn(move |request| respond(calls.clone(), request));
                    // Clients that leave are what some tests are about.
                    let _left = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, calls, accepted, task }
    }

    fn uri(&self) -> Uri {
        format!("http://{}/", self.address).parse().unwrap()
    }

    fn port(&self) -> String {
        self.address.port().to_string()
    }

    async fn call(&mut self) -> Call {
        let call = tokio::time::timeout(Duration::from_secs(10), self.calls.recv()).await;
        call.expect("a request comes").expect("the server runs")
    }

    fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(
    calls: mpsc::UnboundedSender<Call>,
    mut request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/now" {
        return Ok(Response::new(Full::from("hello")));
    }
    let (answer, answered) = oneshot::channel();
    let upgrade = hyper::upgrade::on(&mut request);
    assert!(calls.send(Call { upgrade, answer }).is_ok(), "the test waits for it");
    Ok(answered.await.unwrap_or_default())
}
