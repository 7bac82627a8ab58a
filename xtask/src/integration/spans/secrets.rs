//! What a client sends in confidence is in no span, whatever else is.

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::Run;
use super::chain::Chain;
use super::services::Services;
use crate::integration::load::reply::replies;
use crate::stage::wire::Wire;

/// In each of them, `MARK` stands for a text that is nowhere else, and `FRONT` for the address of the server.
struct Case {
    target: &'static str,
    path: &'static str,
    header: &'static str,
    /// What the span has as its query.
    query: Option<&'static str>,
}

const fn case(target: &'static str, path: &'static str, header: &'static str, query: Option<&'static str>) -> Case {
    Case { target, path, header, query }
}

const CASES: [Case; 9] = [
    case("/orders/s0", "/orders/s0", "Authorization: Bearer MARK", None),
    case("/orders/s1", "/orders/s1", "Cookie: session=MARK; lane=MARK", None),
    case("/orders/s2", "/orders/s2", "Proxy-Authorization: Basic MARK", None),
    case("/orders/s3", "/orders/s3", "X-Api-Key: MARK", None),
    case("/orders/s4?sig=MARK", "/orders/s4", "", Some("sig=REDACTED")),
    case(
        "/orders/s5?color=blue&X-Amz-Signature=MARK&sig=MARK&sig=MARK",
        "/orders/s5",
        "",
        Some("color=blue&X-Amz-Signature=REDACTED&sig=REDACTED&sig=REDACTED"),
    ),
    case(
        "/orders/s6?X-Amz-Credential=MARK&X-Amz-Security-Token=MARK&AWSAccessKeyId=MARK&Signature=MARK&\
         X-Goog-Signature=MARK",
        "/orders/s6",
        "",
        Some(
            "X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED&AWSAccessKeyId=REDACTED&Signature=REDACTED&\
             X-Goog-Signature=REDACTED",
        ),
    ),
    case("http://MARK:MARK@FRONT/orders/s7", "/orders/s7", "", None),
    case("http://MARK@FRONT/orders/s8?sig=MARK", "/orders/s8", "", Some("sig=REDACTED")),
];

/// Texts that no address, id or name can hold by chance.
const MARK: &str = "cOnFiDeNtIaL";

/// What may be told is told: a search that finds nothing would prove nothing.
const OPEN: &str = "OpEnLyToLd";

pub(super) async fn run(run: &Run) -> Result<()> {
    let mut receiver = run.receiver("secrets").await?;
    let services = Services::start(&run.place, run.way, &receiver).await?;
    let front = services.front.to_string();
    let wire = Wire::new(services.front);
    for Case { target, header, .. } in &CASES {
        let target = target.replace("FRONT", &front).replace("MARK", MARK);
        let header = if header.is_empty() { String::new() } else { format!("{}\r\n", header.replace("MARK", MARK)) };
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {front}\r\n{header}User-Agent: {OPEN}\r\nConnection: close\r\n\r\n"
        );
        let mut raw = wire.raw().await?;
        raw.write(&request).await?;
        let answers = replies(&raw.read_to_end().await?, &["GET"]).with_context(|| request.clone())?;
        ensure!(answers[0].status == 200, "status {} is the answer to:\n{request}", answers[0].status);
    }
    services.stop(Signal::TERM).await?;

    let spans = receiver.spans(CASES.len() * 3).await?;
    for case in &CASES {
        let chain = Chain::of_path(&spans, case.path)?;
        let query = chain.front.text("url.query");
        ensure!(query == case.query, "{} has the query {query:?}, expected {:?}", case.path, case.query);
    }
    let said = receiver.said()?;
    ensure!(said.contains(OPEN), "the receiver does not show what may be shown");
    let found: Vec<&str> = said.lines().filter(|line| line.contains(MARK)).collect();
    ensure!(found.is_empty(), "{} lines tell what was sent in confidence:\n{}", found.len(), found.join("\n"));
    println!("{run}: nothing of {} requests with secrets is told", CASES.len());
    Ok(())
}
