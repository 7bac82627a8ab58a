//! Receivers that are spoken to by `https`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use telemetry_core::TelemetryBuilder;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::mode::Mode;
use crate::receiver::{Protocol, Receiver};
use crate::rig::{Rig, builder_to, counts};

/// Who signs, with its certificate.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    fn sign(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn acceptor(&self, protocol: Protocol, wants_certificate: bool) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = if wants_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let (certificate, key) = self.sign("127.0.0.1", ExtendedKeyUsagePurpose::ServerAuth);
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = vec![if protocol == Protocol::Http { b"http/1.1".to_vec() } else { b"h2".to_vec() }];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Files of one test.
fn file(test: &str, name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("otlp-{test}-{name}.pem"));
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn rig(receiver: &Receiver, configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder) -> Rig {
    let endpoint = format!("https://127.0.0.1:{}", receiver.port());
    Rig::new(configure(builder_to(&endpoint, receiver).with_otlp_timeout(Duration::from_millis(350))))
}

fn arrives(rig: &Rig) {
    rig.spans(2);
    rig.records(2);
    // A handshake may take longer than there is time, on a machine that is busy.
    rig.telemetry.shutdown().unwrap();
    assert_eq!(rig.by_error("otel.sdk.exporter.span.exported"), counts(&[("", 2)]));
    assert_eq!(rig.by_error("otel.sdk.exporter.log.exported"), counts(&[("", 2)]));
}

fn fails(rig: &Rig, errors: &[&str]) {
    for _ in 0..2 {
        rig.spans(2);
        rig.records(2);
        rig.telemetry.flush().unwrap_err();
    }
    for signal in ["span", "log"] {
        let exported = rig.by_error(&format!("otel.sdk.exporter.{signal}.exported"));
        assert_eq!(exported.values().sum::<u64>(), 4, "{exported:?}");
        assert!(exported.keys().all(|error| errors.contains(&&**error)), "{exported:?}");
    }
    assert_eq!(rig.log.lines_with("cannot be exported"), rig.log.text().lines().count());
    assert!((1..=errors.len()).contains(&rig.log.text().lines().count()), "{}", rig.log.text());
}

#[test]
fn an_authority_of_ones_own() {
    for protocol in Protocol::BOTH {
        let (authority, other) = (Authority::new(), Authority::new());
        let receiver = Receiver::with_tls(protocol, Mode::Fine, Some(authority.acceptor(protocol, false)));
        let test = format!("authority-{protocol:?}");
        let right = file(&test, "right", &authority.certificate.pem());
        let wrong = file(&test, "wrong", &other.certificate.pem());
        arrives(&rig(&receiver, |builder| {
            builder.with_setting("OTEL_EXPORTER_OTLP_CERTIFICATE", &right).with_otlp_timeout(Duration::from_secs(10))
        }));
        fails(
            &rig(&receiver, |builder| builder.with_setting("OTEL_EXPORTER_OTLP_CERTIFICATE", &wrong)),
            &["tls_error"],
        );
    }
}

#[test]
fn a_certificate_of_the_client() {
    for protocol in Protocol::BOTH {
        let authority = Authority::new();
        let receiver = Receiver::with_tls(protocol, Mode::Fine, Some(authority.acceptor(protocol, true)));
        let test = format!("client-{protocol:?}");
        let roots = file(&test, "roots", &authority.certificate.pem());
        let (certificate, key) = authority.sign("shop", ExtendedKeyUsagePurpose::ClientAuth);
        let chain = file(&test, "chain", &certificate.pem());
        let key = file(&test, "key", &key.serialize_pem());
        arrives(&rig(&receiver, |builder| {
            builder
                .with_otlp_timeout(Duration::from_secs(10))
                .with_setting("OTEL_EXPORTER_OTLP_CERTIFICATE", &roots)
                .with_setting("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &chain)
                .with_setting("OTEL_EXPORTER_OTLP_CLIENT_KEY", &key)
        }));
        // The receiver says so after the client's handshake, and is gone: what was written meanwhile may fail before that
        // is read. Over HTTP/2, hyper keeps to itself why a connection ended before a request began.
        let errors = ["tls_error", "broken_pipe", "connection_reset", "connection_aborted"];
        let errors = &errors[..if protocol == Protocol::Http { 3 } else { 4 }];
        fails(&rig(&receiver, |builder| builder.with_setting("OTEL_EXPORTER_OTLP_CERTIFICATE", &roots)), errors);
    }
}

#[test]
fn a_receiver_that_speaks_no_tls() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Raw(crate::mode::Raw::OldHttp));
        let roots = file(&format!("plain-{protocol:?}"), "roots", &Authority::new().certificate.pem());
        fails(
            &rig(&receiver, |builder| builder.with_setting("OTEL_EXPORTER_OTLP_CERTIFICATE", &roots)),
            &["tls_error"],
        );
    }
}
