//! Thousands of requests of which a tenth is sampled: each sampled span is received or counted as lost, and none twice.
//!
//! Which are sampled is known from the ids of the traces alone, by the rule of the SDK.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::client::{Answer, crowd};
use super::counters::Counters;
use super::{Run, until};
use crate::integration::playground::NAME;
use crate::integration::spans::span::Span;
use crate::stage::example::Example;

const CLIENTS: usize = 4;
/// From each client. Of the first ones, there are many more sampled than the small queue has room for.
const FIRST: usize = 500;
const REST: usize = 2000;
const REQUESTS: usize = CLIENTS * (FIRST + REST);

const RATIO: f64 = 0.1;
/// Ten standard deviations to either side.
const LIKELY: std::ops::Range<usize> = 700..1300;

/// What the queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Ample,
    /// And the receiver sleeps through the first requests, so that the queue is full.
    Tiny,
}

pub(super) async fn run(run: &Run, room: Room) -> Result<()> {
    let mut receiver = run.receiver(&format!("sampled-{room:?}")).await?;
    let mut environment = run.environment(&receiver);
    environment.extend(variables(room).map(|(name, value)| (name, value.to_owned())));
    let playground = Example::start_in(&run.place, NAME, &environment).await?;
    let server = playground.server;
    if room == Room::Tiny {
        receiver.signal(Signal::STOP)?;
    }
    let mut answers = crowd(server, CLIENTS, FIRST, "/users/7").await?;
    if room == Room::Tiny {
        receiver.signal(Signal::CONT)?;
    }
    answers.extend(crowd(server, CLIENTS, REST, "/users/7").await?);
    let sampled = sampled(&answers)?;
    let counters = until(async || {
        let counters = Counters::of(&playground).await?;
        counters.account_for(sampled.len())?;
        ensure!(counters.inflight == 0.0, "some are still on their way: {counters:?}");
        Ok(counters)
    });
    let counters = counters.await?;
    // This sends what still waits in the queue, and fails if that fails.
    playground.stop(Signal::TERM).await?;

    let lost = (counters.dropped + counters.failed) as usize;
    let expected = sampled.len().checked_sub(lost).with_context(|| format!("more lost than sampled: {counters:?}"))?;
    let spans = receiver.spans(expected).await.with_context(|| format!("{counters:?}"))?;
    judge(&spans, &sampled, &counters, room)?;
    println!("{run}: {REQUESTS} requests, {} sampled, {lost} lost, {expected} received", sampled.len());
    Ok(())
}

fn variables(room: Room) -> [(&'static str, &'static str); 5] {
    let (queue, delay) = match room {
        Room::Ample => ("32768", "500"),
        Room::Tiny => ("8", "60000"),
    };
    [
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.1"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", queue),
        ("OTEL_BSP_SCHEDULE_DELAY", delay),
        // Nothing may fail because the receiver sleeps: a late receiver would have it all the same.
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
    ]
}

/// The traces that have to be sampled. None is there twice.
fn sampled(answers: &[Answer]) -> Result<BTreeSet<&str>> {
    ensure!(answers.len() == REQUESTS, "{} answers to {REQUESTS} requests", answers.len());
    let traces: BTreeSet<&str> = answers.iter().map(|answer| answer.trace.as_str()).collect();
    ensure!(traces.len() == answers.len(), "{} traces of {} requests", traces.len(), answers.len());
    let mut sampled = BTreeSet::new();
    for trace in traces {
        if is_sampled(trace).with_context(|| format!("odd trace id {trace}"))? {
            sampled.insert(trace);
        }
    }
    ensure!(LIKELY.contains(&sampled.len()), "{} of {REQUESTS} traces are sampled", sampled.len());
    Ok(sampled)
}

/// The SDK compares the last 63 bits, without the very last, with the ratio.
fn is_sampled(trace: &str) -> Option<bool> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    let low = u64::from_str_radix(trace.get(16..32)?, 16).ok()?;
    Some(low >> 1 < (RATIO * TWO_TO_63) as u64)
}

fn judge(spans: &[Span], sampled: &BTreeSet<&str>, counters: &Counters, room: Room) -> Result<()> {
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
    ensure!(ids.len() == spans.len(), "{} ids for {} spans", ids.len(), spans.len());
    ensure!(traces.len() == spans.len(), "{} traces of {} spans", traces.len(), spans.len());
    let wrong: Vec<_> = traces.difference(sampled).collect();
    ensure!(wrong.is_empty(), "{} traces should not have been sampled: {wrong:?}", wrong.len());
    ensure!(spans.len() as f64 + counters.dropped + counters.failed == sampled.len() as f64, "the sum: {counters:?}");
    match room {
        Room::Ample => ensure!(spans.len() == sampled.len(), "something was lost: {counters:?}"),
        Room::Tiny => ensure!(counters.dropped > 0.0, "nothing was dropped: {counters:?}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_half_of_an_id_decides() {
        let id = |low: &str| format!("ffffffffffffffff{low}");
        for (low, expected) in [
            ("0000000000000000", true),
            // A tenth of 2^64, rounded down, and what is just above.
            ("1999999999999998", true),
            ("199999999999a000", false),
            ("ffffffffffffffff", false),
        ] {
            assert_eq!(is_sampled(&id(low)), Some(expected), "{low}");
        }
        assert_eq!(is_sampled("no id"), None);
    }

    fn spans(ids: &[(&str, &str)]) -> Vec<Span> {
        let span =
            |(trace, id): &(&str, &str)| Span { trace: (*trace).to_owned(), id: (*id).to_owned(), ..Span::default() };
        ids.iter().map(span).collect()
    }

    #[test]
    fn every_sampled_span_is_received_or_counted() {
        let sampled = BTreeSet::from(["a", "b", "c"]);
        let judged = |ids: &[(&str, &str)], dropped, room| {
            judge(&spans(ids), &sampled, &Counters { dropped, ..Counters::default() }, room).is_ok()
        };
        let all = [("a", "1"), ("b", "2"), ("c", "3")];
        assert!(judged(&all, 0.0, Room::Ample));
        assert!(!judged(&all, 0.0, Room::Tiny));
        assert!(judged(&all[..2], 1.0, Room::Tiny));
        assert!(!judged(&all[..2], 1.0, Room::Ample));
        assert!(!judged(&all[..2], 0.0, Room::Ample));
        assert!(!judged(&all, 1.0, Room::Tiny));
        assert!(!judged(&[("a", "1"), ("b", "2"), ("c", "2")], 0.0, Room::Ample));
        assert!(!judged(&[("a", "1"), ("b", "2"), ("b", "3")], 0.0, Room::Ample));
        assert!(!judged(&[("a", "1"), ("b", "2"), ("d", "3")], 0.0, Room::Ample));
    }
}
