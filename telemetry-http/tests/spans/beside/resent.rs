//! A request that is sent more than once, by something between the layers.

use std::collections::HashSet;
use std::time::Instant;

use super::*;

/// Sends copies of a request, as layers that retry do, and gives the last answer.
fn resending(inner: Client) -> Client {
    service(move |request| {
        let inner = inner.clone();
        Box::pin(async move {
            let mut last = None;
            for _ in 0..3 {
                let mut copy = super::request();
                *copy.extensions_mut() = request.extensions().clone();
                let (head, download) = call(&inner, copy).await?.into_parts();
                last = Some((head, body(http_body_util::Full::from(download.collect().await?.to_bytes()))));
                let_time_pass();
            }
            let (head, download) = last.ok_or("no attempt")?;
            Ok(Response::from_parts(head, download))
        })
    })
}

#[test]
fn sp_56_hs_35_each_attempt_has_a_span_with_its_own_start() {
    each(|pair| {
        if pair.outside == Outside::Spans {
            return;
        }
        send(&pair.around_with(service(hello), resending), request());
        let spans = pair.spans.kept.finished();
        assert_eq!(spans.iter().map(FinishedSpan::span_id).collect::<HashSet<_>>().len(), 3);
        for (before, after) in spans.iter().zip(&spans[1..]) {
            assert!(after.start_time >= before.start_time + A_WHILE, "{before:?} {after:?}");
        }
    });
}

#[test]
fn hs_35_each_attempt_has_a_duration_with_its_own_start() {
    each(|pair| {
        if pair.outside == Outside::Metrics {
            return;
        }
        let start = Instant::now();
        send(&pair.around_with(service(hello), resending), request());
        let without_waiting = (start.elapsed() - 3 * A_WHILE).as_secs_f64();
        let snapshot = pair.metrics.snapshot();
        assert_eq!(snapshot.count(pair.duration(), &[]), 3);
        let recorded = snapshot.sum(pair.duration(), &[]);
        assert!(recorded <= without_waiting, "{recorded} {without_waiting}");
        pair.spans.only();
    });
}
