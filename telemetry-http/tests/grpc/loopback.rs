//! Both layers around a real tonic, over loopback: its health service, whose answers follow the name that is asked for.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use http::Uri;
use telemetry_http::ClientMetricsService;
use tokio::net::TcpListener;
use tonic::body::Body as TonicBody;
use tonic::codegen::BoxStream;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status, async_trait};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::ServiceExt;
use tower::util::MapRequest;

use super::*;

const CHECK: &str = "rpc.method=grpc.health.v1.Health/Check";
const WATCH: &str = "rpc.method=grpc.health.v1.Health/Watch";
const SYSTEM: &str = "rpc.system.name=grpc";

struct Script;

#[async_trait]
impl Health for Script {
    type WatchStream = BoxStream<HealthCheckResponse>;

    async fn check(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.as_str() {
            "missing" => Err(Status::not_found("no such service")),
            "broken" => Err(Status::internal("disk on fire")),
            "late" => Err(Status::deadline_exceeded("too late")),
            "stuck" => std::future::pending().await,
            "panic" => panic!("a test asks for it"),
            _ => Ok(tonic::Response::new(HealthCheckResponse::default())),
        }
    }

    async fn watch(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<Self::WatchStream>, Status> {
        let two = [Ok(HealthCheckResponse::default()), Ok(HealthCheckResponse::default())];
        let stream: Self::WatchStream = match request.into_inner().service.as_str() {
            "breaks" => {
                Box::pin(futures_util::stream::iter(two.into_iter().chain([Err(Status::data_loss("disk on fire"))])))
            }
            "endless" => Box::pin(futures_util::stream::iter(two).chain(futures_util::stream::pending())),
            "missing" => return Err(Status::not_found("no such service")),
            _ => Box::pin(futures_util::stream::iter(two)),
        };
        Ok(tonic::Response::new(stream))
    }
}

type Client = MapRequest<Channel, fn(Request<RequestBody<TonicBody>>) -> Request<TonicBody>>;

/// A server and a client, each with its metrics.
struct Rig {
    on_server: InMemoryMetrics,
    on_client: InMemoryMetrics,
    client: ClientMetricsService<Client>,
    origin: Uri,
}

impl Rig {
    async fn new() -> Self {
        Self::with(Server::builder(), |endpoint| endpoint).await
    }

    async fn with(builder: Server, endpoint: impl FnOnce(Endpoint) -> Endpoint) -> Self {
        let (on_server, on_client) = (InMemoryMetrics::new(), InMemoryMetrics::new());
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let layer = server(&on_server).with_server_address();
        let router = builder.layer(layer).add_service(HealthServer::new(Script));
        tokio::spawn(router.serve_with_incoming(TcpIncoming::from(listener)));

        let origin: Uri = format!("http://{address}").parse().unwrap();
        let channel = endpoint(Endpoint::from(origin.clone())).connect().await.unwrap();
        let unwrapped: fn(Request<RequestBody<TonicBody>>) -> _ = |request| request.map(TonicBody::new);
        let client = client(&on_client).layer(channel.map_request(unwrapped));
        Self { on_server, on_client, client, origin }
    }

    fn health(&self) -> HealthClient<ClientMetricsService<Client>> {
        HealthClient::with_origin(self.client.clone(), self.origin.clone())
    }

    async fn check(&self, service: &str) -> Result<(), Code> {
        let answer = self.health().check(asked(service)).await;
        answer.map(|_| ()).map_err(|status| status.code())
    }

    /// How many messages came, and how the stream ended.
    async fn watch(&self, service: &str) -> (u64, Result<(), Code>) {
        let mut stream = match self.health().watch(asked(service)).await {
            Ok(response) => response.into_inner(),
            Err(status) => return (0, Err(status.code())),
        };
        let mut messages = 0;
        loop {
            match stream.message().await {
                Ok(Some(_)) => messages += 1,
                Ok(None) => return (messages, Ok(())),
                Err(status) => return (messages, Err(status.code())),
            }
        }
    }

