//! A proxy for TCP: whatever a client sends goes to the upstream server, and back.
//!
//! Its clients' connections are metered by `NetworkMetricsLayer`, and those to the upstream by
//! `ClientNetworkMetricsLayer`. It is set up by the standard variables: metrics and logs go by OTLP to
//! `OTEL_EXPORTER_OTLP_ENDPOINT`, if that is set.
//!
//! ```text
//! $ cargo run -p telemetry-examples --bin tcp_proxy -- --upstream example.com:80 --max-connections 1000
//! listening on tcp://127.0.0.1:62012
//! metrics on http://127.0.0.1:63012/metrics
//!
//! $ curl --header 'Host: example.com' http://127.0.0.1:62012/
//! $ curl http://127.0.0.1:63012/metrics
//! ..
//! transport_client_connect_duration_seconds_count{..,server_address="example.com",server_port="80"} 1
//! ..
//! transport_server_connection_duration_seconds_count{..,transport_close_reason="peer"} 1
//! ..
//! transport_server_io_bytes_total{network_io_direction="transmit",..} 868
//! ..
//! ```

use std::io;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use clap::Parser;
use telemetry_core::{ErrorType, Telemetry};
use telemetry_examples::{Flags, Listeners};
use telemetry_net::{ClientNetworkMetricsLayer, MeteredStream, NetworkMetricsLayer};
use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler, TelemetryBuilderExt};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::time::timeout;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// The server that clients are connected with.
    #[arg(long, value_name = "HOST:PORT")]
    upstream: Upstream,
    /// How many clients may be connected at once. Those beyond are turned away.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    max_connections: usize,
    /// How long a client may be connected.
    #[arg(long, value_name = "SECONDS", default_value_t = u64::MAX, hide_default_value = true)]
    max_seconds: u64,
    /// For how long nothing has to move on a connection that counts as idle. It goes on all the same.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    idle_after: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();

    let exporter = PrometheusExporter::new();
    let telemetry = Telemetry::builder().with_service_name("tcp_proxy").with_prometheus(exporter.clone()).build()?;

    serve(arguments, PrometheusMetricsHandler::new(exporter))?;

    // The runtime has ended, and every connection with it: nothing is counted after this.
    telemetry.shutdown()?;
    Ok(())
}

#[tokio::main]
async fn serve(arguments: Arguments, metrics: PrometheusMetricsHandler) -> io::Result<()> {
    let Listeners { service, metrics: scrapers, mut ending } = Listeners::bind(arguments.flags, "tcp").await?;
    let idle_after = Duration::from_secs(arguments.idle_after);
    let clients = NetworkMetricsLayer::new().with_idle_after(idle_after).listen(service);
    let mut clients = clients.with_max_connections(arguments.max_connections);
    let proxy = Proxy {
        upstream: arguments.upstream,
        metrics: ClientNetworkMetricsLayer::new().with_idle_after(idle_after),
        limit: Duration::from_secs(arguments.max_seconds),
    };

    let accept = async {
        loop {
            let (client, _) = clients.accept().await;
            tokio::spawn(proxy.clone().pass(client));
        }
    };
    tokio::select! {
        () = accept => Ok(()),
        end = async { axum::serve(scrapers, Router::new().route_service("/metrics", metrics)).await } => end,
        () = ending.told() => Ok(()),
    }
}

#[derive(Clone)]
struct Proxy {
    upstream: Upstream,
    metrics: ClientNetworkMetricsLayer,
    limit: Duration,
}

impl Proxy {
    /// Carries bytes both ways until both sides have ended. A side that has nothing more to say may still listen: its end
    /// is passed on, and the other direction goes on.
    async fn pass(self, mut client: MeteredStream<TcpStream>) {
        let mut server = match self.connect().await {
            Ok(server) => server,
            // The client is dropped, and that closes its connection.
            Err(error) => return tracing::warn!("cannot connect with the upstream: {error}"),
        };
        for stream in [&client, &server] {
            // The sender has decided what to send at once.
            let _ = stream.get_ref().set_nodelay(true);
        }
        match timeout(self.limit, copy_bidirectional(&mut client, &mut server)).await {
            Ok(Ok((sent, received))) => tracing::debug!(sent, received, "done"),
            // That is recorded for the side that broke off; the other one is dropped.
            Ok(Err(error)) => tracing::debug!("broken off: {error}"),
            Err(_) => {
                client.connection().set_error(ErrorType::Timeout);
                server.connection().set_error(ErrorType::Timeout);
            }
        }
    }

    async fn connect(&self) -> io::Result<MeteredStream<TcpStream>> {
        let Upstream { host, port } = &self.upstream;
        self.metrics.connect((host.as_str(), *port), TcpStream::connect((host.as_str(), *port))).await
    }
}

#[derive(Clone, Debug)]
struct Upstream {
    host: String,
    port: u16,
}

impl FromStr for Upstream {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (host, port) = text.rsplit_once(':').context("no port")?;
        Ok(Self { host: host.trim_matches(['[', ']']).to_owned(), port: port.parse()? })
    }
}
