//! Everything that is metered, once.

use std::convert::Infallible;
use std::time::Duration;

use hyper::{Request, Response, StatusCode};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_net::{ClientNetworkMetricsLayer, ConnectionHandle, MeteredListener, NetworkMetricsLayer, UdpMetrics};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{ServiceExt, service_fn};

use crate::certificates::{Authority, NAME};
use crate::{sockets, tls};

/// What meters, all on one provider.
pub(crate) struct Layers {
    pub(crate) server: NetworkMetricsLayer,
    pub(crate) client: ClientNetworkMetricsLayer,
    pub(crate) udp: UdpMetrics,
}

impl Layers {
    pub(crate) fn new(provider: &SdkMeterProvider) -> Self {
        let options = || MeterOptions::default().with_meter_provider(provider.clone());
        Self {
            // What has not moved between two collections is idle.
            server: NetworkMetricsLayer::custom(options()).with_idle_after(Duration::ZERO),
            client: ClientNetworkMetricsLayer::custom(options()).with_idle_after(Duration::ZERO),
            udp: UdpMetrics::custom(options()),
        }
    }
}

/// Does it all. In the middle of it `collect` is called, as long as connections are open. Gives the listener back that is
/// still there at the end.
pub(crate) async fn everything(layers: &Layers, collect: &mut impl FnMut()) -> MeteredListener<TcpListener> {
    let all = async {
        let listener = plain(layers, collect).await;
        tls::good_and_bad(layers, &Authority::new(), collect).await;
        sockets::listeners(layers).await;
        sockets::streams(layers).await;
        sockets::datagrams(layers).await;
        listener
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("it hangs")
}

/// A plain connection with a request and an upgrade, one that is turned away beside it, and one that cannot be made.
async fn plain(layers: &Layers, collect: &mut impl FnMut()) -> MeteredListener<TcpListener> {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let mut listener = layers.server.listen(tcp).with_max_connections(1);
    let dialled = layers.client.connect((NAME, 80), TcpStream::connect(address));
    let ((mut server, _), client) = tokio::join!(listener.accept(), dialled);
    let mut client = client.unwrap();
    talk(&mut server, &mut client).await;
    upgrade(server.connection()).await;
    collect();
    collect();

    let mut second = TcpStream::connect(address).await.unwrap();
    let room = &mut [0];
    tokio::select! {
        _ = listener.accept() => panic!("the limit lets it through"),
        read = second.read(room) => assert_eq!(read.unwrap(), 0),
    }
    drop((server, client));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    layers.client.connect((NAME, 80), TcpStream::connect(nobody)).await.unwrap_err();
    listener
}

/// Sends enough there and back that the kernel can measure it.
pub(crate) async fn talk(
    server: &mut (impl AsyncRead + AsyncWrite + Unpin),
    client: &mut (impl AsyncRead + AsyncWrite + Unpin),
) {
    const MUCH: usize = 256 * 1024;
    let echo = async {
        let mut text = vec![0; MUCH];
        server.read_exact(&mut text).await.unwrap();
        server.write_all(&text).await.unwrap();
        server.flush().await.unwrap();
    };
    let ask = async {
        client.write_all(&vec![7; MUCH]).await.unwrap();
        client.flush().await.unwrap();
        client.read_exact(&mut vec![0; MUCH]).await.unwrap();
    };
    tokio::join!(echo, ask);
}

/// A request whose answer changes the protocol.
pub(crate) async fn upgrade(connection: &ConnectionHandle) {
    let switch = service_fn(async |_: Request<()>| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        Ok::<_, Infallible>(response)
    });
    connection.serve(switch).oneshot(Request::new(())).await.unwrap();
}
