//! Clients of the server with TLS: handshakes in both versions that succeed, resume and fail.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::FutureExt;

use super::{Client, client};
use crate::stage::program::{self, CURL};

const BODY: &[u8] = &[b'x'; 3000];
/// What curl ends with if it does not trust the server.
const UNTRUSTED: i32 = 60;

pub(super) fn clients(server: SocketAddr, certificate: &str) -> Vec<Client> {
    let server = Server { address: server.to_string(), certificate: certificate.to_owned() };
    let (other, third) = (server.clone(), server.clone());
    vec![
        client("curl", Duration::from_secs(1), move || server.clone().curl().boxed()),
        client("openssl", Duration::from_secs(4), move || other.clone().again().boxed()),
        client("curl without trust", Duration::from_secs(3), move || third.clone().distrusts().boxed()),
    ]
}

#[derive(Debug, Clone)]
struct Server {
    address: String,
    certificate: String,
}

impl Server {
    /// A download and an upload, each time in another way.
    async fn curl(self) -> Result<()> {
        let newest = ["1.2", "1.3"][fastrand::usize(..2)];
        let http = ["--http1.1", "--http2"][fastrand::usize(..2)];
        let [bytes, echo] = ["bytes/5000", "echo"].map(|path| format!("https://{}/{path}", self.address));
        let args = [http, "--tls-max", newest, "--cacert", &self.certificate];
        program::succeeds("curl", &[&CURL[..], &args, &[&bytes]].concat(), &[]).await?;
        program::succeeds("curl", &[&CURL[..], &args, &["--data-binary", "@-", &echo]].concat(), BODY).await?;
        Ok(())
    }

    /// The second connection resumes the session of the first.
    async fn again(self) -> Result<()> {
        let session = format!("{}.session", self.certificate);
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let version = ["-tls1_2", "-tls1_3"][fastrand::usize(..2)];
        for keep in ["-sess_out", "-sess_in"] {
            let trust = ["-CAfile", &self.certificate, version, keep, &session];
            let args = [&["s_client", "-quiet", "-connect", &self.address], &trust[..]].concat();
            program::succeeds("openssl", &args, request.as_bytes()).await?;
        }
        Ok(())
    }

    async fn distrusts(self) -> Result<()> {
        let url = format!("https://{}/", self.address);
        let said = program::run("curl", &[&CURL[..], &[&url]].concat(), &[]).await?;
        ensure!(said.code == Some(UNTRUSTED), "curl ended with {:?}: {}", said.code, said.errors);
        Ok(())
    }
}
