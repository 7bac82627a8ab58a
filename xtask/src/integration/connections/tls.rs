//! The server with TLS: handshakes that succeed, resume and fail, and bytes on the wire and inside of TLS.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::question::Of;
use super::watched::Watched;
use super::{failures, secure, tools};
use crate::integration::compare::Check;
use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::wire::Wire;

const ACTIVE: &str = "transport_server_active_connections";
const IO: &str = "transport_server_io_bytes_total";
const PLAIN: &str = "transport_server_tls_io_bytes_total";
pub(super) const HANDSHAKES: &str = "transport_server_tls_handshake_duration_seconds_count";
pub(super) const GOING_ON: &str = "transport_server_tls_active_handshakes";
pub(super) const CARRIED: &str = "transport_server_connection_requests_sum";
pub(super) const ANSWERED: &str = "http_server_request_duration_seconds_count";
const DURATION: &str = "transport_server_connection_duration_seconds_count";

/// The server that takes everybody.
pub(super) const ALL: Of = Of("tls");
/// One that has no TLS 1.2.
pub(super) const MODERN: Of = Of("tls-modern");
/// One that nobody should trust any more.
pub(super) const EXPIRED: Of = Of("tls-expired");

/// A server with the file that has its certificate.
pub(super) struct Server {
    pub(super) example: Example,
    pub(super) certificate: String,
}

impl Server {
    async fn start(place: &Place, of: Of, args: &[&str]) -> Result<Self> {
        let file = place.folder.join(format!("{}.pem", of.0));
        let certificate = file.to_str().context("a folder with an odd name")?.to_owned();
        let args = [&["--certificate", &certificate], args].concat();
        let example = Example::start_as(place, "tls_server", of.0, &args).await?;
        Ok(Self { example, certificate })
    }
}

pub(super) async fn run(place: &Place, binary: &Path) -> Result<()> {
    let all = Server::start(place, ALL, &["--handshake-seconds", failures::SECONDS]).await?;
    let modern = Server::start(place, MODERN, &["--tls13-only"]).await?;
    let expired = Server::start(place, EXPIRED, &["--expired"]).await?;
    let programs = [(ALL, &all.example), (MODERN, &modern.example), (EXPIRED, &expired.example)];
    let mut watched = Watched::start(place, binary, "tls-servers", &programs).await?;

    let wire = Wire::new(all.example.server);
    let seen = secure::with_curl(&wire, &all).await?;
    watched.check("tls_server with curl", &counted(&wire, &seen)).await?;

    let resumed = secure::again(&all).await?;
    let mut checks = failures::drive(&all, &modern, &expired, &watched).await?;
    checks.push(handshakes(&seen, &resumed));
    checks.push(ALL.sum(GOING_ON, &[], 0));
    watched.check("tls_server with handshakes that resume and fail", &checks).await?;

    let mut checks = tools::drive(&all, &modern).await?;
    for of in [ALL, MODERN, EXPIRED] {
        checks.extend([of.sum(ACTIVE, &[], 0), of.sum(GOING_ON, &[], 0)]);
    }
    watched.check("tls_server at full speed", &checks).await?;
    for of in [ALL, MODERN] {
        let carried = watched.number(&format!("sum({CARRIED}{{job=\"{}\"}})", of.0)).await?;
        let answered = watched.number(&format!("sum({ANSWERED}{{job=\"{}\",url_scheme=\"https\"}})", of.0)).await?;
        ensure!(carried == answered, "{carried} requests on connections, and {answered} by themselves");
    }

    watched.prometheus.stop().await?;
    for server in [all, modern, expired] {
        server.example.stop(Signal::TERM).await?;
    }
    Ok(())
}

/// What curl has seen against what was counted.
fn counted(wire: &Wire, seen: &secure::Seen) -> Vec<Check> {
    let all = wire.connections();
    vec![
        ALL.sum(ACTIVE, &[], 0),
        ALL.bytes(IO, wire.sent(), wire.received()),
        ALL.bytes(PLAIN, seen.sent, seen.received),
        handshakes(seen, &[]),
        ALL.sum(CARRIED, &[], seen.requests),
        ALL.by(ANSWERED, &["url_scheme", "network_protocol_version"], &[(&["https", "1.1"], seen.requests)]),
        ALL.by(
            DURATION,
            &["error_type", "network_protocol_version", "tls_protocol_version"],
            &[(&["", "1.1", "1.2"], all / 2), (&["", "1.1", "1.3"], all / 2)],
        ),
    ]
}

/// Those that succeeded.
fn handshakes(seen: &secure::Seen, more: &[(&str, &str, u64)]) -> Check {
    let each = seen.connections / 2;
    let sum = |version, resumed| {
        let more = more.iter().filter(|(of, again, _)| (*of, *again) == (version, resumed)).map(|(_, _, count)| count);
        more.sum::<u64>() + if resumed == "false" { each } else { 0 }
    };
    let rows = [("1.2", "false"), ("1.2", "true"), ("1.3", "false"), ("1.3", "true")];
    let rows = rows.map(|(version, resumed)| ([version, resumed], sum(version, resumed)));
    let rows: Vec<(&[&str], u64)> =
        rows.iter().filter(|(_, count)| *count > 0).map(|(labels, count)| (&labels[..], *count)).collect();
    ALL.by_where(HANDSHAKES, &[("error_type", "")], &["tls_protocol_version", "tls_resumed"], &rows)
}
