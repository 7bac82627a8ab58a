//! Tools that send as much as they can.

use anyhow::{Context, Result};

use super::tls::{ALL, ANSWERED, CARRIED, MODERN, Server};
use crate::integration::compare::Check;
use crate::integration::crowd::tools::Tool;
use crate::stage::program;

const BODY: u64 = 1000;
/// Requests and connections of h2load, in HTTP/2 and in HTTP/1.1.
const LOADS: [(&[&str], u64, u64); 2] = [(&["-n2000", "-c8", "-m10"], 2000, 8), (&["--h1", "-n500", "-c4"], 500, 4)];

pub(super) async fn drive(all: &Server, modern: &Server) -> Result<Vec<Check>> {
    let url = format!("https://{}/bytes/{BODY}", all.example.server);
    let said = program::succeeds("wrk", &["-t1", "-c8", "-d1s", &url], &[]).await?.text();
    // Its last requests are under way when it ends: it does not count them.
    let by_wrk = Tool::Wrk.answers(&said).with_context(|| said.clone())?;

    let url = format!("https://{}/bytes/{BODY}", modern.example.server);
    let (mut requests, mut connections, mut bytes) = (0, 0, 0);
    for (args, wanted, clients) in LOADS {
        let said = program::succeeds("h2load", &[args, &[&url]].concat(), &[]).await?.text();
        let answers = Tool::H2load.answers(&said).with_context(|| said.clone())?;
        anyhow::ensure!(answers == wanted, "h2load got {answers} of {wanted} answers");
        requests += wanted;
        connections += clients;
        bytes += traffic(&said).with_context(|| said.clone())?;
    }
    println!("tls_server at full speed: wrk got {by_wrk} answers, h2load {requests} with {bytes} bytes");
    Ok(vec![
        ALL.at_least(CARRIED, &[], by_wrk),
        ALL.at_least(ANSWERED, &[("http_route", "/bytes/{n}"), ("url_scheme", "https")], by_wrk),
        MODERN.sum(CARRIED, &[], requests),
        MODERN.sum("transport_server_connection_requests_count", &[], connections),
        MODERN.by(ANSWERED, &["network_protocol_version"], &[(&["2"], LOADS[0].1), (&["1.1"], LOADS[1].1)]),
        MODERN.sum("http_server_response_body_size_bytes_sum", &[], requests * BODY),
        MODERN.at_least("transport_server_tls_io_bytes_total", &[("network_io_direction", "transmit")], bytes),
    ])
}

/// All bytes that h2load has got: `traffic: 1.2KB (1234) total, ..`.
fn traffic(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.strip_prefix("traffic: "))?;
    line.split_once('(')?.1.split_once(") total")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_read() {
        assert_eq!(traffic("x\ntraffic: 100.69KB (103104) total, 1.04KB (1060) headers\n"), Some(103_104));
        assert_eq!(traffic("traffic: none"), None);
    }
}
