//! A receiver that is killed while requests come, and comes back later where it was.
//!
//! The service goes on as if nothing had happened, says twice in its log what has, and counts every span as exported:
//! the receiver is back before an export gives up. One that is killed may have taken a batch without saying so, or have
//! said so and shown nothing of it. So of what was received in both of its lives together:
//!
//! * it is no more than what was exported and what failed;
//! * it is no less than what was exported, but for one batch;
//! * nothing is there twice within one of the lives.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::client::{Answer, Client, crowd};
use super::counters::Counters;
use super::{Run, log, until};
use crate::integration::playground::NAME;
use crate::integration::spans::receiver::Receiver;
use crate::integration::spans::span::Span;
use crate::stage::example::Example;

const CLIENTS: usize = 4;
/// Each client asks so often.
const TICK: Duration = Duration::from_millis(10);
const PATH: &str = "/log?text=x";
const BATCH: usize = 64;
const VARIABLES: [(&str, &str); 6] = [
    // Longer than the receiver is away.
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "30000"),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "32768"),
    ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
];

/// Ninety-nine of a hundred requests are answered in less.
const LATENCY: Duration = Duration::from_secs(1);
/// So many are answered at least while nobody receives.
const MEANWHILE: usize = 25;
/// The end may take five seconds for the flush, and a little.
const END: Duration = Duration::from_secs(7);

pub(super) async fn run(run: &Run) -> Result<()> {
    let receiver = run.receiver("away-before").await?;
    let mut environment = run.environment(&receiver);
    environment.extend(VARIABLES.map(|(name, value)| (name, value.to_owned())));
    let said = run.file("away-log");
    let playground = Example::start_with_log(&run.place, NAME, &environment, &said).await?;

    let (stop, stopped) = watch::channel(());
    let load = load(playground.server, stopped);
    let story = async {
        let lives = lives(run, receiver, &playground).await;
        drop(stop);
        lives
    };
    let (answers, lives) = tokio::try_join!(load, story)?;
    quick(&answers)?;
    let meanwhile = answers.iter().filter(|answer| lives.away.contains(&answer.asked)).count();
    ensure!(meanwhile >= MEANWHILE, "no more than {meanwhile} answers while nobody received");

    let counters = until(async || {
        let counters = Counters::of(&playground).await?;
        counters.account_for(answers.len())?;
        ensure!(counters.queued + counters.inflight == 0.0, "some still wait: {counters:?}");
        Ok(counters)
    });
    let counters = counters.await?;
    ensure!(counters.exported == answers.len() as f64, "something was given up: {counters:?}");
    until(async || judge(&lives.before, &lives.after.seen()?, &answers, &counters)).await?;
    for words in [log::FAILS, log::WORKS] {
        let lines = log::lines(&said, words)?;
        ensure!(lines == 1, "`{words}` is said {lines} times, see {}", said.display());
    }
    println!("{run}: {} requests, {meanwhile} of them while nobody received; {counters:?}", answers.len());
    lives.after.kill().await?;
    ends(playground).await
}

/// What a receiver got before it was killed, and the one in its place.
struct Lives {
    before: Vec<Span>,
    after: Receiver,
    away: std::ops::Range<Instant>,
}

async fn lives(run: &Run, receiver: Receiver, playground: &Example) -> Result<Lives> {
    let said = run.file("away-log");
    until(async || {
        let exported = Counters::of(playground).await?.exported;
        let seen = receiver.seen()?.len();
        ensure!(exported >= BATCH as f64 && seen as f64 >= exported, "{seen} of {exported} spans are shown");
        Ok(())
    })
    .await?;
    let addresses = receiver.addresses();
    let begin = Instant::now();
    let before = receiver.kill().await?;
    until(async || {
        ensure!(log::lines(&said, log::FAILS)? > 0, "nobody says that exports fail");
        Ok(())
    })
    .await?;
    let away = begin..Instant::now();
    let after = Receiver::start_at(&run.program, run.file("away-after"), addresses).await?;
    until(async || {
        ensure!(log::lines(&said, log::WORKS)? > 0, "nobody says that exports work again");
        Ok(())
    })
    .await?;
    let then = Counters::of(playground).await?.exported;
    until(async || {
        let now = Counters::of(playground).await?.exported;
        ensure!(now > then, "nothing flows again: {now} spans are exported");
        Ok(())
    })
    .await?;
    Ok(Lives { before, after, away })
}

