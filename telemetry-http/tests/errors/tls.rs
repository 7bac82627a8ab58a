//! TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::clients::{assert_seen, distrustful, tls};
use crate::servers::{hang_up, request_head, server};
use crate::{Seen, failed, failed_after};

/// A server whose certificate, which nobody but itself has signed, is for `name`. It may want one of its client too.
async fn answering(name: &str, wants_certificate: bool, response: &'static [u8]) -> (SocketAddr, RootCertStore) {
    let own = generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = CertificateDer::from(own.cert);
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();

    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = if wants_certificate {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots.clone()), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()).into();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate], key).unwrap()));

    let address = server(move |stream| {
        let accepting = acceptor.accept(stream).into_fallible();
        async move {
            match accepting.await {
                Ok(mut stream) => {
                    request_head(&mut stream).await;
                    stream.write_all(response).await.unwrap();
                    stream.flush().await.unwrap();
                    // The end of the connection, but not that of TLS.
                    hang_up(stream.into_inner().0).await;
                }
                Err((_, stream)) => hang_up(stream).await,
            }
        }
    })
    .await;
    (address, roots)
}

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test]
async fn hs_05_a_certificate_that_is_trusted_is_no_error() {
    let (address, roots) = answering("127.0.0.1", false, HELLO).await;
    let expected = Seen { error: None, status: Some("200".to_owned()) };
    assert_seen(&format!("https://{address}/"), tls(roots), &expected).await;
}

#[tokio::test]
async fn hc_16_a_certificate_that_nobody_has_signed_is_a_tls_error() {
    let (address, _) = answering("127.0.0.1", false, HELLO).await;
    assert_seen(&format!("https://{address}/"), distrustful(), &failed("tls_error")).await;
}

#[tokio::test]
async fn hc_16_a_certificate_for_another_name_is_a_tls_error() {
    let (address, roots) = answering("shop.invalid", false, HELLO).await;
    assert_seen(&format!("https://{address}/"), tls(roots), &failed("tls_error")).await;
}

#[tokio::test]
async fn hc_16_a_server_without_tls_is_a_tls_error() {
    let address = server(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        hang_up(stream).await;
    })
    .await;
    assert_seen(&format!("https://{address}/"), distrustful(), &failed("tls_error")).await;
}

/// The alert comes when the handshake is over for the client, and then looks like any data that make no sense.
#[tokio::test]
async fn hc_16_a_client_that_has_no_certificate_is_a_tls_error() {
    let (address, roots) = answering("127.0.0.1", true, HELLO).await;
    let expected = if cfg!(feature = "rustls") { "tls_error" } else { "protocol_error" };
    assert_seen(&format!("https://{address}/"), tls(roots), &failed(expected)).await;
}

#[tokio::test]
async fn hc_16_a_handshake_that_is_cut_off_says_how() {
    let address = server(hang_up).await;
    assert_seen(&format!("https://{address}/"), distrustful(), &failed("unexpected_eof")).await;
    let address = server(|stream| async move { stream.set_zero_linger().unwrap() }).await;
    assert_seen(&format!("https://{address}/"), distrustful(), &failed("connection_reset")).await;
}

#[tokio::test]
async fn hc_16_a_body_that_is_cut_off_under_tls_is_unexpected_eof() {
    let (address, roots) = answering("127.0.0.1", false, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello").await;
    assert_seen(&format!("https://{address}/"), tls(roots), &failed_after("200", "unexpected_eof")).await;
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn hc_16_an_error_of_rustls_is_a_tls_error_without_a_client() {
    use tokio::net::TcpStream;
    use tokio_rustls::{TlsConnector, rustls};
    use tower::{ServiceExt, service_fn};

    let (address, _) = answering("127.0.0.1", false, HELLO).await;
    let connecting = || {
        service_fn(move |_: http::Request<_>| async move {
            let stream = TcpStream::connect(address).await.unwrap();
            let connector = TlsConnector::from(Arc::new(distrustful()));
            let error = connector.connect("127.0.0.1".try_into().unwrap(), stream).await.unwrap_err();
            Err::<http::Response<String>, _>(error)
        })
    };
    assert_eq!(crate::seen(connecting(), crate::get("/")).await, failed("tls_error"));
    let bare = connecting().map_err(|error| error.downcast::<rustls::Error>().unwrap());
    assert_eq!(crate::seen(bare, crate::get("/")).await, failed("tls_error"));
}
