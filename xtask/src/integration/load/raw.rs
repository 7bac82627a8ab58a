//! What no HTTP client sends: odd methods, HTTP/1.0, pipelined requests, garbage, and nothing at all.

use anyhow::{Context, Result, ensure};

use super::reply::replies;
use crate::stage::ledger::{Ending, Kind, Ledger};
use crate::stage::wire::Wire;

/// A request line and what has to come of it.
struct Line {
    method: &'static str,
    path: &'static str,
    route: Option<&'static str>,
    version: &'static str,
    status: u16,
}

const fn line(
    method: &'static str,
    path: &'static str,
    route: Option<&'static str>,
    version: &'static str,
    status: u16,
) -> Line {
    Line { method, path, route, version, status }
}

/// Each element is one connection; the requests of one are written at once.
const CONNECTIONS: [&[Line]; 7] = [
    &[line("GET", "/", Some("/"), "1.0", 200)],
    &[line("GET", "/", Some("/"), "1.1", 200)],
    &[line("BREW", "/", Some("/"), "1.1", 405)],
    &[line("get", "/", Some("/"), "1.1", 405)],
    &[line("BREW", "/nowhere", None, "1.1", 404)],
    &[line("HEAD", "/users/1", Some("/users/{id}"), "1.1", 200)],
    &[
        line("GET", "/users/1", Some("/users/{id}"), "1.1", 200),
        line("GET", "/nowhere", None, "1.1", 404),
        line("GET", "/users/2", Some("/users/{id}"), "1.1", 200),
    ],
];

pub(super) async fn drive(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    for lines in CONNECTIONS {
        for _ in 0..3 {
            requests(lines, wire, ledger).await?;
        }
    }
    // hyper refuses it before any service sees it: a connection, but no request.
    let mut raw = wire.raw().await?;
    raw.write("this is no HTTP\r\n\r\n").await?;
    let answer = replies(&raw.read_to_end().await?, &["GET"])?;
    ensure!(answer[0].status == 400, "garbage was answered with {}", answer[0].status);
    // A connection that says nothing.
    ensure!(wire.raw().await?.finish().await?.is_empty(), "an answer to nothing");
    Ok(())
}

async fn requests(lines: &[Line], wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let last = index + 1 == lines.len();
        let connection = if last { "close" } else { "keep-alive" };
        let Line { method, path, version, .. } = line;
        text.push_str(&format!("{method} {path} HTTP/{version}\r\nHost: test\r\nConnection: {connection}\r\n\r\n"));
    }
    let mut raw = wire.raw().await?;
    raw.write(&text).await?;
    let methods: Vec<&str> = lines.iter().map(|line| line.method).collect();
    let answers = replies(&raw.read_to_end().await?, &methods).with_context(|| text.clone())?;
    for (line, answer) in lines.iter().zip(answers) {
        ensure!(answer.status == line.status, "status {}, expected {}:\n{text}", answer.status, line.status);
        let kind = Kind::new(line.method, line.route, line.version, Ending::Answered(line.status));
        ledger.record(kind, 0, answer.body.len());
    }
    Ok(())
}
