//! Clients whose handshakes fail, each in its own way.

use anyhow::{Result, ensure};

use super::tls::{ALL, EXPIRED, GOING_ON, HANDSHAKES, MODERN, Server};
use super::watched::Watched;
use crate::integration::compare::Check;
use crate::stage::program;
use crate::stage::program::CURL;
use crate::stage::wire::Wire;

/// How long a handshake may take.
pub(super) const SECONDS: &str = "4";

/// How many of each.
const TIMES: u64 = 3;
/// What curl ends with if it does not like the certificate, and if there is no handshake at all.
const UNTRUSTED: i32 = 60;
const NO_HANDSHAKE: i32 = 35;

pub(super) async fn drive(all: &Server, modern: &Server, expired: &Server, watched: &Watched) -> Result<Vec<Check>> {
    let wire = Wire::new(all.example.server);
    let mut silent = Vec::new();
    for _ in 0..TIMES {
        silent.push(wire.raw().await?);
    }
    watched.wait("tls_server with clients that say nothing", &[ALL.sum(GOING_ON, &[], TIMES)]).await?;

    let (host, port) = (all.example.server.ip().to_string(), all.example.server.port().to_string());
    for _ in 0..TIMES {
        // In the clear.
        let said = program::run("nc", &["-N", &host, &port], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
        ensure!(!said.text().contains("HTTP"), "an answer in the clear");
        // A record of a handshake, with rubbish in it.
        let mut raw = wire.raw().await?;
        raw.write([&[22, 3, 1, 0, 32][..], &[0xa5; 32]].concat()).await?;
        raw.read_to_end().await?;
        // It ends before it has said anything.
        wire.raw().await?.finish().await?;

        fails(all, &[], UNTRUSTED).await?;
        fails(expired, &["--cacert", &expired.certificate], UNTRUSTED).await?;
        fails(modern, &["--cacert", &modern.certificate, "--tls-max", "1.2"], NO_HANDSHAKE).await?;
    }
    for raw in silent {
        ensure!(raw.read_to_end().await?.is_empty(), "an answer to nothing");
    }
    let failed = |error| [("error_type", error)];
    Ok(vec![
        ALL.by_where(
            HANDSHAKES,
            &[("tls_protocol_version", "")],
            &["error_type"],
            &[
                (&["timeout"], TIMES),
                (&["tls_not_tls"], TIMES),
                (&["tls_decode_error"], TIMES),
                (&["unexpected_eof"], TIMES),
                (&["tls_unknown_ca"], TIMES),
            ],
        ),
        EXPIRED.sum(HANDSHAKES, &failed("tls_certificate_expired"), TIMES),
        MODERN.sum(HANDSHAKES, &failed("tls_protocol_version"), TIMES),
    ])
}

async fn fails(server: &Server, args: &[&str], code: i32) -> Result<()> {
    let url = format!("https://{}/", server.example.server);
    let said = program::run("curl", &[&CURL[..], args, &[&url]].concat(), &[]).await?;
    ensure!(said.code == Some(code), "curl {args:?} {url} ended with {:?}: {}", said.code, said.errors);
    Ok(())
}
