//! The proxy: what its clients and its upstream have counted, what both of its sides have counted, and what it does when
//! one of them is not there or too many are.

use std::path::Path;

use anyhow::{Result, ensure};
use rustix::process::Signal;
use tokio::net::TcpSocket;

use super::question::Of;
use super::upstream::Upstream;
use super::watched::Watched;
use super::{crowded, storm};
use crate::integration::compare::Check;
use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::program;
use crate::stage::wire::Wire;

pub(super) const ACTIVE: &str = "transport_server_active_connections";
pub(super) const CLIENT_ACTIVE: &str = "transport_client_active_connections";
pub(super) const DURATION: &str = "transport_server_connection_duration_seconds_count";
pub(super) const CLIENT_DURATION: &str = "transport_client_connection_duration_seconds_count";
pub(super) const CONNECT: &str = "transport_client_connect_duration_seconds_count";
pub(super) const IO: &str = "transport_server_io_bytes_total";
const CLIENT_IO: &str = "transport_client_io_bytes_total";

/// The proxy that carries everything.
pub(super) const MAIN: Of = Of("proxy");
/// One whose upstream listens nowhere.
const ALONE: Of = Of("proxy-alone");
/// One that lets few clients in.
pub(super) const LIMITED: Of = Of("proxy-limited");
/// One that has few file descriptors.
pub(super) const NARROW: Of = Of("proxy-narrow");

const ALONE_CLIENTS: u64 = 3;

/// How much goes up, and how much comes down once all of that is there.
const SIZES: [(usize, usize); 6] = [(0, 0), (0, 1), (1, 0), (65_537, 3), (20_000_000, 1), (7, 30_000_000)];
const SMALL_WRITES: usize = 5_000;
const GIVEN: usize = 100_000;
const LIVE: usize = 50_000;

pub(super) async fn run(place: &Place, binary: &Path) -> Result<()> {
    let (upstream, of_others) = (Upstream::start().await?, Upstream::start().await?);
    // Bound, and so nobody else's; but nobody listens.
    let nobody = TcpSocket::new_v4()?;
    nobody.bind(([127, 0, 0, 1], 0).into())?;
    let to = of_others.address.to_string();

    let start = |of: Of, args: &'static [&'static str], to: String| async move {
        let args = [&["--upstream", to.as_str()], args].concat();
        Example::start_as(place, "tcp_proxy", of.0, &args).await
    };
    let main = start(MAIN, &["--idle-after", "2"], upstream.address.to_string()).await?;
    let alone = start(ALONE, &[], nobody.local_addr()?.to_string()).await?;
    let limited = start(LIMITED, &["--max-connections", crowded::PLACES_ARGUMENT], to.clone()).await?;
    let narrow = start(NARROW, &[], to).await?;
    let programs = [(MAIN, &main), (ALONE, &alone), (LIMITED, &limited), (NARROW, &narrow)];
    let mut watched = Watched::start(place, binary, "proxies", &programs).await?;

    let wire = Wire::new(main.server);
    let mut full = crowded::Full::begin(&limited).await?;
    let mut cramped = crowded::Cramped::begin(&narrow).await?;
    refused(&alone).await?;
    let given = orderly(&wire).await?;
    let mut checks = carried(&wire, &upstream, 0);
    checks.extend(ended(&wire, &main, given));
    checks.extend([
        ALONE.by(CONNECT, &["error_type"], &[(&["connection_refused"], ALONE_CLIENTS)]),
        ALONE.by(DURATION, &["transport_close_reason"], &[(&["dropped"], ALONE_CLIENTS)]),
        ALONE.none(CLIENT_DURATION, &[]),
        ALONE.sum(ACTIVE, &[], 0),
    ]);
    checks.extend(full.checks());
    checks.extend(cramped.checks());
    watched.check("tcp_proxy with orderly clients", &checks).await?;

    let errors = cramped.watch(&watched).await?;
    live(&wire, &upstream, &mut watched).await?;
    full.leave().await?;
    cramped.leave(&watched, errors).await?;
    let resets = storm::resets(&wire).await?;
    let mut checks = carried(&wire, &upstream, 0);
    checks.extend(resets);
    checks.extend(full.checks());
    checks.extend(cramped.checks());
    watched.check("tcp_proxy with clients and an upstream that reset", &checks).await?;

    storm::storm(&wire, &upstream).await?;
    crowded::idle(&wire, &watched).await?;
    let all = wire.connections();
    let over = [
        MAIN.sum(ACTIVE, &[], 0),
        MAIN.sum(CLIENT_ACTIVE, &[], 0),
        MAIN.sum(DURATION, &[], all),
        MAIN.sum(CLIENT_DURATION, &[], all),
        MAIN.sum(CONNECT, &[], all),
    ];
    watched.check("tcp_proxy after all that", &over).await?;
    ensure!(upstream.connections() >= all, "the upstream has seen {} of {all}", upstream.connections());

    watched.prometheus.stop().await?;
    for proxy in [main, alone, limited, narrow] {
        proxy.stop(Signal::TERM).await?;
    }
    Ok(())
}