    /// Waits until both sides have recorded so many calls, and gives their series without the address, which both have.
    async fn settled(&self, calls: u64) -> [Vec<String>; 2] {
        [settled(&self.on_server, SERVER, calls).await, settled(&self.on_client, CLIENT, calls).await]
    }
}

fn asked(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

async fn settled(metrics: &InMemoryMetrics, metric: &str, calls: u64) -> Vec<String> {
    let http = metric.replace("rpc", "http").replace("call", "request");
    let settled = async {
        loop {
            let snapshot = metrics.snapshot();
            if snapshot.count(metric, &[]) >= calls && snapshot.count(&http, &[]) >= calls {
                return snapshot;
            }
            tokio::task::yield_now().await;
        }
    };
    let snapshot = tokio::time::timeout(Duration::from_secs(10), settled).await.expect("the calls end");
    assert_eq!((snapshot.count(metric, &[]), snapshot.count(&http, &[])), (calls, calls), "{snapshot:#?}");
    let seconds = [metric, &http].map(|metric| snapshot.sum(metric, &[]));
    assert!((seconds[0] - seconds[1]).abs() < 1e-9, "the same durations: {seconds:?}");
    let active = snapshot.points("http.server.active_requests");
    assert!(active.iter().all(|point| snapshot.sum(&point.metric, &[]) == 0.0), "{snapshot:#?}");
    without_address(series(&snapshot, metric))
}

fn without_address(series: Vec<String>) -> Vec<String> {
    let address = |word: &&str| word.starts_with("server.address=127.0.0.1") || word.starts_with("server.port=");
    let without = |line: String| {
        assert_eq!(line.split(' ').filter(address).count(), 2, "{line}");
        line.split(' ').filter(|word| !address(word)).collect::<Vec<_>>().join(" ")
    };
    series.into_iter().map(without).collect()
}

/// Statuses of HTTP, which know nothing of those of gRPC: HS-47.
fn assert_http(metrics: &InMemoryMetrics, side: &str, fine: u64) {
    let snapshot = metrics.snapshot();
    let metric = format!("http.{side}.request.duration");
    assert_eq!(snapshot.count(&metric, &[("http.response.status_code", "200")]), fine, "{snapshot:#?}");
    assert!(snapshot.points(&metric).iter().all(|point| !point.attributes.contains_key("error.type")));
}

#[tokio::test]
async fn rpc_hs_47_unary_calls() {
    let rig = Rig::new().await;
    assert_eq!(rig.check("").await, Ok(()));
    assert_eq!(rig.check("").await, Ok(()));
    // Those that fail have nothing but trailers.
    assert_eq!(rig.check("missing").await, Err(Code::NotFound));
    assert_eq!(rig.check("broken").await, Err(Code::Internal));
    assert_eq!(rig.check("late").await, Err(Code::DeadlineExceeded));
    let [on_server, on_client] = rig.settled(5).await;
    assert_eq!(
        on_server,
        [
            format!("error.type=DEADLINE_EXCEEDED {CHECK} rpc.status_code=DEADLINE_EXCEEDED {SYSTEM} 1"),
            format!("error.type=INTERNAL {CHECK} rpc.status_code=INTERNAL {SYSTEM} 1"),
            format!("{CHECK} rpc.status_code=NOT_FOUND {SYSTEM} 1"),
            format!("{CHECK} rpc.status_code=OK {SYSTEM} 2"),
        ]
    );
    assert_eq!(
        on_client,
        [
            format!("error.type=DEADLINE_EXCEEDED {CHECK} rpc.status_code=DEADLINE_EXCEEDED {SYSTEM} 1"),
            format!("error.type=INTERNAL {CHECK} rpc.status_code=INTERNAL {SYSTEM} 1"),
            format!("error.type=NOT_FOUND {CHECK} rpc.status_code=NOT_FOUND {SYSTEM} 1"),
            format!("{CHECK} rpc.status_code=OK {SYSTEM} 2"),
        ]
    );
    assert_http(&rig.on_server, "server", 5);
    assert_http(&rig.on_client, "client", 5);
}

#[tokio::test]
async fn rpc_hs_47_streams_that_end_well_and_that_fail_in_the_middle() {
    let rig = Rig::new().await;
    assert_eq!(rig.watch("").await, (2, Ok(())));
    assert_eq!(rig.watch("breaks").await, (2, Err(Code::DataLoss)));
    assert_eq!(rig.watch("missing").await, (0, Err(Code::NotFound)));
    let lost = format!("error.type=DATA_LOSS {WATCH} rpc.status_code=DATA_LOSS {SYSTEM} 1");
    let missing = format!("{WATCH} rpc.status_code=NOT_FOUND {SYSTEM} 1");
    let fine = format!("{WATCH} rpc.status_code=OK {SYSTEM} 1");
    let [on_server, on_client] = rig.settled(3).await;
    assert_eq!(on_server, [lost.clone(), missing.clone(), fine.clone()]);
    assert_eq!(on_client, [lost, format!("error.type=NOT_FOUND {missing}"), fine]);
    assert_http(&rig.on_server, "server", 3);
    assert_http(&rig.on_client, "client", 3);
}

#[tokio::test]
async fn rpc_a_channel_that_adds_the_address_itself_does_so_where_no_layer_sees_it() {
    let rig = Rig::new().await;
    HealthClient::new(rig.client.clone()).check(asked("")).await.unwrap();
    let expected = format!("{CHECK} rpc.status_code=OK {SYSTEM} 1");
    assert_eq!(series(&rig.on_client.snapshot(), CLIENT), [expected]);
}

#[tokio::test]
async fn rpc_a_client_that_hangs_up_in_mid_stream() {
    let rig = Rig::new().await;
    assert_eq!(rig.watch("").await, (2, Ok(())));
    let mut stream = rig.health().watch(asked("endless")).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    drop(stream);
    let fine = format!("{WATCH} rpc.status_code=OK {SYSTEM} 1");
    let [on_server, on_client] = rig.settled(2).await;
    assert_eq!(on_server, [format!("error.type=cancelled {WATCH} {SYSTEM} 1"), fine.clone()]);
    assert_eq!(on_client, [fine, format!("{WATCH} {SYSTEM} 1")]);
}

#[tokio::test]
async fn rpc_a_client_that_hangs_up_before_the_head() {
    let rig = Rig::new().await;
    let arrived = async {
        while rig.on_server.snapshot().sum("http.server.active_requests", &[]) < 1.0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = rig.check("stuck") => unreachable!("it is stuck"),
        () = arrived => {}
    }
    let [on_server, on_client] = rig.settled(1).await;
    assert_eq!(on_server, [format!("error.type=cancelled rpc.method=_OTHER {SYSTEM} 1")], "nothing has proved it");
    assert_eq!(on_client, [format!("{CHECK} {SYSTEM} 1")]);
}

/// The service is stuck for longer.
const DEADLINE: Duration = Duration::from_millis(100);

#[tokio::test]
async fn rpc_a_deadline_that_the_server_keeps_outside_of_the_layer() {
    let rig = Rig::with(Server::builder().timeout(DEADLINE), |endpoint| endpoint).await;
    assert_eq!(rig.check("stuck").await, Err(Code::Cancelled));
    let [on_server, on_client] = rig.settled(1).await;
    assert_eq!(on_server, [format!("error.type=cancelled rpc.method=_OTHER {SYSTEM} 1")]);
    assert_eq!(on_client, [format!("error.type=CANCELLED {CHECK} rpc.status_code=CANCELLED {SYSTEM} 1")]);
}

#[tokio::test]
async fn rpc_a_deadline_that_the_client_keeps_inside_of_the_layer() {
    let rig = Rig::with(Server::builder(), |endpoint| endpoint.timeout(DEADLINE)).await;
    rig.check("stuck").await.unwrap_err();
    let on_client = settled(&rig.on_client, CLIENT, 1).await;
    assert_eq!(on_client, [format!("error.type=_OTHER {CHECK} {SYSTEM} 1")]);
}

#[tokio::test]
async fn rpc_a_handler_that_panics() {
    let rig = Rig::new().await;
    rig.check("panic").await.unwrap_err();
    let on_server = settled(&rig.on_server, SERVER, 1).await;
    assert_eq!(on_server, [format!("error.type=panic rpc.method=_OTHER {SYSTEM} 1")]);
}

#[tokio::test]
async fn rpc_methods_that_tonic_does_not_know() {
    let rig = Rig::new().await;
    for path in ["grpc.health.v1.Health/Nope", "hacker.Service/Check", "hacker.Service/Other"] {
        let request = Request::post(format!("{}{path}", rig.origin)).header("content-type", "application/grpc");
        let request = request.body(TonicBody::empty()).unwrap();
        let response = rig.client.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "12");
        response.into_body().collect().await.unwrap();
    }
    let unimplemented = "rpc.status_code=UNIMPLEMENTED rpc.system.name=grpc";
    let [on_server, on_client] = rig.settled(3).await;
    assert_eq!(on_server, [format!("error.type=UNIMPLEMENTED rpc.method=_OTHER {unimplemented} 3")]);
    let named = |method| format!("error.type=UNIMPLEMENTED rpc.method={method} {unimplemented} 1");
    let methods = ["grpc.health.v1.Health/Nope", "hacker.Service/Check", "hacker.Service/Other"];
    assert_eq!(on_client, methods.map(named));
    assert_http(&rig.on_server, "server", 3);
}

#[test]
fn rpc_ten_thousand_paths_that_tonic_does_not_know() {
    let metrics = InMemoryMetrics::new();
    let mut service = server(&metrics).layer(HealthServer::new(Script));
    for i in 0..10_000 {
        let Poll::Ready(Ok(response)) = poll_once(pin!(service.call(call(&format!("hacker.S{i}/M{i}"))))) else {
            panic!("it knows at once that there is no such method")
        };
        assert_eq!(response.headers()["grpc-status"], "12");
    }
    let other = "error.type=UNIMPLEMENTED rpc.method=_OTHER rpc.status_code=UNIMPLEMENTED rpc.system.name=grpc 10000";
    assert_eq!(series(&metrics.snapshot(), SERVER), [other]);
}
