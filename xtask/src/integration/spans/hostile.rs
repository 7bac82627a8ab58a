//! Headers of trace context and baggage as no good client sends them: each request is answered, and its span is a root
//! or the child of what was sent, as the W3C has it.

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::Run;
use super::chain::Chain;
use super::hostile_cases::{Case, Parent, cases};
use super::services::{Services, shown};
use crate::integration::load::reply::replies;
use crate::stage::wire::Wire;

/// More than any server takes in one head.
const MEGABYTE: usize = 1 << 20;

pub(super) async fn run(run: &Run) -> Result<()> {
    let mut receiver = run.receiver("hostile").await?;
    let services = Services::start(&run.place, run.way, &receiver).await?;
    let wire = Wire::new(services.front);
    let cases = cases();
    for (index, case) in cases.iter().enumerate() {
        answered(&wire, index, case).await.with_context(|| case.name)?;
    }
    too_large(&wire).await.context("a megabyte of baggage")?;
    // It goes on after that.
    answered(&wire, cases.len(), &Case::plain()).await.context("a plain request after a megabyte of baggage")?;
    services.stop(Signal::TERM).await?;

    let sampled = cases.iter().filter(|case| case.parent != Parent::Unsampled).count();
    let spans = receiver.spans((sampled + 1) * 3).await?;
    for (index, case) in cases.iter().enumerate().filter(|(_, case)| case.parent != Parent::Unsampled) {
        let chain = Chain::of_path(&spans, &path(index)).with_context(|| case.name)?;
        case.judge(&chain, index).with_context(|| format!("{}: {}", case.name, chain.front))?;
    }
    println!("{run}: {} requests with odd headers", cases.len() + 2);
    Ok(())
}

fn path(index: usize) -> String {
    format!("/orders/h{index}")
}

async fn answered(wire: &Wire, index: usize, case: &Case) -> Result<()> {
    let mut request = format!("GET {} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n", path(index)).into_bytes();
    request.extend(case.headers(index));
    request.extend(b"\r\n");
    let mut raw = wire.raw().await?;
    raw.write(&request).await?;
    let answers = replies(&raw.read_to_end().await?, &["GET"])?;
    ensure!(answers[0].status == 200, "answered with {}", answers[0].status);
    let body = String::from_utf8_lossy(&answers[0].body);
    for (members, is_seen) in [(case.seen, true), (case.unseen, false)] {
        for (name, value) in members {
            let member = shown(name, value);
            let found = body.contains(&member);
            ensure!(found == is_seen, "back has seen the baggage `{member}`: {found}, expected {is_seen}: {body}");
        }
    }
    Ok(())
}

/// The server refuses it, and may close before all of it is written or its answer is read.
async fn too_large(wire: &Wire) -> Result<()> {
    let mut raw = wire.raw().await?;
    let head = format!("GET /orders/large HTTP/1.1\r\nHost: test\r\nbaggage: a={}\r\n\r\n", "x".repeat(MEGABYTE));
    if raw.write(&head).await.is_ok() {
        let answer = raw.read_to_end().await.unwrap_or_default();
        let text = String::from_utf8_lossy(&answer);
        ensure!(text.is_empty() || text.starts_with("HTTP/1.1 431 "), "answered with {text}");
    }
    Ok(())
}
