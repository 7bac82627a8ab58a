//! Certificates, for a receiver that is spoken to by `https`.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

use super::destination::Names;
use crate::settings::Settings;

const CERTIFICATE: &str = "CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "CLIENT_KEY";

/// Certificates that were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls {
    /// Whom to trust, instead of those whom the system trusts.
    roots: Option<Arc<RootCertStore>>,
    /// Who we are.
    identity: Option<Arc<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>>,
}

/// Files in PEM. One that cannot be used is told of, and left out: without a certificate the receiver is held against
/// the system's, and without a key it has to do without knowing us.
pub(super) fn read(settings: &Settings, names: &Names) -> Tls {
    let roots = names.first(settings, CERTIFICATE, |name| {
        settings.parsed(name, "a readable file with certificates in PEM", |path| {
            let mut roots = RootCertStore::empty();
            let (added, _) = roots.add_parsable_certificates(certificates(path)?);
            (added > 0).then(|| Arc::new(roots))
        })
    });
    let chain = names.first(settings, CLIENT_CERTIFICATE, |name| {
        settings.parsed(name, "a readable file with certificates in PEM", certificates)
    });
    let key = names.first(settings, CLIENT_KEY, |name| {
        // Some will put the key itself there.
        let expected = "a readable file with a private key in PEM";
        settings.parsed_secret(name, expected, |path| PrivateKeyDer::from_pem_file(path).ok())
    });
    let identity = match (chain, key) {
        (Some(chain), Some(key)) => Some(Arc::new((chain, key))),
        (chain, key) => {
            let set = |variable| names.first(settings, variable, |name| settings.is_set(name).then_some(())).is_some();
            // A file that cannot be used has been told of.
            if (chain.is_some() || key.is_some()) && set(CLIENT_CERTIFICATE) != set(CLIENT_KEY) {
                settings.warn(
                    "there is no client certificate for OTLP: it takes both a CLIENT_CERTIFICATE and a CLIENT_KEY",
                );
            }
            None
        }
    };
    Tls { roots, identity }
}

fn certificates(path: &str) -> Option<Vec<CertificateDer<'static>>> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).ok()?.collect();
    certificates.ok().filter(|certificates| !certificates.is_empty())
}

/// Trusts nobody: what a connector has that never speaks TLS.
pub(super) fn of_nobody() -> ClientConfig {
    builder(Arc::new(RootCertStore::empty())).with_no_client_auth()
}

fn builder(roots: Arc<RootCertStore>) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let provider = Arc::new(ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS);
    #[allow(clippy::expect_used, reason = "the versions are those that the provider was made for")]
    versions.expect("the provider knows the default versions of TLS").with_root_certificates(roots)
}

impl Tls {
    /// Only for a receiver that is spoken to by `https`: the system's certificates are many files.
    pub(super) fn config(&self, settings: &Settings) -> ClientConfig {
        let builder = builder(self.roots.clone().unwrap_or_else(|| system(settings)));
        let Some(identity) = &self.identity else { return builder.with_no_client_auth() };
        let (chain, key) = (identity.0.clone(), identity.1.clone_key());
        match builder.clone().with_client_auth_cert(chain, key) {
            Ok(config) => config,
            Err(error) => {
                settings.warn(format!("the client certificate for OTLP is not used: {error}"));
                builder.with_no_client_auth()
            }
        }
    }
}

fn system(settings: &Settings) -> Arc<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        settings.warn("the system has no certificates to hold receivers of OTLP against: OTEL_EXPORTER_OTLP_CERTIFICATE names a file with some");
    }
    Arc::new(roots)
}
