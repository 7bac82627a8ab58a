//! The server does not answer, or not to the end.

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::{TcpSocket, TcpStream};
use tower::timeout::Timeout;
use tower::timeout::error::Elapsed;
use tower::{Service, ServiceExt, service_fn};

use crate::clients::{distrustful, http1, hyper_util};
use crate::servers::stalling;
use crate::{BoxError, SOON, failed, get, seen};

#[tokio::test]
async fn hc_16_the_timeout_of_tower_is_a_timeout() {
    let uri = format!("http://{}/", stalling(b"").await);
    let client = Timeout::new(hyper_util(&http1(), distrustful()), SOON);
    assert_eq!(seen(client.clone(), get(&uri)).await, failed("timeout"));
    let bare = client.map_err(|error| *error.downcast::<Elapsed>().unwrap());
    assert_eq!(seen(bare, get(&uri)).await, failed("timeout"));
}

#[tokio::test]
async fn hc_16_the_timeout_of_tokio_is_a_timeout() {
    let uri = format!("http://{}/", stalling(b"").await);
    let client = || {
        let mut client = hyper_util(&http1(), distrustful());
        service_fn(move |request| {
            let response = tokio::time::timeout(SOON, client.call(request));
            async { response.await.map(Result::unwrap) }
        })
    };
    assert_eq!(seen(client(), get(&uri)).await, failed("timeout"));
    assert_eq!(seen(client().map_err(BoxError::from), get(&uri)).await, failed("timeout"));
}

#[tokio::test]
async fn hc_16_a_timeout_while_connecting_is_a_timeout() {
    // A queue for one connection, which is taken.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let _taken = TcpStream::connect(address).await.unwrap();

    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(SOON));
    let client = Client::builder(TokioExecutor::new()).build(connector);
    assert_eq!(seen(client, get(&format!("http://{address}/"))).await, failed("timeout"));
}

#[cfg(feature = "reqwest")]
mod of_reqwest {
    use std::time::Duration;

    use reqwest::{Client, ClientBuilder};

    use super::{BoxError, SOON, ServiceExt, distrustful, failed, get, seen, stalling};
    use crate::clients::reqwest::{build, service};
    use crate::servers::{server, wait_for_end};
    use crate::{Seen, failed_after};

    async fn assert_seen(uri: &str, builder: ClientBuilder, expected: &Seen) {
        let client = build(builder, distrustful());
        assert_eq!(seen(service(client.clone()), get(uri)).await, *expected);
        assert_eq!(seen(service(client).map_err(BoxError::from), get(uri)).await, *expected);
    }

    #[tokio::test]
    async fn hc_16_the_timeout_of_reqwest_is_a_timeout() {
        let uri = format!("http://{}/", stalling(b"").await);
        assert_seen(&uri, Client::builder().timeout(SOON), &failed("timeout")).await;
    }

    #[tokio::test]
    async fn hc_16_a_handshake_that_takes_too_long_is_a_timeout() {
        let address = server(|mut stream| async move { wait_for_end(&mut stream).await }).await;
        let builder = Client::builder().connect_timeout(SOON);
        assert_seen(&format!("https://{address}/"), builder, &failed("timeout")).await;
    }

    #[tokio::test]
    async fn hc_16_a_body_that_stalls_is_a_timeout() {
        let uri = format!("http://{}/", stalling(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await);
        // Long enough for the head to come.
        let client = build(Client::builder().read_timeout(Duration::from_millis(200)), distrustful());
        assert_eq!(seen(service(client), get(&uri)).await, failed_after("200", "timeout"));
    }
}