/// Clients that say what they have to and leave. Returns how many of them the upstream left first.
async fn orderly(wire: &Wire) -> Result<u64> {
    for (up, down) in SIZES {
        let mut raw = wire.raw().await?;
        raw.write(format!("answer {down}\n")).await?;
        raw.write(vec![b'x'; up]).await?;
        let answer = raw.finish().await?;
        ensure!(answer.len() == down, "{} bytes came back and not {down}", answer.len());
    }
    let mut raw = wire.raw().await?;
    raw.write("echo\n").await?;
    for _ in 0..SMALL_WRITES {
        raw.write("1234567").await?;
    }
    ensure!(raw.finish().await?.len() == 7 * SMALL_WRITES, "an echo has changed");

    let mut raw = wire.raw().await?;
    raw.write(format!("give {GIVEN}\n")).await?;
    ensure!(raw.read_to_end().await?.len() == GIVEN, "not all came of what was given");

    // Both end their own side first, and get the whole answer all the same.
    let (host, port) = (wire.server.ip().to_string(), wire.server.port().to_string());
    let to = format!("TCP:{host}:{port}");
    for (program, args) in [("nc", vec!["-N", &host, &port]), ("socat", vec!["-t", "10", "-", &to])] {
        let input = format!("answer 500000\n{}", "z".repeat(300_000));
        let said = program::succeeds(program, &args, input.as_bytes()).await?;
        ensure!(said.out.len() == 500_000, "{program} got {} bytes", said.out.len());
        wire.count_program(input.len(), said.out.len());
    }
    Ok(1)
}

/// Both sides of the proxy have carried what its peers have sent and got.
fn carried(wire: &Wire, upstream: &Upstream, open: u64) -> Vec<Check> {
    vec![
        MAIN.sum(ACTIVE, &[], open),
        MAIN.sum(CLIENT_ACTIVE, &[], open),
        MAIN.bytes(IO, wire.sent(), wire.received()),
        MAIN.bytes(CLIENT_IO, upstream.sent(), upstream.received()),
        // The peers among themselves.
        MAIN.sum(CLIENT_IO, &[("network_io_direction", "transmit")], wire.sent()),
        MAIN.sum(CLIENT_IO, &[("network_io_direction", "receive")], wire.received()),
    ]
}

/// How they ended. `given` of them were ended by the upstream, all others by their clients.
fn ended(wire: &Wire, main: &Example, given: u64) -> Vec<Check> {
    let all = wire.connections();
    let reasons = ["error_type", "transport_close_reason"];
    let place = main.server.port().to_string();
    vec![
        MAIN.by(DURATION, &reasons, &[(&["", "peer"], all - given), (&["", "local"], given)]),
        MAIN.by(CLIENT_DURATION, &reasons, &[(&["", "local"], all - given), (&["", "peer"], given)]),
        MAIN.by(CONNECT, &["error_type"], &[(&[""], all)]),
        MAIN.by(DURATION, &["server_address", "server_port"], &[(&["127.0.0.1", &place], all)]),
    ]
}

async fn refused(alone: &Example) -> Result<()> {
    let wire = Wire::new(alone.server);
    for _ in 0..ALONE_CLIENTS {
        let answer = wire.raw().await?.read_to_end().await?;
        ensure!(answer.is_empty(), "an answer without an upstream");
    }
    Ok(())
}

/// A connection that stays open shows its bytes from one scrape to the next.
async fn live(wire: &Wire, upstream: &Upstream, watched: &mut Watched) -> Result<()> {
    let mut raw = wire.raw().await?;
    raw.write("echo\n").await?;
    for round in 1..=2 {
        raw.write(vec![b'x'; LIVE]).await?;
        raw.read_exactly(LIVE).await?;
        watched.check(&format!("tcp_proxy with an open connection, {round}"), &carried(wire, upstream, 1)).await?;
    }
    ensure!(raw.finish().await?.is_empty(), "more than an echo");
    Ok(())
}
