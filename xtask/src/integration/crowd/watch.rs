//! Scrapes while the load runs.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::sync::oneshot::Receiver;
use tokio::time::{MissedTickBehavior, interval};

use super::counts::Counts;
use super::page::Page;
use super::question::REQUESTS;
use crate::stage::example::Example;

const INTERVAL: Duration = Duration::from_millis(100);
/// Fewer would say little; on a busy machine a scrape takes longer than the interval.
const FEWEST: u32 = 20;

/// Scrapes until it is told to stop, and compares each page with the one before and with the playground's own counts.
/// Returns how many pages those were.
pub(super) async fn watch(playground: &Example, mut stopped: Receiver<()>) -> Result<u32> {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut earlier = Page::default();
    let mut scrapes = 0;
    // A scrape may share a collection that began before it, but none that began before the scrape before.
    let (mut least, mut next_least) = (0, 0);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stopped => break,
        }
        least = std::mem::replace(&mut next_least, Counts::of(playground).await?.ended()).max(least);
        let page = Page::parse(&playground.scrape().await?)?;
        let most = Counts::of(playground).await?.begun;
        scrapes += 1;
        judge(&page, &earlier, (least, most)).with_context(|| format!("scrape {scrapes} under load"))?;
        earlier = page;
    }
    ensure!(scrapes >= FEWEST, "no more than {scrapes} scrapes while the load ran");
    Ok(scrapes)
}

fn judge(page: &Page, earlier: &Page, (least, most): (u64, u64)) -> Result<()> {
    page.is_sound()?;
    page.follows(earlier)?;
    let requests: f64 = page.samples(REQUESTS).map(|(_, value)| value).sum();
    ensure!(requests >= least as f64, "{requests} requests are recorded, but {least} had ended before");
    ensure!(requests <= most as f64, "{requests} requests are recorded, but no more than {most} have begun");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_had_ended_and_nothing_that_had_not_begun() {
        let text = format!("{REQUESTS} 5\n{}_bucket{{le=\"+Inf\"}} 5\n", REQUESTS.trim_end_matches("_count"));
        let page = Page::parse(&text).unwrap();
        let judged = |least, most| judge(&page, &Page::default(), (least, most));
        assert!(judged(5, 5).is_ok());
        assert!(judged(6, 9).is_err());
        assert!(judged(0, 4).is_err());
    }
}
