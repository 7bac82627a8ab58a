//! Clients whose handshakes succeed.

use anyhow::{Context, Result, ensure};

use super::tls::Server;
use crate::stage::program::{self, CURL};
use crate::stage::wire::Wire;

const BODIES: [&str; 4] = ["/bytes/0", "/bytes/1", "/bytes/100000", "/bytes/5000000"];
const UPLOAD: usize = 300_000;

/// What curl says of its connections.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) connections: u64,
    pub(super) requests: u64,
    /// Bytes inside of TLS.
    pub(super) sent: u64,
    pub(super) received: u64,
}

/// As many in TLS 1.2 as in TLS 1.3, through a relay that counts the bytes on the wire. In HTTP/1.1, of which curl knows
/// every byte.
pub(super) async fn with_curl(wire: &Wire, server: &Server) -> Result<Seen> {
    let relay = wire.relay().await?;
    let mut seen = Seen::default();
    for newest in ["1.2", "1.3"] {
        for path in BODIES {
            let url = format!("https://{}{path}", relay.address);
            seen.curl(&server.certificate, &["--tls-max", newest, &url], &[]).await?;
        }
        let url = format!("https://{}/echo", relay.address);
        let args = ["--tls-max", newest, "--header", "Expect:", "--data-binary", "@-", &url];
        seen.curl(&server.certificate, &args, &vec![b'x'; UPLOAD]).await?;
        // Two requests on one connection.
        let url = format!("https://{}/bytes/[7-8]", relay.address);
        seen.curl(&server.certificate, &["--tls-max", newest, &url], &[]).await?;
    }
    relay.close().await?;
    ensure!(wire.connections() == seen.connections, "curl has made {} connections", wire.connections());
    Ok(seen)
}

impl Seen {
    async fn curl(&mut self, certificate: &str, args: &[&str], input: &[u8]) -> Result<()> {
        let all = [&["--http1.1", "--cacert", certificate], args].concat();
        let said = curl(&all, input).await?;
        self.connections += 1;
        for line in said.lines() {
            let numbers: Vec<u64> =
                line.split(' ').map(str::parse).collect::<Result<_, _>>().context(line.to_owned())?;
            let [request, upload, header, download, status] = numbers[..] else { anyhow::bail!("odd line {line}") };
            ensure!(status == 200, "status {status}");
            self.requests += 1;
            self.sent += request + upload;
            self.received += header + download;
        }
        Ok(())
    }
}

const NUMBERS: &str = "%{size_request} %{size_upload} %{size_header} %{size_download} %{http_code}\n";

/// Runs curl, which has to succeed. `[1-2]` in the address makes it two requests.
pub(super) async fn curl(args: &[&str], input: &[u8]) -> Result<String> {
    Ok(program::succeeds("curl", &[&CURL[..], &["--write-out", NUMBERS], args].concat(), input).await?.text())
}

/// Two connections in each version by `openssl`, the second of which resumes the first one's session, and one of curl in
/// HTTP/2. Returns how many handshakes that made, by version and whether they resumed.
pub(super) async fn again(server: &Server) -> Result<[(&'static str, &'static str, u64); 4]> {
    let address = server.example.server.to_string();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (version, flag) in [("1.2", "-tls1_2"), ("1.3", "-tls1_3")] {
        let session = format!("{}.{version}", server.certificate);
        for keep in ["-sess_out", "-sess_in"] {
            let args =
                ["s_client", "-quiet", "-connect", &address, "-CAfile", &server.certificate, flag, keep, &session];
            let said = program::succeeds("openssl", &args, request.as_bytes()).await?.text();
            ensure!(said.contains(&format!("TLS {version}")), "openssl got {said}");
        }
        let url = format!("https://{address}/");
        curl(&["--http2", "--cacert", &server.certificate, "--tls-max", version, &url], &[]).await?;
    }
    Ok([("1.2", "false", 2), ("1.2", "true", 1), ("1.3", "false", 2), ("1.3", "true", 1)])
}
