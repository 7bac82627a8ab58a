use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::super::listen::Listeners;

fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn an_address_that_the_machine_does_not_have_is_left_out() {
    // 192.0.2.0/24 is for documentation, and no machine has it.
    let missing = "192.0.2.1:0";
    let listeners = Listeners::bind(&addresses(&[missing, "127.0.0.1:0"])).await.unwrap();
    assert_eq!(listeners.local_addr().ip().to_string(), "127.0.0.1");

    let error = Listeners::bind(&addresses(&[missing])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    assert!(error.to_string().starts_with("cannot listen on 192.0.2.1:0: "), "{error}");
    Listeners::bind(&[]).await.unwrap_err();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn listeners_share_a_port_and_take_turns() {
    let mut listeners = Listeners::bind(&addresses(&["127.0.0.1:0", "127.0.0.2:0"])).await.unwrap();
    let first = listeners.local_addr();
    let second = SocketAddr::from(([127, 0, 0, 2], first.port()));
    let mut clients = Vec::new();
    for address in [first, first, second, second] {
        clients.push(TcpStream::connect(address).await.unwrap());
    }
    let mut accepted = Vec::new();
    for _ in 0..clients.len() {
        let stream = poll_fn(|cx| listeners.poll_accept(cx)).await.unwrap();
        accepted.push(stream.local_addr().unwrap());
    }
    assert_eq!(accepted, [first, second, first, second]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_port_that_is_in_use_on_one_address_is_an_error() {
    let other = Listeners::bind(&addresses(&["127.0.0.2:0"])).await.unwrap();
    let both = [SocketAddr::from(([127, 0, 0, 1], other.local_addr().port())), other.local_addr()];
    let error = Listeners::bind(&both).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&other.local_addr().to_string()), "{error}");
}
