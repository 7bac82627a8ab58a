//! A receiver of OTLP on loopback, over HTTP and gRPC, with TLS if it is wanted.

use std::convert::Infallible;
use std::future::pending;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    pub(crate) const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    pub(crate) fn variable(self) -> &'static str {
        ["TRACES", "METRICS", "LOGS"][self as usize]
    }

    pub(crate) fn http_path(self) -> &'static str {
        ["/v1/traces", "/v1/metrics", "/v1/logs"][self as usize]
    }

    fn grpc_path(self) -> &'static str {
        [
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        ][self as usize]
    }
}

/// An export as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) compressed: bool,
    /// Whether the client has shown a certificate.
    pub(crate) known: bool,
    message: Vec<u8>,
}

/// Listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    _stop: oneshot::Sender<Infallible>,
}

#[derive(Clone)]
struct Service {
    received: Arc<Mutex<Vec<Received>>>,
    answers: bool,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::run(true, None)
    }

    /// Takes what comes, and never answers.
    pub(crate) fn silent() -> Self {
        Self::run(false, None)
    }

    pub(crate) fn tls(config: ServerConfig) -> Self {
        Self::run(true, Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn run(answers: bool, tls: Option<TlsAcceptor>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let service = Service { received: Arc::default(), answers };
        let received = Arc::clone(&service.received);
        let (stop, stopped) = oneshot::channel::<Infallible>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(TcpListener::from_std(listener).unwrap(), tls, service) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, received, _stop: stop }
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn https(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// What came of a signal, by whichever protocol.
    pub(crate) fn of(&self, signal: Signal) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|one| one.path.starts_with(signal.http_path()) || one.path == signal.grpc_path());
        received
    }

    /// The spans, an export each.
    pub(crate) fn spans(&self) -> Vec<Vec<Span>> {
        self.of(Signal::Traces).iter().map(|one| spans(&one.message)).collect()
    }

    pub(crate) fn logs(&self) -> Vec<Vec<LogRecord>> {
        self.of(Signal::Logs).iter().map(|one| logs(&one.message)).collect()
    }

    /// The metrics of that name, of all exports.
    pub(crate) fn metrics(&self, name: &str) -> Vec<Metric> {
        let mut metrics: Vec<_> = self.of(Signal::Metrics).iter().flat_map(|one| metrics(&one.message)).collect();
        metrics.retain(|metric| metric.name == name);
        metrics
    }

    /// Of the first export of spans.
    pub(crate) fn resource(&self) -> Option<Resource> {
        let message = ExportTraceServiceRequest::decode(&*self.of(Signal::Traces).first()?.message).unwrap();
        message.resource_spans.into_iter().next()?.resource
    }
}

fn spans(message: &[u8]) -> Vec<Span> {
    let message = ExportTraceServiceRequest::decode(message).unwrap();
    message.resource_spans.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans).collect()
}

fn logs(message: &[u8]) -> Vec<LogRecord> {
    let message = ExportLogsServiceRequest::decode(message).unwrap();
    message.resource_logs.into_iter().flat_map(|of| of.scope_logs).flat_map(|of| of.log_records).collect()
}

fn metrics(message: &[u8]) -> Vec<Metric> {
    let message = ExportMetricsServiceRequest::decode(message).unwrap();
    message.resource_metrics.into_iter().flat_map(|of| of.scope_metrics).flat_map(|of| of.metrics).collect()
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, service: Service) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (tls, service) = (tls.clone(), service.clone());
        tokio::spawn(async move {
            match tls {
                None => serve(stream, service, false).await,
                Some(tls) => {
                    // Whoever does not trust us hangs up.
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let known = stream.get_ref().1.peer_certificates().is_some();
                    serve(stream, service, known).await;
                }
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: Service, known: bool) {
    let service = hyper::service::service_fn(move |request| {
        let service = service.clone();
        async move { service.answer(request, known).await }
    });
    // A client that goes away in the middle is nothing to tell of.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

type Answer = Response<http_body_util::combinators::BoxBody<Bytes, Infallible>>;

impl Service {
    async fn answer(&self, request: Request<Incoming>, known: bool) -> Result<Answer, hyper::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let grpc = head.headers.get("content-type").is_some_and(|kind| kind == "application/grpc");
        let (compressed, message) = if grpc {
            (body[0] == 1, &body[5..])
        } else {
            (head.headers.get("content-encoding").is_some_and(|coding| coding == "gzip"), &body[..])
        };
        let message = if compressed { gunzip(message) } else { message.to_vec() };
        let path = head.uri.path().to_owned();
        self.received.lock().unwrap().push(Received { path, headers: head.headers, compressed, known, message });
        if !self.answers {
            pending::<()>().await;
        }
        Ok(if grpc { grpc_answer() } else { http_answer() })
    }
}

fn http_answer() -> Answer {
    let mut response = Response::new(Full::new(Bytes::new()).boxed());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/x-protobuf"));
    response
}

/// An empty message.
fn grpc_answer() -> Answer {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(body.boxed());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

fn gunzip(message: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(message).read_to_end(&mut plain).unwrap();
    plain
}
