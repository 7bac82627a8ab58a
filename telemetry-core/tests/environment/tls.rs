//! Certificates.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::batches::alone;
use crate::child;
use crate::exporters::count;
use crate::otlp::{SCOPES, name};
use crate::probe::shown;
use crate::receiver::{Receiver, Signal};
use crate::row::{Case, Outcome, Row, check_all};

/// Files that only this run of the tests knows.
struct Files {
    authority: String,
    client: String,
    client_key: String,
    server: ServerConfig,
}

fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("environment-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path.into_os_string().into_string().unwrap()
        };
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let leaf = || {
            let (params, key) =
                (CertificateParams::new(["localhost".to_owned()]).unwrap(), KeyPair::generate().unwrap());
            (params.signed_by(&key, &issuer).unwrap(), key)
        };
        let ((server, server_key), (client, client_key)) = (leaf(), leaf());
        let mut roots = RootCertStore::empty();
        roots.add(issuer.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let server_key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
        let server = builder
            .with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
            .with_single_cert(vec![server.der().clone()], server_key)
            .unwrap();
        Files {
            authority: write("authority.pem", issuer.pem()),
            client: write("client.pem", client.pem()),
            client_key: write("client.key", client_key.serialize_pem()),
            server,
        }
    })
}

pub(crate) fn rows() -> Vec<Row> {
    SCOPES.into_iter().flat_map(|scope| [certificate(scope), client_certificate(scope), client_key(scope)]).collect()
}

fn certificate(scope: Option<Signal>) -> Row {
    Row::new(name(scope, "CERTIFICATE"), "0 exports", move |case| tls(case, scope, count))
        .value(&files().authority, "1 export")
        .wrong(["/does/not/exist.pem", &files().client_key])
}

fn client_certificate(scope: Option<Signal>) -> Row {
    Row::new(name(scope, "CLIENT_CERTIFICATE"), "unknown", move |case| tls(case, scope, known))
        .with("OTEL_EXPORTER_OTLP_CERTIFICATE", &files().authority)
        .with("OTEL_EXPORTER_OTLP_CLIENT_KEY", &files().client_key)
        .missed()
        .value(&files().client, "known")
        .wrong(["/does/not/exist.pem", &files().client_key])
}

fn client_key(scope: Option<Signal>) -> Row {
    Row::new(name(scope, "CLIENT_KEY"), "unknown", move |case| tls(case, scope, known))
        .with("OTEL_EXPORTER_OTLP_CERTIFICATE", &files().authority)
        .with("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &files().client)
        .missed()
        .value(&files().client_key, "known")
        .wrong(["/does/not/exist.pem", &files().client])
}

fn known(receiver: &Receiver, signal: Signal) -> String {
    let exports = receiver.of(signal);
    if exports[0].known { "known" } else { "unknown" }.to_owned()
}

/// To a receiver with a certificate of an authority that no system knows.
fn tls(case: &Case, scope: Option<Signal>, show: impl Fn(&Receiver, Signal) -> String) -> Outcome {
    let receiver = Receiver::tls(files().server.clone());
    let case = alone(case, scope).and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.https());
    shown(&case, scope, &receiver, show)
}

/// The variables by which every program with rustls finds the system's certificates. They are not settings of ours.
pub(crate) const SYSTEM: [&str; 2] = ["SSL_CERT_DIR", "SSL_CERT_FILE"];

/// Whether a child gets something through.
fn system(case: Case) -> bool {
    let receiver = Receiver::tls(files().server.clone());
    child::run(&case.and("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.https())).unwrap();
    !receiver.received().is_empty()
}

#[test]
fn the_systems_certificates_are_where_the_system_says() {
    let (file, folder) = (&files().authority, std::path::Path::new(&files().authority).with_file_name("folder"));
    fs::create_dir_all(&folder).unwrap();
    // The name that OpenSSL looks for is a hash; any that has its shape is read.
    fs::copy(file, folder.join("0123abcd.0")).unwrap();
    assert!(!system(Case::default()));
    assert!(system(Case::of([("SSL_CERT_FILE", file)])));
    assert!(system(Case::of([("SSL_CERT_DIR", folder.to_str().unwrap())])));
}

#[test]
fn co_01_co_04_certificates() {
    check_all(&rows());
}

#[test]
fn a_key_that_is_not_the_certificates_is_told_of_and_not_used() {
    let case = Case::of([
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", &files().authority),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &files().authority),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &files().client_key),
    ]);
    let seen = tls(&case, None, known).unwrap();
    assert_eq!((seen.effect.as_str(), seen.warnings.len()), ("unknown", 1), "{:?}", seen.warnings);
}
