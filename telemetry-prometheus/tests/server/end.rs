//! How a server ends.

use std::net::SocketAddr;

use telemetry_prometheus::MetricsServer;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::time::timeout;

use crate::client::{Client, PATIENCE, get};
use crate::{METRICS, exporter, hold_scrapes, served};

/// Waits until no task of this runtime is left. The test itself is none.
async fn all_tasks_gone() {
    let wait = async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wait).await.expect("tasks are left");
}

async fn shutdown(server: MetricsServer) {
    timeout(PATIENCE, server.shutdown()).await.expect("the shutdown ends");
}

/// A server on an IP address that no other test has. A port number alone is not enough: when it is free again, another
/// test can get it.
async fn served_alone(number: u8) -> (MetricsServer, SdkMeterProvider) {
    // Other systems have only one such address, and a small chance to fail.
    let last = if cfg!(target_os = "linux") { number } else { 1 };
    let (exporter, provider) = exporter();
    (exporter.serve(([127, 0, 0, last], 0)).await.unwrap(), provider)
}

async fn is_refused(address: SocketAddr) -> bool {
    Client::connect(address).await.is_err()
}

#[tokio::test]
async fn px158_shutdown_lets_a_scrape_end() {
    let (server, provider) = served_alone(11).await;
    let address = server.local_addr();
    let (mut entered, release) = hold_scrapes(&provider);
    let mut scraper = Client::connect(address).await.unwrap();
    let mut idle = Client::connect(address).await.unwrap();
    assert_eq!(idle.get("/").await.status, 200);
    scraper.request("GET", "/metrics").await;
    entered.recv().await.unwrap();

    let ending = tokio::spawn(server.shutdown());
    // This one is closed before anything else happens: the server has begun to end.
    idle.closed().await;
    assert!(is_refused(address).await);
    assert!(!ending.is_finished());

    release.send(()).unwrap();
    let reply = scraper.reply().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(reply.body, METRICS);
    scraper.closed().await;
    timeout(PATIENCE, ending).await.expect("the shutdown ends").unwrap();
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test]
async fn shutdown_closes_what_is_idle_and_frees_the_port() {
    let (server, _provider) = served_alone(12).await;
    let address = server.local_addr();
    let mut silent = Client::connect(address).await.unwrap();
    let mut used = Client::connect(address).await.unwrap();
    assert_eq!(used.get("/metrics").await.body, METRICS);
    let mut hesitant = Client::connect(address).await.unwrap();
    assert_eq!(hesitant.get("/").await.status, 200);
    hesitant.send("GET /metr").await;

    shutdown(server).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
    TcpListener::bind(address).await.unwrap();
    for client in [&mut silent, &mut used, &mut hesitant] {
        client.closed().await;
    }
}

#[tokio::test]
async fn drop_stops_at_once() {
    let (server, provider) = served_alone(13).await;
    let address = server.local_addr();
    let (mut entered, _release) = hold_scrapes(&provider);
    let mut idle = Client::connect(address).await.unwrap();
    assert_eq!(idle.get("/").await.status, 200);
    let mut scraper = Client::connect(address).await.unwrap();
    scraper.request("GET", "/metrics").await;
    entered.recv().await.unwrap();

    drop(server);
    idle.closed().await;
    scraper.closed().await;
    all_tasks_gone().await;
    assert!(is_refused(address).await);
}

/// Whoever has no time for the drain gets what `drop` does.
#[tokio::test]
async fn a_shutdown_that_is_given_up_stops_at_once() {
    let (server, provider) = served().await;
    let address = server.local_addr();
    let (mut entered, _release) = hold_scrapes(&provider);
    let mut idle = Client::connect(address).await.unwrap();
    assert_eq!(idle.get("/").await.status, 200);
    let mut scraper = Client::connect(address).await.unwrap();
    scraper.request("GET", "/metrics").await;
    entered.recv().await.unwrap();

    let ending = tokio::spawn(server.shutdown());
    idle.closed().await;
    ending.abort();
    scraper.closed().await;
    all_tasks_gone().await;
}

/// A client that gives up takes its connection along.
#[tokio::test]
async fn a_client_that_leaves_does_not_hold_the_shutdown_up() {
    let (server, provider) = served().await;
    let (mut entered, _release) = hold_scrapes(&provider);
    let mut scraper = Client::connect(server.local_addr()).await.unwrap();
    scraper.request("GET", "/metrics").await;
    entered.recv().await.unwrap();
    drop(scraper);
    shutdown(server).await;
}

#[test]
fn it_runs_on_both_kinds_of_runtime() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let (server, _provider) = served().await;
            assert_eq!(get(server.local_addr(), "/metrics").await.body, METRICS);
            shutdown(server).await;
            // Other threads count a task a moment after it has ended.
            all_tasks_gone().await;
            served().await.0
        });
        // A runtime may end before the server does.
        drop(runtime);
        let runtime = builder.build().unwrap();
        runtime.block_on(shutdown(server));
    }
}
