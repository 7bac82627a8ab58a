//! Bodies of which nobody knows the length before, and that take their time.

use std::time::Instant;

use anyhow::{Context, Result};
use axum::body::Body;
use http::{Method, Response};

use super::run::{Build, Run};
use crate::conformance::drive::{Handler, WAIT, frame, read, routed, scripted, slowly};
use crate::conformance::finding::Finding;
use crate::conformance::table::Probe;

const TENS: [&[u8]; 3] = [b"0123456789"; 3];
const HALVES: [&[u8]; 2] = [b"first"; 2];

pub(super) const STREAMED_DURATION: Probe<Build> = Probe {
    id: "streamed-duration",
    asks: "the response's body takes 20 ms to its end: the duration",
    wants: "20 ms or more: own rule, a request lasts until its last byte; the conventions leave it open",
    run: |build| {
        let mut run = Run::new(build, Handler::chunks(&HALVES))?;
        let start = Instant::now();
        let body = run.client().head(routed()?)?.into_body();
        // More than the wait if this machine has other things to do.
        let head = start.elapsed();
        slowly(body, || Ok(()))?;
        let seen = run.seen()?;
        if seen.recorded() != 1.0 {
            return Ok(Finding::judged(format!("{} recorded", seen.recorded()), false));
        }
        let is_right = seen.seconds() >= WAIT.max(head).as_secs_f64();
        // Not in milliseconds: tables of two runs are alike if the systems are.
        Ok(Finding::judged(if is_right { "20 ms or more" } else { "less than 20 ms: the head alone" }, is_right))
    },
};

pub(super) const STREAMED_ACTIVE: Probe<Build> = Probe {
    id: "streamed-active",
    asks: "the same: active requests while the body is under way",
    wants: "1, then 0: own rule, as above",
    run: |build| {
        let mut run = Run::new(build, Handler::chunks(&HALVES))?;
        let body = run.client().head(routed()?)?.into_body();
        let meanwhile = slowly(body, || Ok(run.seen()?.active))?;
        let after = run.seen()?.active;
        Ok(Finding::judged(format!("{meanwhile}, then {after}"), (meanwhile, after) == (1.0, 0.0)))
    },
};

pub(super) const RESPONSE_SIZE: Probe<Build> = Probe {
    id: "response-size-unknown",
    asks: "a response of 30 bytes in 3 chunks, without a Content-Length: its size",
    wants: "one observation of 30: conventions, the size is the number of bytes transferred",
    run: |build| {
        let mut run = Run::new(build, Handler::chunks(&TENS))?;
        run.client().exchange(routed()?)?;
        size(&run, run.words.response_size, 30.0)
    },
};

pub(super) const REQUEST_SIZE: Probe<Build> = Probe {
    id: "request-size-unknown",
    asks: "a request of 30 bytes in 3 chunks, without a Content-Length, which the handler reads: its size",
    wants: "one observation of 30: conventions, as above",
    run: |build| {
        let handler = Handler::new(|request| async {
            read(request).await?;
            Ok(Response::new(Body::empty()))
        });
        let mut run = Run::new(build, handler)?;
        let mut request = routed()?;
        *request.method_mut() = Method::POST;
        *request.body_mut() = scripted(&TENS);
        run.client().exchange(request)?;
        size(&run, run.words.request_size, 30.0)
    },
};

pub(super) const HALFWAY: Probe<Build> = Probe {
    id: "response-dropped-halfway",
    asks: "the response's body is dropped after its first chunk: requests in the duration, and active ones",
    wants: "1 recorded, 0 active: conventions, one observation for each request",
    run: |build| {
        let mut run = Run::new(build, Handler::chunks(&HALVES))?;
        let mut body = run.client().head(routed()?)?.into_body();
        frame(&mut body)?.context("no chunk")?;
        drop(body);
        let seen = run.seen()?;
        let (recorded, active) = (seen.recorded(), seen.active);
        Ok(Finding::judged(format!("{recorded} recorded, {active} active"), (recorded, active) == (1.0, 0.0)))
    },
};

fn size(run: &Run, metric: &str, bytes: f64) -> Result<Finding> {
    if !run.has(metric) {
        return Ok(Finding::none("no such metric"));
    }
    Ok(match run.seen()?.observed(metric) {
        (0.0, _) => Finding::judged("nothing recorded", false),
        (1.0, sum) => Finding::judged(format!("one observation of {sum}"), sum == bytes),
        (count, sum) => Finding::judged(format!("{count} observations, sum {sum}"), false),
    })
}
