//! Who signs, and configurations with what it has signed.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use telemetry_net::tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use telemetry_net::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use telemetry_net::tokio_rustls::rustls::server::WebPkiClientVerifier;
use telemetry_net::tokio_rustls::rustls::version::{TLS12, TLS13};
use telemetry_net::tokio_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion,
};

pub(crate) type Versions = &'static [&'static SupportedProtocolVersion];

pub(crate) const ONLY_1_2: Versions = &[&TLS12];
pub(crate) const ONLY_1_3: Versions = &[&TLS13];

/// The name in all certificates.
pub(crate) const NAME: &str = "shop.example";

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// How a server differs from one with which all goes well.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) versions: Versions,
    pub(crate) expired: bool,
    pub(crate) wants_certificate: bool,
    pub(crate) alpn: &'static [&'static str],
    pub(crate) provider: CryptoProvider,
}

/// How a client differs.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) versions: Versions,
    pub(crate) trusts: bool,
    pub(crate) has_certificate: bool,
    pub(crate) alpn: &'static [&'static str],
    pub(crate) provider: CryptoProvider,
}

impl Default for Server {
    fn default() -> Self {
        let provider = ring::default_provider();
        Self { versions: ALL_VERSIONS, expired: false, wants_certificate: false, alpn: &[], provider }
    }
}

impl Default for Client {
    fn default() -> Self {
        let provider = ring::default_provider();
        Self { versions: ALL_VERSIONS, trusts: true, has_certificate: false, alpn: &[], provider }
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("shop")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn sign(
        &self,
        purpose: ExtendedKeyUsagePurpose,
        expired: bool,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        if expired {
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        Arc::new(roots)
    }

    pub(crate) fn server(&self, server: Server) -> Arc<ServerConfig> {
        let provider = Arc::new(server.provider);
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(server.versions).unwrap();
        let builder = if server.wants_certificate {
            let verifier = WebPkiClientVerifier::builder_with_provider(self.roots(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let (chain, key) = self.sign(ExtendedKeyUsagePurpose::ServerAuth, server.expired);
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = protocols(server.alpn);
        Arc::new(config)
    }

    pub(crate) fn client(&self, client: Client) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::new(client.provider));
        let builder = builder.with_protocol_versions(client.versions).unwrap();
        let roots = if client.trusts { self.roots() } else { Self::named("somebody else").roots() };
        let builder = builder.with_root_certificates(roots);
        let mut config = if client.has_certificate {
            let (chain, key) = self.sign(ExtendedKeyUsagePurpose::ClientAuth, false);
            builder.with_client_auth_cert(chain, key).unwrap()
        } else {
            builder.with_no_client_auth()
        };
        config.alpn_protocols = protocols(client.alpn);
        Arc::new(config)
    }
}

fn protocols(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}