/// Asks in good order until it is told to stop. Every request has to be answered.
async fn load(server: SocketAddr, stopped: watch::Receiver<()>) -> Result<Vec<Answer>> {
    let clients = (0..CLIENTS).map(|_| async {
        let mut stopped = stopped.clone();
        let mut client = Client::connect(server).await?;
        let (mut answers, mut ticks) = (Vec::new(), interval(TICK));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => answers.push(client.ask(PATH).await?),
                _ = stopped.changed() => break,
            }
        }
        client.close().await?;
        anyhow::Ok(answers)
    });
    Ok(try_join_all(clients).await?.concat())
}

fn quick(answers: &[Answer]) -> Result<()> {
    let mut times: Vec<Duration> = answers.iter().map(|answer| answer.took).collect();
    times.sort_unstable();
    let slow = times.get(times.len() * 99 / 100).context("no answers")?;
    ensure!(*slow < LATENCY, "one of a hundred requests took {slow:?} and more");
    Ok(())
}

fn judge(before: &[Span], after: &[Span], answers: &[Answer], counters: &Counters) -> Result<()> {
    let asked: BTreeSet<&str> = answers.iter().map(|answer| answer.trace.as_str()).collect();
    let mut all = BTreeSet::new();
    for life in [before, after] {
        let ids: BTreeSet<&str> = life.iter().map(|span| span.id.as_str()).collect();
        ensure!(ids.len() == life.len(), "{} ids for {} spans", ids.len(), life.len());
        let stray = life.iter().find(|span| !asked.contains(span.trace.as_str()));
        ensure!(stray.is_none(), "a span of no request: {stray:?}");
        all.extend(ids);
    }
    let (received, Counters { exported, failed, .. }) = (all.len(), *counters);
    ensure!(received as f64 <= exported + failed, "{received} spans are received: {counters:?}");
    ensure!((received + BATCH) as f64 >= exported, "no more than {received} spans are received: {counters:?}");
    Ok(())
}

/// While nobody receives, the end comes in time, and says by its code that something is lost.
async fn ends(playground: Example) -> Result<()> {
    crowd(playground.server, 1, MEANWHILE, PATH).await?;
    let begin = Instant::now();
    let status = playground.end(Signal::TERM).await?;
    let took = begin.elapsed();
    ensure!(took < END, "the end took {took:?} while nobody received");
    ensure!(status.code() == Some(1), "what could not be sent is lost, and yet it ended with {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(count: usize, took: Duration) -> Vec<Answer> {
        let answer =
            |index: usize| Answer { path: PATH.to_owned(), trace: index.to_string(), asked: Instant::now(), took };
        (0..count).map(answer).collect()
    }

    fn spans(indexes: std::ops::Range<usize>) -> Vec<Span> {
        indexes.map(|index| Span { id: index.to_string(), trace: index.to_string(), ..Span::default() }).collect()
    }

    #[test]
    fn one_of_a_hundred_may_be_slow() {
        let (fast, slow) = (answers(198, Duration::ZERO), answers(1, LATENCY));
        assert!(quick(&[fast.clone(), slow.clone()].concat()).is_ok());
        assert!(quick(&[fast, slow.clone(), slow.clone(), slow].concat()).is_err());
        assert!(quick(&[]).is_err());
    }

    #[test]
    fn all_that_was_exported_is_received_but_for_a_batch() {
        let judged = |before: Vec<Span>, after: Vec<Span>, exported: f64, failed: f64| {
            let counters = Counters { exported, failed, ..Counters::default() };
            judge(&before, &after, &answers(300, Duration::ZERO), &counters).is_ok()
        };
        assert!(judged(spans(0..100), spans(100..300), 300.0, 0.0));
        // Taken without a word, and sent again.
        assert!(judged(spans(0..110), spans(100..300), 300.0, 0.0));
        // Taken without a word, and given up.
        assert!(judged(spans(0..110), spans(110..300), 290.0, 10.0));
        assert!(!judged(spans(0..110), spans(110..300), 290.0, 0.0));
        // Taken with a word, and not shown.
        assert!(judged(spans(0..40), spans(100..300), 300.0, 0.0));
        assert!(!judged(spans(0..30), spans(100..300), 300.0, 0.0));
        assert!(!judged(spans(0..100), [spans(100..300), spans(200..201)].concat(), 300.0, 10.0));
        assert!(!judged(spans(0..100), spans(100..301), 301.0, 0.0));
    }
}
